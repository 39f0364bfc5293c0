import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Every file and folder below `root`, as paths relative to it, sorted. */
export async function everythingIn(root: string): Promise<string[]> {
  const entries = await entriesIn(root);
  return entries
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** A folder that vanishes while it is read (git's quarantine) means: look again. */
async function entriesIn(root: string): Promise<Dirent[]> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await readdir(root, { recursive: true, withFileTypes: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 100) throw error;
    }
  }
}

/** The files of the look-aside cache, as paths below it: `<component>/<file>/…`. */
export async function storedFiles(data: string): Promise<string[]> {
  const root = join(data, 'lookaside');
  const entries = await entriesIn(root);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('.staging/'))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Is any file of that name in the look-aside cache? */
export async function isStored(data: string, file: string): Promise<boolean> {
  return (await storedFiles(data)).some((path) => path.split('/')[1] === file);
}

/**
 * What only exists while the server works and must be gone afterwards: staged uploads, staged
 * repositories, git's quarantines, its temporary packs and lock files.
 */
export async function leftovers(data: string): Promise<string[]> {
  const found = await everythingIn(data);
  return found.filter(
    (path) =>
      /^(staging\/(forms|resumable)|lookaside\/\.staging|repositories\/\.staging)\//.test(path) ||
      /^repositories\/.*(tmp_objdir-|tmp_obj_|tmp_pack_|tmp_idx_|\.lock$|incoming-)/.test(path),
  );
}

/** Waits until `look` says true; false after so many seconds. */
export async function eventually(
  look: () => Promise<boolean> | boolean,
  seconds = 60,
): Promise<boolean> {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
    if (await look()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
