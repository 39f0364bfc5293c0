import { contentUpdates } from '../branch-updates.ts';
import { changedFiles, isSubmodule, isSymlink, MAX_CHANGED, MAX_PATH } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';

/** No symlinks and no submodules: a builder must never follow one out of the tree. */
export const regularFiles: PushPolicy = {
  name: 'regular-files',
  fixed: false,
  async check(facts) {
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts)) {
      const files = await changedFiles(facts, update);
      if (files.length >= MAX_CHANGED)
        found.push(
          violation(update, null, `more than ${MAX_CHANGED} files change`, 'push in smaller steps'),
        );
      for (const file of files) {
        if (file.path.length > MAX_PATH)
          found.push(
            violation(
              update,
              null,
              `${file.path.slice(0, 60)}... is too long a path`,
              'shorten it',
            ),
          );
        // Unpacked upstream source has symlinks of its own.
        if (isSymlink(file) && !facts.component.exploded)
          found.push(
            violation(update, branch.sig, `${file.path} is a symlink`, 'commit the file itself'),
          );
        if (isSubmodule(file))
          found.push(
            violation(
              update,
              branch.sig,
              `${file.path} is a submodule`,
              'put an archive of it into the look-aside cache: centpkg upload FILE',
            ),
          );
      }
    }
    return found;
  },
};
