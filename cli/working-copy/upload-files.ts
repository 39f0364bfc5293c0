import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName, type SourceFileName } from '../../core/domain/source-file-name.ts';
import type { SourceEntry } from '../../core/domain/sources-file.ts';
import { checksumOf, hasSource, uploadSource } from '../api-client/lookaside-client.ts';
import { resumesAt, uploadResumable } from '../api-client/resumable-client.ts';
import { UploadStates } from '../api-client/upload-states.ts';
import type { CommandContext } from '../command.ts';
import { forEachParallel } from './transfer.ts';
import type { WorkingCopy } from './working-copy.ts';

/** From so many bytes on an upload can resume; below it is one request, which costs less. */
const RESUMABLE_FROM = 16 * 1024 * 1024;

export interface UploadedFile extends SourceEntry {
  /** False: the cache had it already. */
  readonly uploaded: boolean;
}

/** What an upload would do with a file. */
export interface PlannedFile extends SourceEntry {
  /** Bytes. */
  readonly size: number;
  /** Null: nobody was asked. */
  readonly inCache: boolean | null;
  /** Bytes that an earlier run brought to the server. */
  readonly resumesAt: number;
}

interface LocalFile {
  readonly path: string;
  readonly file: SourceFileName;
  readonly size: number;
}

/**
 * Puts files into the component's look-aside cache, those that it does not have.
 * @param paths relative to the folder the user is in
 * @throws DistGitError before anything is sent where a file is missing or has a bad name;
 * `interrupted` where the user stopped it, with what goes on in the next run
 */
export async function uploadFiles(
  context: CommandContext,
  copy: WorkingCopy,
  paths: readonly string[],
): Promise<UploadedFile[]> {
  const { api, progress } = context;
  const states = new UploadStates(context.config.cacheFolder);
  const begun = new Set<string>();
  return eachFile(
    context,
    copy,
    paths,
    async ({ path, file, size }, address, signal) => {
      const there = await hasSource(api, address, signal);
      const { checksum } = address;
      if (there) context.note(`${file}: is in the look-aside cache already`);
      else if (size < RESUMABLE_FROM)
        await uploadSource(api, address, path, progress.track(file), signal);
      else {
        begun.add(file);
        const track = progress.track(file);
        await uploadResumable(api, { address, path, track, states, signal });
        begun.delete(file);
      }
      return { file, checksum, uploaded: !there };
    },
    begun,
  );
}

/**
 * The same files, and what would be done with them; nothing is.
 * @param ask false: the server is not asked
 */
export function planUpload(
  context: CommandContext,
  copy: WorkingCopy,
  paths: readonly string[],
  ask: boolean,
): Promise<PlannedFile[]> {
  const { api, config } = context;
  const states = new UploadStates(config.cacheFolder);
  return eachFile(context, copy, paths, async ({ file, size }, address, signal) => {
    const inCache = ask ? await hasSource(api, address, signal) : null;
    const at = inCache === false ? await resumesAt(api, address, states, signal) : null;
    return { file, checksum: address.checksum, size, inCache, resumesAt: at ?? 0 };
  });
}

/** Hashes each file and hands it on, some at once. @returns in the order of `paths` */
async function eachFile<T>(
  context: CommandContext,
  copy: WorkingCopy,
  paths: readonly string[],
  act: (file: LocalFile, address: SourceAddress, signal: AbortSignal) => Promise<T>,
  resumable: ReadonlySet<string> = new Set(),
): Promise<T[]> {
  const files = await localFiles(context.cwd, paths);
  const done = new Map<string, T>();
  await context.interruptible(async (signal) => {
    try {
      await forEachParallel(files, async (local) => {
        signal.throwIfAborted();
        const { path, file } = local;
        const checksum = { type: 'sha512', hex: await checksumOf(path, 'sha512', signal) } as const;
        const address = { component: copy.component, file, checksum };
        done.set(file, await act(local, address, signal));
      });
    } catch (error) {
      throw signal.aborted ? interrupted(resumable) : error;
    } finally {
      context.progress.stop();
    }
  });
  return files.flatMap(({ file }) => done.get(file) ?? []);
}

async function localFiles(cwd: string, paths: readonly string[]): Promise<LocalFile[]> {
  const files = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(resolve(cwd, path)).catch(() => null);
      if (found === null || !found.isFile())
        fail('usage', `${path} is not a file.`, 'Name files that are there.');
      const file = parseSourceFileName(basename(path));
      return { path: resolve(cwd, path), file, size: found.size };
    }),
  );
  const twice = files.find(
    ({ file }, index) => files.findIndex((one) => one.file === file) < index,
  );
  if (twice !== undefined) fail('usage', `${twice.file} is named twice.`, 'Name each file once.');
  return files;
}

/** @param resumable files whose upload had begun */
function interrupted(resumable: ReadonlySet<string>): DistGitError {
  const names = [...resumable].join(', ');
  const what = names === '' ? 'nothing was left half done' : `what came of ${names} is kept`;
  const remedy =
    names === ''
      ? 'Run the same command again.'
      : 'Run the same command again: it goes on where it stopped.';
  return new DistGitError('interrupted', `Interrupted; ${what}.`, { detail: { remedy } });
}

/** One line for people. */
export function plannedLine({ file, size, inCache, resumesAt: at }: PlannedFile): string {
  if (inCache === null) return `${file}: would not be uploaded (${formatBytes(size)})`;
  if (inCache) return `${file}: is in the look-aside cache already`;
  if (at === 0) return `${file}: would be uploaded (${formatBytes(size)})`;
  return `${file}: the upload would go on at ${formatBytes(at)} of ${formatBytes(size)}`;
}
