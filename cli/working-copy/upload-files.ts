import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import type { SourceEntry } from '../../core/domain/sources-file.ts';
import { checksumOf, hasSource, uploadSource } from '../api-client/lookaside-client.ts';
import type { CommandContext } from '../command.ts';
import { forEachParallel } from './transfer.ts';
import type { WorkingCopy } from './working-copy.ts';

export interface UploadedFile extends SourceEntry {
  /** False: the cache had it already. */
  readonly uploaded: boolean;
}

/**
 * Puts files into the component's look-aside cache, those that it does not have.
 * @param paths relative to the folder the user is in
 * @throws DistGitError before anything is sent where a file is missing or has a bad name
 */
export async function uploadFiles(
  context: CommandContext,
  copy: WorkingCopy,
  paths: readonly string[],
): Promise<UploadedFile[]> {
  const files = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(resolve(context.cwd, path)).catch(() => null);
      if (found === null || !found.isFile())
        fail('usage', `${path} is not a file.`, 'Name files that are there.');
      return { path: resolve(context.cwd, path), file: parseSourceFileName(basename(path)) };
    }),
  );
  const twice = files.find(
    ({ file }, index) => files.findIndex((one) => one.file === file) < index,
  );
  if (twice !== undefined) fail('usage', `${twice.file} is named twice.`, 'Name each file once.');

  const done = new Map<string, UploadedFile>();
  try {
    await forEachParallel(files, async ({ path, file }) => {
      const checksum = { type: 'sha512', hex: await checksumOf(path, 'sha512') } as const;
      const address = { component: copy.component, file, checksum };
      const there = await hasSource(context.api, address);
      if (there) context.note(`${file}: is in the look-aside cache already`);
      else await uploadSource(context.api, address, path, context.progress.track(file));
      done.set(file, { file, checksum, uploaded: !there });
    });
  } finally {
    context.progress.stop();
  }
  return files.flatMap(({ file }) => done.get(file) ?? []);
}
