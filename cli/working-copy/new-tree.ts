import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../command.ts';
import { UserGit } from './run-git.ts';

/** A file to be in git. */
export interface TreeFile {
  readonly name: string;
  /** Where its content lies. */
  readonly path: string;
  readonly executable: boolean;
}

/** Command lines have an end. */
const AT_ONCE = 200;

/** A file that is in the repository already. */
export interface TreeEntry {
  readonly name: string;
  readonly mode: string;
  readonly oid: string;
}

/**
 * Writes a tree into the repository: what `base` has, without `removed`, and with `files`, byte for
 * byte, and `entries`. Index, work tree and branch stay as they are.
 * @param folder for an index of its own
 * @returns the tree's id
 */
export async function writeTree(
  context: Pick<CommandContext, 'config'>,
  root: string,
  folder: string,
  change: {
    readonly base: string;
    readonly removed: readonly string[];
    readonly files: readonly TreeFile[];
    readonly entries?: readonly TreeEntry[];
  },
): Promise<string> {
  const variables = { ...context.config.variables, GIT_INDEX_FILE: join(folder, 'index') };
  const git = new UserGit(root, variables);
  await git.read('read-tree', change.base);
  for (const names of chunks(change.removed))
    await git.read('update-index', '--force-remove', '--', ...names);
  for (const files of chunks(change.files)) {
    const paths = files.map(({ path }) => path);
    const written = await git.read('hash-object', '-w', '--no-filters', '--', ...paths);
    const oids = written.trim().split('\n');
    const entries = files.map(({ name, executable }, index) => ({
      name,
      mode: executable ? '100755' : '100644',
      oid: oids[index] ?? '',
    }));
    await addEntries(git, entries);
  }
  for (const entries of chunks(change.entries ?? [])) await addEntries(git, entries);
  return (await git.read('write-tree')).trim();
}

async function addEntries(git: UserGit, entries: readonly TreeEntry[]): Promise<void> {
  const infos = entries.flatMap(({ name, mode, oid }) => ['--cacheinfo', `${mode},${oid},${name}`]);
  await git.read('update-index', '--add', '--replace', ...infos);
}

/** A commit of `tree` that no branch has yet. @returns its id */
export async function commitTree(
  git: UserGit,
  folder: string,
  tree: string,
  message: string,
  parents: readonly string[],
): Promise<string> {
  const file = join(folder, 'message');
  await writeFile(file, message);
  const signs = await git.ask('config', '--type=bool', '--get', 'commit.gpgSign');
  const options = [
    ...parents.flatMap((parent) => ['-p', parent]),
    ...(signs === 'true' ? ['-S'] : []),
  ];
  return (await git.read('commit-tree', ...options, '-F', file, tree)).trim();
}

function chunks<T>(items: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) all.push(items.slice(at, at + AT_ONCE));
  return all;
}
