import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import { lookasideUrlPath, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import type { Track } from '../output/progress.ts';
import { type ApiClient, responseError, unreachable } from './api-client.ts';

/** A download that breaks off is taken up again so many times. */
const ATTEMPTS = 5;
/** How long an upload waits to be let in, as long as curl does. */
const CONTINUE_MS = 1000;
/** Milliseconds without a byte until a connection counts as broken. */
const IDLE_MS = 60_000;

function open(
  api: ApiClient,
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
): ClientRequest {
  const url = new URL(api.url + path);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const opened = request(url, { method, headers: { ...api.authorization, ...headers } });
  opened.setTimeout(IDLE_MS, () => opened.destroy(new Error('timed out')));
  return opened;
}

function answerOf(request: ClientRequest, url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (cause) => reject(unreachable(url, cause)));
  });
}

async function textOf(answer: IncomingMessage, url: string): Promise<string> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  } catch (cause) {
    throw unreachable(url, cause);
  }
  return text;
}

/** Does the look-aside cache have the file? @throws DistGitError where it can not be told */
export async function hasSource(api: ApiClient, address: SourceAddress): Promise<boolean> {
  const request = open(api, 'HEAD', lookasideUrlPath(address));
  request.end();
  const answer = await answerOf(request, api.url);
  answer.resume();
  if (answer.statusCode === 200) return true;
  if (answer.statusCode === 404) return false;
  throw responseError(answer.statusCode ?? 0, '');
}

export async function checksumOf(file: string, type: Checksum['type']): Promise<string> {
  const hash = createHash(type);
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

/**
 * Uploads a file that the cache does not have. It asks before it sends (`Expect: 100-continue`), so
 * that a refusal costs no upload.
 */
export async function uploadSource(
  api: ApiClient,
  address: SourceAddress,
  path: string,
  track: Track,
): Promise<void> {
  const { size, mtime } = await stat(path);
  const request = open(api, 'PUT', lookasideUrlPath(address), {
    'Content-Length': size,
    'Content-Type': 'application/octet-stream',
    'Last-Modified': mtime.toUTCString(),
    Expect: '100-continue',
  });
  const answered = answerOf(request, api.url);
  track.start(size);
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      track.add(chunk.length);
      done(null, chunk);
    },
  });
  let sending = false;
  const send = (): void => {
    if (sending) return;
    sending = true;
    // When the server answers early the connection closes under us; its answer tells why.
    pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), counted, request).catch(
      () => {},
    );
  };
  request.once('continue', send);
  request.flushHeaders();
  // Some proxies eat the "continue"; nobody waits for it for ever (RFC 9110, 10.1.1).
  const timer = setTimeout(send, CONTINUE_MS);
  const answer = await answered.finally(() => clearTimeout(timer));
  const text = await textOf(answer, api.url);
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
  const { partial, release } = await claimPartial(join(partialFolder, name));
  try {
    await downloadTo(api, address, target, partial, track);
  } finally {
    await release();
  }
}

/** Two runs at once must not write one partial: the later one gets a file of its own. */
async function claimPartial(path: string) {
  const lock = `${path}.lock`;
  const mine = { partial: `${path}.part`, release: () => rm(lock, { force: true }) };
  const take = (): Promise<boolean> =>
    writeFile(lock, String(process.pid), { flag: 'wx' }).then(
      () => true,
      () => false,
    );
  if (await take()) return mine;
  const owner = Number(await readFile(lock, 'utf8').catch(() => '0'));
  if (!isRunning(owner)) {
    await rm(lock, { force: true });
    if (await take()) return mine;
  }
  const own = `${path}.${process.pid}.part`;
  return { partial: own, release: () => rm(own, { force: true }) };
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
  track.start(offset + Number(answer.headers['content-length'] ?? 0));
  track.add(offset);
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      track.add(chunk.length);
      done(null, chunk);
    },
  });
  const flags = offset > 0 ? 'a' : 'w';
  await pipeline(answer, counted, createWriteStream(partial, { flags })).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC')
      fail('storage_full', 'This disk is full.', 'Make room, then run the command again.');
    throw unreachable(api.url, cause);
  });
  const modified = new Date(answer.headers['last-modified'] ?? Number.NaN);
  if (!Number.isNaN(modified.getTime())) await utimes(partial, modified, modified);
}
