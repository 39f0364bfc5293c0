import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import { lookasideUrlPath, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import type { Track } from '../output/progress.ts';
import { type ApiClient, responseError, unreachable } from './api-client.ts';
import { answerOf, counted, open, sendFile, textOf } from './requests.ts';

/** A download that breaks off is taken up again so many times. */
const ATTEMPTS = 5;
/** Does the look-aside cache have the file? @throws DistGitError where it can not be told */
export async function hasSource(
  api: ApiClient,
  address: SourceAddress,
  signal?: AbortSignal,
): Promise<boolean> {
  const request = open(api, 'HEAD', lookasideUrlPath(address), {}, signal);
  request.end();
  const answer = await answerOf(request, api.url);
  answer.resume();
  if (answer.statusCode === 200) return true;
  if (answer.statusCode === 404) return false;
  throw responseError(answer.statusCode ?? 0, '');
}

/** @returns lower-case hex @param signal breaks it off */
export async function checksumOf(
  file: string,
  type: Checksum['type'],
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(type);
  const options = signal === undefined ? {} : { signal };
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash, options);
  return hash.digest('hex');
}

/** Uploads a file that the cache does not have, in one request. @param signal breaks it off */
export async function uploadSource(
  api: ApiClient,
  address: SourceAddress,
  path: string,
  track: Track,
  signal?: AbortSignal,
): Promise<void> {
  const { size, mtime } = await stat(path);
  const headers = {
    'Content-Length': size,
    'Content-Type': 'application/octet-stream',
    'Last-Modified': mtime.toUTCString(),
    Expect: '100-continue',
  };
  const request = open(api, 'PUT', lookasideUrlPath(address), headers, signal);
  track.start(size);
  const range = { path, start: 0, end: size - 1 };
  const { answer, text } = await sendFile(request, api.url, range, track);
  const status = answer.statusCode ?? 0;
  if (status !== 200 && status !== 201) {
    request.destroy();
    throw responseError(status, text);
  }
  track.done();
}

/**
 * Downloads a file to `target`. What arrives is kept in `partial` until it is whole and verified,
 * so that `target` is never a half file, and a broken download goes on where it stopped, even in a
 * later run.
 */
export async function downloadSource(
  api: ApiClient,
  address: SourceAddress,
  target: string,
  partialFolder: string,
  track: Track,
): Promise<void> {
  await mkdir(partialFolder, { recursive: true });
  const name = `${address.checksum.hex.slice(0, 32)}-${address.file.slice(0, 200)}`;
  const partial = join(partialFolder, `${name}.${process.pid}.part`);
  await takeOver(partialFolder, name, partial);
  await downloadTo(api, address, target, partial, track);
}

/** Two runs at once must not write one partial: one of them gets what an ended run left behind. */
async function takeOver(folder: string, name: string, partial: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const pid = entry.startsWith(`${name}.`) && /^(\d+)\.part$/.exec(entry.slice(name.length + 1));
    if (!pid || isRunning(Number(pid[1]))) continue;
    // A rename has one winner; who comes too late finds no such file.
    const taken = await rename(join(folder, entry), partial).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    if (taken) return;
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function downloadTo(
  api: ApiClient,
  address: SourceAddress,
  target: string,
  partial: string,
  track: Track,
): Promise<void> {
  const resumed = await exists(partial);
  await fetchAll(api, address, partial, track);
  let received = await checksumOf(partial, address.checksum.type);
  if (received !== address.checksum.hex && resumed) {
    // What an earlier run left may be what is wrong.
    await rm(partial);
    await fetchAll(api, address, partial, track);
    received = await checksumOf(partial, address.checksum.type);
  }
  if (received !== address.checksum.hex) {
    await rm(partial);
    fail(
      'checksum_mismatch',
      `${address.file}: the download has ${address.checksum.type} ${received}, not ${address.checksum.hex}.`,
      'Nothing was kept. Try again; if it stays so, tell a site admin.',
    );
  }
  await mkdir(dirname(target), { recursive: true });
  // Into the target's folder first: a rename across file systems is not possible.
  await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    const aside = join(dirname(target), `.${basename(target)}.${process.pid}`);
    await pipeline(createReadStream(partial), createWriteStream(aside));
    await rename(aside, target);
    await rm(partial);
  });
  track.done();
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Goes on as long as each attempt may bring more. */
async function fetchAll(
  api: ApiClient,
  address: SourceAddress,
  partial: string,
  track: Track,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(api, address, partial, track);
      return;
    } catch (error) {
      const retry = error instanceof DistGitError && error.code === 'unavailable';
      if (!retry || attempt === ATTEMPTS) throw error;
      track.note(`broken off, trying again (${attempt} of ${ATTEMPTS - 1})`);
      await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
    }
  }
}

async function fetchRest(
  api: ApiClient,
  address: SourceAddress,
  partial: string,
  track: Track,
): Promise<void> {
  const have = await stat(partial).then(
    ({ size }) => size,
    () => 0,
  );
  const request = open(
    api,
    'GET',
    lookasideUrlPath(address),
    have > 0 ? { Range: `bytes=${have}-`, 'If-Range': `"${address.checksum.hex}"` } : {},
  );
  request.end();
  const answer = await answerOf(request, api.url);
  const status = answer.statusCode ?? 0;
  // All bytes are there already; the checksum will tell.
  if (status === 416) {
    answer.resume();
    return;
  }
  if (status !== 200 && status !== 206) throw responseError(status, await textOf(answer, api.url));
  const offset = status === 206 ? have : 0;
  track.start(offset + Number(answer.headers['content-length'] ?? 0), offset);
  const flags = offset > 0 ? 'a' : 'w';
  let broken: unknown;
  /** What comes until the line breaks: it is written, so that each attempt goes further. */
  async function* untilBroken(): AsyncGenerator<Buffer> {
    try {
      yield* answer;
    } catch (error) {
      broken = error;
    }
  }
  await pipeline(untilBroken, counted(track), createWriteStream(partial, { flags })).catch(
    (cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC')
        fail('storage_full', 'This disk is full.', 'Make room, then run the command again.');
      throw unreachable(api.url, cause);
    },
  );
  if (broken !== undefined) throw unreachable(api.url, broken);
  const modified = new Date(answer.headers['last-modified'] ?? Number.NaN);
  if (!Number.isNaN(modified.getTime())) await utimes(partial, modified, modified);
}
