import { lstat, open, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { BINARY_WINDOW, isArchiveName, isBinaryContent } from '../../core/domain/git-content.ts';
import { formatSourcesFile, type SourceEntry } from '../../core/domain/sources-file.ts';
import { checksumOf } from '../api-client/lookaside-client.ts';
import type { PackagedFile, SourcePackage } from '../rpm/srpm/source-package.ts';
import type { TreeFile } from './new-tree.ts';
import { withIgnored } from './sources.ts';
import type { WorkingCopy } from './working-copy.ts';

/** Where the files of a package go. */
export interface SortedFiles {
  readonly inGit: readonly TreeFile[];
  /** Paths of those for the look-aside cache. */
  readonly inCache: readonly string[];
}

/**
 * Sorts unpacked files: the spec becomes `<component>.spec`; archives, and whatever the push checks
 * would not take in git, go into the look-aside cache.
 * @param folder where they were unpacked
 * @param maxFileSize bytes that a file in git may have
 * @throws DistGitError `check_failed` where there is not one spec
 */
export async function sortFiles(
  source: SourcePackage,
  { component }: Pick<WorkingCopy, 'component'>,
  folder: string,
  maxFileSize: number,
): Promise<SortedFiles> {
  const spec = specOf(source.files);
  const specName = `${component}.spec`;
  const inGit: TreeFile[] = [];
  const inCache: string[] = [];
  for (const file of source.files) {
    const { name, executable } = file;
    const path = join(folder, name);
    if (file === spec) inGit.push({ name: specName, path, executable });
    else if (name.endsWith('.spec'))
      fail(
        'check_failed',
        `${name} is a second spec; a branch has one.`,
        'Import the package by hand: pack that file into an archive.',
      );
    else if (await isForCache(path, file, maxFileSize)) inCache.push(path);
    else inGit.push({ name, path, executable });
  }
  return { inGit, inCache };
}

function specOf(files: readonly PackagedFile[]): PackagedFile {
  const flagged = files.filter(({ spec }) => spec);
  // Packages that were not made by rpmbuild may lack the flag.
  const specs = flagged.length > 0 ? flagged : files.filter(({ name }) => name.endsWith('.spec'));
  const [spec, ...more] = specs;
  if (spec === undefined || more.length > 0)
    fail(
      'check_failed',
      `The package has ${specs.length} specs; it must have one.`,
      'Is it a source package that rpmbuild made?',
    );
  return spec;
}

async function isForCache(
  path: string,
  { name, size }: PackagedFile,
  maxFileSize: number,
): Promise<boolean> {
  if (isArchiveName(name) || size > maxFileSize) return true;
  await using file = await open(path);
  const start = Buffer.alloc(BINARY_WINDOW);
  const { bytesRead } = await file.read(start, 0, BINARY_WINDOW, 0);
  return isBinaryContent(start.subarray(0, bytesRead));
}

/**
 * `sources` and `.gitignore` as they have to be, written beside the other files.
 * @param folder for them
 */
export async function ownFiles(
  { root }: Pick<WorkingCopy, 'root'>,
  folder: string,
  inGit: readonly TreeFile[],
  inCache: readonly SourceEntry[],
): Promise<TreeFile[]> {
  const before = await readFile(join(root, '.gitignore'), 'utf8').catch(() => '');
  const tracked = new Set(inGit.map(({ name }) => `/${name}`));
  const kept = before.split('\n').filter((line) => !tracked.has(line));
  const texts = {
    sources: formatSourcesFile(inCache),
    '.gitignore': withIgnored(kept.join('\n'), inCache),
  };
  return Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const path = join(folder, `own-${name}`);
      await writeFile(path, text);
      return { name, path, executable: false };
    }),
  );
}

/**
 * Files that git does not know must not be lost under those that come.
 * @throws DistGitError `conflict` that names them
 */
export async function requireFreeWay(
  { git, root }: Pick<WorkingCopy, 'git' | 'root'>,
  { inGit, inCache }: SortedFiles,
): Promise<void> {
  const tracked = new Set((await git.read('ls-files', '-z')).split('\0'));
  const inTheWay: string[] = [];
  for (const { name } of inGit)
    if (!tracked.has(name) && (await isThere(join(root, name)))) inTheWay.push(name);
  for (const path of inCache) {
    const name = basename(path);
    const there = join(root, name);
    if (!tracked.has(name) && (await isThere(there)) && !(await isSame(there, path)))
      inTheWay.push(name);
  }
  if (inTheWay.length > 0)
    fail(
      'conflict',
      `Not known to git, and in the way: ${inTheWay.join(', ')}.`,
      'Move them out of the clone, and import again.',
    );
}

/** Moves files into the work tree, where `.gitignore` hides them; those that are there stay. */
export async function placeFiles(
  { root }: Pick<WorkingCopy, 'root'>,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    const target = join(root, basename(path));
    if (!(await isThere(target))) await rename(path, target);
  }
}

/** Is there a file, or whatever else, of that path? */
export function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(one), lstat(other)]);
  if (!a.isFile() || a.size !== b.size) return false;
  return (await checksumOf(one, 'sha256')) === (await checksumOf(other, 'sha256'));
}
