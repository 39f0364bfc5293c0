import { branchOf } from '../branch-updates.ts';
import { type PushPolicy, violation } from '../policy.ts';

/** The pusher may commit to each branch; a tag takes the right to commit to any of them. */
export const permission: PushPolicy = {
  name: 'permission',
  fixed: true,
  async check(facts) {
    return facts.updates.flatMap((update) => {
      const branch = branchOf(facts, update);
      if (branch === null && !update.ref.startsWith('refs/tags/')) return [];
      const asked = branch === null ? facts.component.branches : [branch];
      const decisions = asked.map((one) => facts.decide(one));
      if (decisions.some((decision) => decision.allowed)) return [];
      const [refusal] = decisions;
      if (refusal === undefined || refusal.allowed)
        return [violation(update, null, 'the component has no branch', 'add it to a collection')];
      return [violation(update, null, `${refusal.reason} [${refusal.rule}]`, refusal.remedy)];
    });
  },
};
