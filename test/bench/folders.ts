import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes sure that a folder is there and holds nothing, apart from hidden entries. */
export async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder))
    if (!name.startsWith('.')) await rm(join(folder, name), { recursive: true });
}
