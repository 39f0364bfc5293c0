import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checksumOf, downloadSource } from '../api-client/lookaside-client.ts';
import type { CommandContext } from '../command.ts';
import { readSources } from './sources.ts';
import { forEachParallel } from './transfer.ts';
import type { WorkingCopy } from './working-copy.ts';

export interface PresentSource {
  readonly file: string;
  readonly path: string;
  /** Now, or was it there? */
  readonly downloaded: boolean;
}

/**
 * Downloads what `sources` names and `folder` does not have with the right checksum.
 * @returns every file of `sources`, verified
 */
export async function downloadSources(
  { api, progress }: Pick<CommandContext, 'api' | 'progress'>,
  copy: WorkingCopy,
  folder: string,
): Promise<PresentSource[]> {
  // Inside .git: a partial download is never seen as a file of the branch.
  const gitFolder = resolve(
    copy.root,
    await copy.git.read('rev-parse', '--git-common-dir').then((text) => text.trim()),
  );
  const entries = await readSources(copy);
  const downloads = new Map<string, boolean>();
  try {
    await forEachParallel(entries, async ({ file, checksum }) => {
      const path = join(folder, file);
      const there = await stat(path).then(
        async () => (await checksumOf(path, checksum.type)) === checksum.hex,
        () => false,
      );
      if (!there)
        await downloadSource(
          api,
          { component: copy.component, file, checksum },
          path,
          join(gitFolder, 'centpkg'),
          progress.track(file),
        );
      downloads.set(file, !there);
    });
  } finally {
    progress.stop();
  }
  return entries.map(({ file }) => ({
    file,
    path: join(folder, file),
    downloaded: downloads.get(file) === true,
  }));
}
