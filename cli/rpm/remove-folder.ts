import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a folder of ours with all that is in it, also what a build has left there write-protected.
 * Follows no link.
 */
export async function removeFolder(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true });
  await remove().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    await openFolder(folder);
    await remove();
  });
}

/** Lets its owner into a folder, and take out what is in it. */
async function openFolder(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o700);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries)
      if (entry.isDirectory()) await openFolder(join(folder, entry.name));
  } catch (error) {
    // The removal that failed at one place may still go on at others.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
