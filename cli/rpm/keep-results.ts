import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { WorkingCopy } from '../working-copy/working-copy.ts';

/** Every package below a folder. @returns paths */
export async function packagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rpm'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Puts a file to its place, whole or not at all. */
export async function keepFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const aside = join(dirname(to), `.${basename(to)}.${process.pid}`);
  try {
    await copyFile(from, aside);
    await rename(aside, to);
  } finally {
    await rm(aside, { force: true });
  }
}

/**
 * Puts source packages to the top of the clone, the others into a folder of their architecture, as
 * rpkg does; git is told not to see them.
 * @returns where they are
 */
export async function keepPackages(
  copy: WorkingCopy,
  packages: readonly string[],
): Promise<string[]> {
  const kept: string[] = [];
  for (const path of packages) {
    const file = basename(path);
    const arch = file.split('.').at(-2) ?? '';
    const to = arch === 'src' ? join(copy.root, file) : join(copy.root, arch, file);
    await keepFile(path, to);
    kept.push(to);
  }
  const places = kept.map((path) =>
    dirname(path) === copy.root ? '/*.src.rpm' : `/${relative(copy.root, dirname(path))}/`,
  );
  await excludeFromGit(copy, places);
  return kept;
}

/** What is made here is no part of the branch: `git add .` passes it over, in this clone alone. */
export async function excludeFromGit(
  copy: WorkingCopy,
  patterns: readonly string[],
): Promise<void> {
  const name = (await copy.git.read('rev-parse', '--git-path', 'info/exclude')).trim();
  const path = resolve(copy.root, name);
  const text = await readFile(path, 'utf8').catch(() => '');
  const have = new Set(text.split('\n'));
  const missing = [...new Set(patterns)].filter((pattern) => !have.has(pattern));
  if (missing.length === 0) return;
  await mkdir(dirname(path), { recursive: true });
  const head = text === '' || text.endsWith('\n') ? '' : '\n';
  await appendFile(path, head + missing.map((pattern) => `${pattern}\n`).join(''));
}
