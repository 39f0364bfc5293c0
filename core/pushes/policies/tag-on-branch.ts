import { contentUpdates } from '../branch-updates.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { NULL_OID } from '../push-facts.ts';

/**
 * A tag names a commit that is on a branch already, or comes to one with this push: content enters
 * by branches only, where it is checked.
 */
export const tagOnBranch: PushPolicy = {
  name: 'tag-on-branch',
  fixed: true,
  async check(facts) {
    const tips = contentUpdates(facts).map(({ update }) => update.newOid);
    const found: Violation[] = [];
    for (const update of facts.updates) {
      if (!update.ref.startsWith('refs/tags/') || update.newOid === NULL_OID) continue;
      const isCommit = await facts.objects.commit(update.newOid).then(
        () => true,
        () => false,
      );
      if (!isCommit)
        found.push(violation(update, null, 'the tag names no commit', 'tag a commit of a branch'));
      else if ((await facts.objects.newCommits(update.newOid, null, tips)).length > 0)
        found.push(
          violation(
            update,
            null,
            'the tag names a commit that is on no branch',
            'push the branch first, or together with the tag',
          ),
        );
    }
    return found;
  },
};
