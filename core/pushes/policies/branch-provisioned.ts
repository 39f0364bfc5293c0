import { parseBranchRef } from '../../domain/branch-name.ts';
import { quoted } from '../../domain/text.ts';
import { branchOf } from '../branch-updates.ts';
import { type PushPolicy, shortRef, violation } from '../policy.ts';

/** Only provisioned branches and tags can be pushed. */
export const branchProvisioned: PushPolicy = {
  name: 'branch-provisioned',
  fixed: true,
  async check(facts) {
    const { component } = facts;
    const have = new Set(component.branches.map((branch) => branch.collection));
    return facts.updates.flatMap((update) => {
      if (branchOf(facts, update) !== null || update.ref.startsWith('refs/tags/')) return [];
      const problem = (text: string, remedy: string) => [violation(update, null, text, remedy)];
      const branch = parseBranchRef(update.ref);
      if (branch === null)
        return problem(
          `${quoted(shortRef(update.ref))} is not a release branch`,
          'push to a branch named scl-<collection>-el<release>, ' +
            `"centpkg component show ${component.name}" lists them`,
        );
      if (have.has(branch.collection))
        return problem(
          `collection ${branch.collection} is not built for EL ${branch.release}`,
          `a member of its SIG adds it: centpkg collection add-release ${branch.collection} ${branch.release}`,
        );
      return problem(
        `${component.name} is not a component of collection ${branch.collection}`,
        `a member of its SIG adds it: centpkg component add ${component.name} ${branch.collection}`,
      );
    });
  },
};
