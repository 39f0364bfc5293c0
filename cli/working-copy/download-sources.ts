import { lstat, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import type { HashType } from '../../core/domain/checksum.ts';
import type { SourceEntry } from '../../core/domain/sources-file.ts';
import type { ApiClient } from '../api-client/api-client.ts';
import { checksumOf, downloadSource, hasSource } from '../api-client/lookaside-client.ts';
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
 * Downloads what `sources` names and `folder` does not have with the right checksum. A file of
 * another content is replaced where it can be had again.
 * @returns every file of `sources`, verified
 * @throws DistGitError `conflict` where a file would be lost, `check_failed`, `not_found`, `unavailable`
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
    await forEachParallel(entries, async (entry) => {
      const { file, checksum } = entry;
      const path = join(folder, file);
      const there = await isThere(api, copy, entry, path);
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

/**
 * Is it there, and the right one?
 * @throws DistGitError `conflict` where it is another, which nobody else has
 */
async function isThere(
  api: ApiClient,
  { component }: WorkingCopy,
  { file, checksum }: SourceEntry,
  path: string,
): Promise<boolean> {
  const entry = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (entry === null) return false;
  // A link may lead to a disk that is away.
  const found = await stat(path).catch(() => entry);
  if (!found.isFile())
    fail('conflict', `${path} is in the way.`, `Move it away: mv ${file} ELSEWHERE`);
  const hex = await checksumOf(path, checksum.type);
  if (hex === checksum.hex) return true;
  if (found.size === 0) return false;
  const cached = async (type: HashType): Promise<boolean> =>
    hasSource(api, {
      component,
      file,
      checksum: { type, hex: type === checksum.type ? hex : await checksumOf(path, type) },
    });
  // A newer, or an older one, of another branch.
  if ((await cached(checksum.type)) || (checksum.type !== 'sha512' && (await cached('sha512'))))
    return false;
  return fail(
    'conflict',
    `${file} is not the one that sources names, and the look-aside cache does not have it.`,
    `Work with yours: centpkg upload --offline ${file}; or keep it aside: mv ${file} ${file}.mine`,
  );
}
