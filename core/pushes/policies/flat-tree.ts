import { contentUpdates } from '../branch-updates.ts';
import { isDirectory, topEntries } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';

/** A branch holds a spec, sources, patches: no directories, unless the component is exploded. */
export const flatTree: PushPolicy = {
  name: 'flat-tree',
  fixed: false,
  async check(facts) {
    if (facts.component.exploded) return [];
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts))
      for (const entry of await topEntries(facts.objects, update.newOid))
        if (isDirectory(entry))
          found.push(
            violation(
              update,
              branch.sig,
              `${entry.name}/ is a directory`,
              'keep files at the top; put archives into the look-aside cache',
            ),
          );
    return found;
  },
};
