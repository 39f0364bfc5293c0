import { DistGitError } from '../../api/distgit-error.ts';
import { parseSourcesFile } from '../../domain/sources-file.ts';
import type { SpecFile } from '../../domain/spec/spec.ts';
import { clipped, shellWord } from '../../domain/text.ts';
import { contentUpdates } from '../branch-updates.ts';
import { isDirectory, isFile, topEntries } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import type { PushFacts, TreeEntry } from '../push-facts.ts';
import { pushedSpec } from '../pushed-spec.ts';

/**
 * Every `Source` of the spec is in git or in `sources`, and every `Patch` is in git. Those whose
 * name can not be known without running the spec are passed over.
 */
export const specSources: PushPolicy = {
  name: 'spec-sources',
  fixed: false,
  async check(facts) {
    const found: Violation[] = [];
    // An exploded component's sources are made of what is in git.
    if (facts.component.exploded) return found;
    for (const { update, branch } of contentUpdates(facts)) {
      const spec = (await pushedSpec(facts, branch, update.newOid))?.spec ?? null;
      if (spec === null) continue;
      const entries = await topEntries(facts.objects, update.newOid);
      const inGit = new Set(entries.filter((one) => !isDirectory(one)).map(({ name }) => name));
      const inCache = await namesInSources(facts, entries);
      const problem = (text: string, remedy: string) =>
        found.push(violation(update, branch.sig, text, remedy));
      for (const name of namesOf(spec.patches))
        if (!inGit.has(name))
          problem(
            `the patch ${clipped(name)} is not in git`,
            `git add ${shellWord(clipped(name))}`,
          );
      for (const name of namesOf(spec.sources))
        if (inCache !== null && !inGit.has(name) && !inCache.has(name))
          problem(
            `the source ${clipped(name)} is neither in git nor in the file sources`,
            `centpkg upload ${shellWord(clipped(name))}`,
          );
    }
    return found;
  },
};

function namesOf(files: readonly SpecFile[]): Set<string> {
  return new Set(files.flatMap(({ fileName }) => (fileName.known ? [fileName.text] : [])));
}

/** Null: the file can not be read, which another check tells. */
async function namesInSources(
  { objects, limits }: PushFacts,
  entries: readonly TreeEntry[],
): Promise<ReadonlySet<string> | null> {
  const file = entries.find((entry) => entry.name === 'sources' && isFile(entry));
  if (file === undefined || (await objects.size(file.oid)) > limits.maxFileSize) return null;
  try {
    const text = (await objects.blob(file.oid)).toString('utf8');
    return new Set<string>(parseSourcesFile(text).map((entry) => entry.file));
  } catch (error) {
    if (error instanceof DistGitError) return null;
    throw error;
  }
}
