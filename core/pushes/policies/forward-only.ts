import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { NULL_OID } from '../push-facts.ts';

/** Release branches only move forward; tags never move. */
export const forwardOnly: PushPolicy = {
  name: 'forward-only',
  fixed: true,
  async check(facts) {
    const found: Violation[] = [];
    for (const update of facts.updates) {
      const problem = (text: string, remedy: string) =>
        found.push(violation(update, null, text, remedy));
      const tag = update.ref.startsWith('refs/tags/');
      if (update.newOid === NULL_OID)
        problem(
          `${tag ? 'tags' : 'branches'} can not be deleted`,
          'leave it; what was published stays reachable',
        );
      else if (update.oldOid === NULL_OID) continue;
      else if (tag) problem('tags never move', 'choose a new tag name');
      else if (!(await facts.objects.isAncestor(update.oldOid, update.newOid)))
        problem(
          'not a fast-forward: release branches only move forward',
          'fetch, then rebase or merge onto the branch, and push without --force',
        );
    }
    return found;
  },
};
