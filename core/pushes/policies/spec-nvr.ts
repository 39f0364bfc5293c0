import { specNvr as nvrOf } from '../../domain/spec/spec-nvr.ts';
import { contentUpdates } from '../branch-updates.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { NULL_OID, type PushFacts } from '../push-facts.ts';
import { pushedSpec } from '../pushed-spec.ts';

/** Content that changes has a version or release of its own: Koji builds every NVR once. */
export const specNvr: PushPolicy = {
  name: 'spec-nvr',
  fixed: false,
  level: 'warning',
  async check(facts) {
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts)) {
      if (update.oldOid === NULL_OID || (await sameContent(facts, update.oldOid, update.newOid)))
        continue;
      const nvr = async (commit: string): Promise<string | null> => {
        const spec = (await pushedSpec(facts, branch, commit))?.spec ?? null;
        return spec === null ? null : nvrOf(spec);
      };
      const now = await nvr(update.newOid);
      if (now !== null && now === (await nvr(update.oldOid)))
        found.push(
          violation(
            update,
            branch.sig,
            `the content changes, and it is still ${now}`,
            'raise the Release before the next build',
          ),
        );
    }
    return found;
  },
};

async function sameContent({ objects }: PushFacts, one: string, other: string): Promise<boolean> {
  const trees = await Promise.all([objects.commit(one), objects.commit(other)]);
  return trees[0].tree === trees[1].tree;
}
