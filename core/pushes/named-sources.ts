import { DistGitError } from '../api/distgit-error.ts';
import { parseSourcesFile, type SourceEntry } from '../domain/sources-file.ts';
import { contentUpdates } from './branch-updates.ts';
import { isFile, topEntries } from './changed-files.ts';
import { NULL_OID, type ObjectReader, type PushFacts } from './push-facts.ts';

/** A source that a commit of a branch names in its `sources`, and its parent did not. */
export interface NamedSource extends SourceEntry {
  readonly ref: string;
  readonly commit: string;
}

/** Bytes of a `sources` file that is read; far above any real one. */
const MAX_SOURCES = 16 * 1024 * 1024;

/** What the push names: by each of its new commits, and by the branch's new tip. */
export async function namedSources(facts: PushFacts): Promise<NamedSource[]> {
  const named: NamedSource[] = [];
  for (const { update } of contentUpdates(facts)) {
    const oldTip = update.oldOid === NULL_OID ? null : update.oldOid;
    const commits = (await facts.objects.newCommits(update.newOid, oldTip)).toReversed();
    named.push(...(await namedByCommits(facts.objects, update.ref, commits)));
    // The tip may be a commit that another branch had before: it is not new, and counts here too.
    named.push(...(await newNames(facts.objects, update.ref, update.newOid, oldTip)));
  }
  return onlyFirst(named);
}

/** What these commits of a branch name, oldest first, each against its first parent. */
export async function namedByCommits(
  objects: ObjectReader,
  ref: string,
  commits: readonly string[],
): Promise<NamedSource[]> {
  const named: NamedSource[] = [];
  for (const commit of commits) {
    const { parents } = await objects.commit(commit);
    named.push(...(await newNames(objects, ref, commit, parents[0] ?? null)));
  }
  return onlyFirst(named);
}

async function newNames(
  objects: ObjectReader,
  ref: string,
  commit: string,
  before: string | null,
): Promise<NamedSource[]> {
  const after = await sourcesBlob(objects, commit);
  if (after === null || (before !== null && (await sourcesBlob(objects, before)) === after))
    return [];
  if ((await objects.size(after)) > MAX_SOURCES) return [];
  const entries = readEntries((await objects.blob(after)).toString('utf8'));
  return entries.map(({ file, checksum }) => ({ file, checksum, ref, commit }));
}

async function sourcesBlob(objects: ObjectReader, commit: string): Promise<string | null> {
  const entries = await topEntries(objects, commit);
  return entries.find((entry) => entry.name === 'sources' && isFile(entry))?.oid ?? null;
}

/** Of a file that does not parse as a whole (history has such), every line that does by itself. */
function readEntries(text: string): SourceEntry[] {
  const parsed = (part: string): SourceEntry[] | null => {
    try {
      return parseSourcesFile(part);
    } catch (error) {
      if (error instanceof DistGitError) return null;
      throw error;
    }
  };
  return parsed(text) ?? text.split('\n').flatMap((line) => parsed(line) ?? []);
}

function onlyFirst(named: readonly NamedSource[]): NamedSource[] {
  const first = new Map<string, NamedSource>();
  for (const one of named) {
    const key = `${one.ref} ${one.checksum.type} ${one.checksum.hex} ${one.file}`;
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()];
}
