import { contentUpdates } from '../branch-updates.ts';
import { type PushPolicy, violation } from '../policy.ts';

/** Nothing comes to the branches of a collection that is closed on their EL release. */
export const branchOpen: PushPolicy = {
  name: 'branch-open',
  fixed: true,
  async check(facts) {
    return contentUpdates(facts).flatMap(({ update, branch }) =>
      branch.closed
        ? [
            violation(
              update,
              null,
              `collection ${branch.collection} is closed on EL ${branch.release}`,
              `a member of its SIG opens it again: centpkg collection reopen ${branch.collection} --el ${branch.release}`,
            ),
          ]
        : [],
    );
  },
};
