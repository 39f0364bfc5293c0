import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { UserGit } from './run-git.ts';

/**
 * Runs `act` with an empty folder inside of `.git`: on the file system of the work tree, and never
 * seen as part of it. Folders of runs that were killed are removed.
 */
export async function withImportFolder<T>(
  { git, root }: { readonly git: UserGit; readonly root: string },
  act: (folder: string) => Promise<T>,
): Promise<T> {
  const gitFolder = (await git.read('rev-parse', '--absolute-git-dir')).trim();
  const parent = join(resolve(root, gitFolder), 'centpkg');
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = /^import-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid)))
      await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
  }
  const folder = await mkdtemp(join(parent, `import-${process.pid}-`));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // There is one, of somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
