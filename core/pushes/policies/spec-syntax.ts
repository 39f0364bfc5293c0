import { contentUpdates } from '../branch-updates.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { pushedSpec } from '../pushed-spec.ts';

/** The spec is one that rpm takes; that of the EL release may take others than ours. */
export const specSyntax: PushPolicy = {
  name: 'spec-syntax',
  fixed: false,
  level: 'warning',
  async check(facts) {
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts)) {
      const read = await pushedSpec(facts, branch, update.newOid);
      if (read === null || read.text === null || read.problem === null) continue;
      const name = `${facts.component.name}.spec`;
      const [problem, remedy] = read.tooMuch
        ? [`${name} is not checked`, 'look for macros that repeat or call each other']
        : [`rpm would refuse ${name}`, `see what rpm says: rpmspec --parse ${name}`];
      found.push(violation(update, branch.sig, `${problem}: ${read.problem}`, remedy));
    }
    return found;
  },
};
