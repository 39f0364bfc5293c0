import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { SourceEntry } from '../../core/domain/sources-file.ts';
import { hasSource } from '../api-client/lookaside-client.ts';
import { counted } from '../api-client/requests.ts';
import type { CommandContext } from '../command.ts';
import { forEachParallel } from './transfer.ts';
import { uploadFiles } from './upload-files.ts';
import type { WorkingCopy } from './working-copy.ts';

/** A look-aside cache elsewhere. */
export interface ForeignCache {
  /** Where it begins, or a pattern with rpkg's `%(name)s`, `%(filename)s`, `%(hash)s` ... */
  readonly url: string;
  /** The package's name there. */
  readonly name: string;
  /** The branch there, which is in CentOS's addresses. */
  readonly branch: string;
}

/** Larger than any source that there is. */
const MAX_SIZE = 64 * 2 ** 30;

/**
 * The addresses where a file of another look-aside cache may be: those of rpkg, the old form for
 * md5, and CentOS's by branch.
 */
export function foreignAddresses(
  { url, name, branch }: ForeignCache,
  { file, checksum }: SourceEntry,
): string[] {
  const { type, hex } = checksum;
  if (url.includes('%(')) {
    const values: Readonly<Record<string, string>> = {
      name,
      filename: file,
      branch,
      hashtype: type,
      hash: hex,
    };
    return [url.replace(/%\((\w+)\)s/g, (_, key: string) => encodeURIComponent(values[key] ?? ''))];
  }
  const shapes = [
    [name, file, type, hex, file],
    ...(type === 'md5' ? [[name, file, hex, file]] : []),
    [name, branch, hex],
  ];
  const root = url.replace(/\/+$/, '');
  return shapes.map((segments) => [root, ...segments.map(encodeURIComponent)].join('/'));
}

/**
 * Brings sources of elsewhere into the component's look-aside cache. Each is downloaded, unless the
 * cache has it by that very SHA-512, and must have the checksum that is stated, whatever its type.
 * @param folder for the downloads
 * @returns the same files by SHA-512
 * @throws DistGitError `checksum_mismatch`; `not_found` where the other cache does not have one
 */
export async function carryOver(
  context: CommandContext,
  copy: WorkingCopy,
  entries: readonly SourceEntry[],
  cache: ForeignCache | null,
  folder: string,
): Promise<SourceEntry[]> {
  const paths: string[] = [];
  const there: SourceEntry[] = [];
  await context.interruptible(async (signal) => {
    try {
      await forEachParallel(entries, async (entry) => {
        const { file, checksum } = entry;
        const address = { component: copy.component, file, checksum };
        if (checksum.type === 'sha512' && (await hasSource(context.api, address, signal)))
          there.push(entry);
        else paths.push(await download(context, entry, cache, folder, signal));
      });
    } catch (error) {
      throw signal.aborted
        ? new DistGitError('interrupted', 'Interrupted; this branch was not changed.', {
            detail: { remedy: 'Run the same command again.' },
          })
        : error;
    } finally {
      context.progress.stop();
    }
  });
  const uploaded = await uploadFiles(context, copy, paths);
  const byFile = new Map([...there, ...uploaded].map((entry) => [entry.file, entry]));
  return entries.flatMap(({ file }) => {
    const entry = byFile.get(file);
    return entry === undefined ? [] : [{ file, checksum: entry.checksum }];
  });
}

/** @returns where it lies, under its own name */
async function download(
  { progress }: CommandContext,
  entry: SourceEntry,
  cache: ForeignCache | null,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const { file, checksum } = entry;
  if (cache === null)
    fail(
      'not_found',
      `${file} (${checksum.type} ${checksum.hex.slice(0, 12)}...) is not in the look-aside cache here.`,
      'Say where it is: --lookaside URL',
    );
  const addresses = foreignAddresses(cache, entry);
  for (const address of addresses) {
    const answer = await fetch(address, { signal }).catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      throw new DistGitError('not_found', `${new URL(address).host} can not be reached.`, {
        detail: { remedy: 'Look at --lookaside and the network.' },
        cause,
      });
    });
    if (answer.status === 404 || answer.status === 403) {
      await answer.body?.cancel();
      continue;
    }
    if (!answer.ok || answer.body === null)
      fail('not_found', `${address} answers with status ${answer.status}.`, 'Try again later.');
    const path = join(folder, file);
    const track = progress.track(file);
    track.start(Number(answer.headers.get('content-length') ?? 0));
    const hash = createHash(checksum.type);
    let size = 0;
    const hashed = async function* (bytes: AsyncIterable<Buffer>) {
      for await (const chunk of bytes) {
        size += chunk.length;
        if (size > MAX_SIZE) fail('too_large', `${file} does not end.`, 'Look at --lookaside.');
        hash.update(chunk);
        yield chunk;
      }
    };
    const body = Readable.fromWeb(answer.body);
    const target = createWriteStream(path, { flags: 'wx' });
    await pipeline(body, counted(track), hashed, target, { signal }).catch((cause: unknown) => {
      if (signal.aborted || cause instanceof DistGitError) throw cause;
      throw new DistGitError('unavailable', `The download of ${file} broke off.`, {
        detail: { remedy: 'Run the same command again.' },
        cause,
      });
    });
    track.done();
    const received = hash.digest('hex');
    if (received === checksum.hex) return path;
    await rm(path);
    fail(
      'checksum_mismatch',
      `${file} from ${new URL(address).host} has ${checksum.type} ${received}, not ${checksum.hex}.`,
      'Nothing was kept. Find the right file, upload it (centpkg upload), and ask who keeps the other cache.',
    );
  }
  return fail(
    'not_found',
    `${file} is not at ${addresses.join(', nor at ')}.`,
    'Look at --lookaside, and at --name, the name of the package there.',
  );
}
