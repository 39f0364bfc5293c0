import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { parseMetadataFile } from '../../core/domain/metadata-file.ts';
import {
  formatSourcesFile,
  parseSourcesFile,
  type SourceEntry,
} from '../../core/domain/sources-file.ts';
import type { CommandContext } from '../command.ts';
import { type TreeEntry, writeTree } from './new-tree.ts';
import { withIgnored } from './sources.ts';
import type { WorkingCopy } from './working-copy.ts';

/** What a commit of another dist-git has. */
export interface ForeignTree {
  readonly commit: string;
  readonly entries: readonly TreeEntry[];
  /** By whatever hash type. */
  readonly sources: readonly SourceEntry[];
}

/** A list of sources is small. */
const MAX_LIST = 2 ** 20;
/** `.python.metadata` of git.centos.org. */
const METADATA = /^\.[^/]+\.metadata$/;

/** @throws DistGitError `check_failed` where its list of sources does not parse */
export async function readForeignTree(copy: WorkingCopy, commit: string): Promise<ForeignTree> {
  const listed = await copy.git.read('ls-tree', '-r', '-z', commit);
  const entries = listed.split('\0').flatMap((line): TreeEntry[] => {
    const match = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line);
    return match === null
      ? []
      : [{ mode: match[1] ?? '', oid: match[2] ?? '', name: match[3] ?? '' }];
  });
  const text = async (entry: TreeEntry | undefined): Promise<string> => {
    if (entry === undefined) return '';
    if (Number(await copy.git.read('cat-file', '-s', entry.oid)) > MAX_LIST)
      fail('check_failed', `${entry.name} is too large for a list of sources.`, 'Look at it.');
    return copy.git.read('cat-file', 'blob', entry.oid);
  };
  const named = await text(entries.find(({ name }) => name === 'sources'));
  const metadata = await text(entries.find(({ name }) => METADATA.test(name)));
  const sources = [...parseSourcesFile(named), ...parseMetadataFile(metadata)];
  const twice = sources.find(({ file }, at) => sources.findIndex((one) => one.file === file) < at);
  if (twice !== undefined)
    fail('check_failed', `${twice.file} is in sources and in the metadata.`, 'Take one out there.');
  return { commit, entries, sources };
}

/**
 * Writes what a commit of another dist-git has, as a branch here has it: `sources` by SHA-512, the
 * spec under the component's name, and without the folders `SPECS` and `SOURCES` of git.centos.org.
 * @param sources those of the tree, by SHA-512
 * @returns the tree's id
 * @throws DistGitError `check_failed` where two files would have one name
 */
export async function writeConverted(
  context: Pick<CommandContext, 'config'>,
  copy: WorkingCopy,
  { commit, entries }: ForeignTree,
  sources: readonly SourceEntry[],
  folder: string,
): Promise<string> {
  const moved = entries.flatMap((entry) => {
    const name = nameHere(entry.name, entries, copy.component);
    return name === entry.name ? [] : [{ ...entry, name, from: entry.name }];
  });
  const kept = new Set(entries.map(({ name }) => name));
  const removed = entries.map(({ name }) => name).filter((name) => METADATA.test(name));
  for (const { from } of moved) kept.delete(from);
  // We write both, whether they have them or not.
  for (const name of ['sources', '.gitignore']) kept.add(name);
  for (const { name } of moved) {
    if (kept.has(name))
      fail('check_failed', `Two files would be ${name}.`, 'Rename one of them there.');
    kept.add(name);
  }
  const ignored = entries.find(({ name }) => name === '.gitignore');
  const before = ignored === undefined ? '' : await copy.git.read('cat-file', 'blob', ignored.oid);
  // Their lines name files in SOURCES.
  const lines = before.replace(/^\/?SOURCES\//gm, '/');
  const texts = {
    sources: formatSourcesFile(sources),
    '.gitignore': withIgnored(lines, sources),
  };
  const files = await Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const path = join(folder, `own-${name}`);
      await writeFile(path, text);
      return { name, path, executable: false };
    }),
  );
  return writeTree(context, copy.root, folder, {
    base: commit,
    removed: [...removed, ...moved.map(({ from }) => from)],
    files,
    entries: moved,
  });
}

function nameHere(name: string, all: readonly TreeEntry[], component: string): string {
  const flat = /^(?:SPECS|SOURCES)\/([^/]+)$/.exec(name)?.[1] ?? name;
  const specs = all.filter((one) => /^(?:SPECS\/)?[^/]+\.spec$/.test(one.name));
  const isSpec = specs.length === 1 && specs[0]?.name === name;
  return isSpec ? `${component}.spec` : flat;
}
