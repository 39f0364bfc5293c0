import type { ObjectReader, PushFacts, RefUpdate, TreeEntry } from './push-facts.ts';
import { NULL_OID } from './push-facts.ts';

/** Bytes of a path, as Linux has it (PATH_MAX). */
export const MAX_PATH = 4096;
/** Files of one push that are looked at. */
export const MAX_CHANGED = 500_000;

export interface ChangedFile extends TreeEntry {
  /** Path from the top of the tree, `/` between directories. */
  readonly path: string;
  readonly commit: string;
}

/** git tells what an entry is by the upper bits of its mode, whatever the others are. */
const kindOf = ({ mode }: TreeEntry): number => Number.parseInt(mode, 8) & 0o170000;
export const isDirectory = (entry: TreeEntry): boolean => kindOf(entry) === 0o040000;
/** A file with content of its own: no directory, symlink or submodule. */
export const isFile = (entry: TreeEntry): boolean => kindOf(entry) === 0o100000;
export const isSymlink = (entry: TreeEntry): boolean => kindOf(entry) === 0o120000;
export const isSubmodule = (entry: TreeEntry): boolean => kindOf(entry) === 0o160000;

/**
 * Every entry that the push adds or changes on the branch: by each of its new commits against its
 * first parent, so that a large file which a later commit removes again is found too, and by the
 * branch's new tip against its old one, so that commits which some other ref had before are looked
 * at when they come to this branch. Unchanged subtrees are not read.
 */
export function changedFiles(facts: PushFacts, update: RefUpdate): Promise<ChangedFile[]> {
  const ofPush = known.get(facts) ?? new Map<string, Promise<ChangedFile[]>>();
  known.set(facts, ofPush);
  const found = ofPush.get(update.ref) ?? findChangedFiles(facts, update);
  ofPush.set(update.ref, found);
  return found;
}

/** Several checks ask for the same. */
const known = new WeakMap<PushFacts, Map<string, Promise<ChangedFile[]>>>();

async function findChangedFiles(facts: PushFacts, update: RefUpdate): Promise<ChangedFile[]> {
  const oldTip = update.oldOid === NULL_OID ? null : update.oldOid;
  const found: ChangedFile[] = [];
  const seen = new Map<string, Set<string>>();
  const compare = async (before: string | null, commit: string): Promise<void> => {
    const beforeTree = before === null ? null : (await facts.objects.commit(before)).tree;
    const { tree } = await facts.objects.commit(commit);
    for await (const entry of changedEntries(facts.objects, beforeTree, tree)) {
      const content = `${entry.mode} ${entry.oid}`;
      const contents = seen.get(entry.path) ?? new Set();
      seen.set(entry.path, contents);
      if (!contents.has(content)) found.push({ ...entry, commit });
      contents.add(content);
      if (found.length >= MAX_CHANGED) return;
    }
  };
  for (const commit of await facts.objects.newCommits(update.newOid, oldTip))
    await compare((await facts.objects.commit(commit)).parents[0] ?? null, commit);
  await compare(oldTip, update.newOid);
  return found;
}

/**
 * Each pair of trees is compared once, whatever paths lead to it, and without recursion: trees can
 * be nested deeper than a stack, and can name each other so often that the paths are countless.
 */
async function* changedEntries(
  objects: ObjectReader,
  before: string | null,
  after: string,
): AsyncGenerator<Omit<ChangedFile, 'commit'>> {
  const open = [{ before, after, prefix: '' }];
  const compared = new Set<string>();
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const key = `${pair.before} ${pair.after}`;
    if (pair.before === pair.after || compared.has(key)) continue;
    compared.add(key);
    const old = new Map(
      (pair.before === null ? [] : await objects.tree(pair.before)).map((entry) => [
        entry.name,
        entry,
      ]),
    );
    for (const entry of await objects.tree(pair.after)) {
      const was = old.get(entry.name);
      if (was?.oid === entry.oid && was.mode === entry.mode) continue;
      const path = `${pair.prefix}${entry.name}`;
      // Nobody could check it out: told of, and not followed.
      const tooLong = path.length > MAX_PATH;
      yield { ...entry, path: tooLong ? path.slice(0, MAX_PATH + 1) : path };
      if (tooLong || !isDirectory(entry)) continue;
      const wasTree = was !== undefined && isDirectory(was) ? was.oid : null;
      open.push({ before: wasTree, after: entry.oid, prefix: `${path}/` });
    }
  }
}

/** The entries at the top of a commit's tree. */
export async function topEntries(objects: ObjectReader, commit: string) {
  return objects.tree((await objects.commit(commit)).tree);
}
