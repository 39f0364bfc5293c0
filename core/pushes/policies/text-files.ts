import { isBinaryContent } from '../../domain/git-content.ts';
import { clipped, shellWord } from '../../domain/text.ts';
import { contentUpdates } from '../branch-updates.ts';
import { changedFiles, isDirectory, isSubmodule, isSymlink } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';

/** Large or binary files belong in the look-aside cache. Looks at every new commit. */
export const textFiles: PushPolicy = {
  name: 'text-files',
  fixed: false,
  async check(facts) {
    const { maxFileSize } = facts.limits;
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts))
      for (const file of await changedFiles(facts, update)) {
        if (isDirectory(file) || isSymlink(file) || isSubmodule(file)) continue;
        const problem = (text: string) =>
          found.push(
            violation(
              update,
              branch.sig,
              `${clipped(file.path)} in commit ${file.commit.slice(0, 10)} ${text}`,
              `take it out of those commits and run: centpkg upload ${shellWord(clipped(file.name))}`,
            ),
          );
        const size = await facts.objects.size(file.oid);
        if (size > maxFileSize)
          problem(`has ${size} bytes; the limit in git is ${maxFileSize} bytes`);
        // Unpacked upstream source holds binary files of its own.
        else if (!facts.component.exploded && isBinaryContent(await facts.objects.blob(file.oid)))
          problem('is binary');
      }
    return found;
  },
};
