import { DistGitError } from '../../api/distgit-error.ts';
import { parseSourcesFile, type SourceEntry } from '../../domain/sources-file.ts';
import { shellWord } from '../../domain/text.ts';
import { contentUpdates } from '../branch-updates.ts';
import { isFile, topEntries } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { isRetired } from '../retired.ts';

/** `sources` parses, and every file that it names is in the look-aside cache. */
export const sourcesInLookaside: PushPolicy = {
  name: 'sources-in-lookaside',
  fixed: false,
  async check(facts) {
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts)) {
      const problem = (text: string, remedy: string) =>
        found.push(violation(update, branch.sig, text, remedy));
      const top = await topEntries(facts.objects, update.newOid);
      if (isRetired(top)) continue;
      const file = top.find((entry) => entry.name === 'sources' && isFile(entry));
      if (file === undefined) {
        if (!facts.component.exploded)
          problem('the file sources is missing', 'add it, it may be empty: touch sources');
        continue;
      }
      if ((await facts.objects.size(file.oid)) > facts.limits.maxFileSize) {
        problem('sources is too large to be checked', 'let centpkg write it');
        continue;
      }
      let entries: SourceEntry[];
      try {
        entries = parseSourcesFile((await facts.objects.blob(file.oid)).toString('utf8'));
      } catch (error) {
        if (!(error instanceof DistGitError)) throw error;
        const details = error.detail.problems?.map(({ path, message }) => `${path}: ${message}`);
        for (const text of details ?? [error.message])
          problem(
            `sources does not parse: ${text}`,
            'let centpkg write it: centpkg new-sources FILE...',
          );
        continue;
      }
      for (const { file: name, checksum } of entries)
        if (!(await facts.inLookaside(name, checksum)))
          problem(
            `${name} (${checksum.type} ${checksum.hex.slice(0, 12)}...) is not in the look-aside cache`,
            `upload it first: centpkg upload ${shellWord(name)}`,
          );
    }
    return found;
  },
};
