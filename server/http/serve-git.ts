import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { abandonGit } from '../git/abandon-git.ts';
import type { GitSlots } from '../git/git-slots.ts';
import { limitedChunks } from '../storage/chunks.ts';

export interface GitAnswer {
  start(): ChildProcess | Promise<ChildProcess>;
  readonly body?: Readable;
  /** Sent before git's own output. */
  readonly prefix?: string;
  readonly through?: Transform;
  /** It only reads: where the client goes away it need not come to its end. */
  readonly stopEarly?: boolean;
}

/** What git says when it fails is kept for the log up to so many characters. */
const MAX_STDERR = 4000;

/**
 * Runs one git between a request and its answer, both streamed. The status is decided by git's
 * first byte: a git that fails without a word is an error with text, as `http-backend` does it.
 * Where the client goes away git's input ends, git removes its quarantine and goes too; it is not
 * killed, because that would leave its files behind.
 */
export async function serveGit(slots: GitSlots, res: Response, service: GitAnswer): Promise<void> {
  await slots.take();
  let process: ChildProcess;
  try {
    if (res.destroyed) throw new DistGitError('client_gone', 'The client went away.');
    process = await service.start();
  } catch (error) {
    slots.give();
    throw error;
  }
  const ended = once(process, 'close').finally(() => slots.give());
  // Awaited below; should we not come that far, another error has been told.
  ended.catch(() => {});
  const { stdin, stdout, stderr } = process;
  let said = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MAX_STDERR);
  });
  let inputError: unknown = null;
  if (stdin !== null && service.body !== undefined) {
    pipeline(service.body, stdin).catch((error: unknown) => {
      // git that stops reading early has answered already (EPIPE); other errors are the client's.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') inputError = error;
    });
  }
  res.on('close', () => {
    if (!res.writableFinished) abandonGit(process, service.stopEarly === true);
  });

  if (stdout === null) throw new Error('git has no output');
  const first = await firstChunk(stdout);
  if (first === null) {
    const [code] = (await ended) as [number | null];
    if (inputError instanceof DistGitError) throw inputError;
    if (res.destroyed) throw new DistGitError('client_gone', 'The client went away.');
    if (code !== 0)
      throw new DistGitError('protocol_invalid', 'git did not understand the request.', {
        detail: { remedy: 'Nothing was changed. Update git, then try again.' },
        cause: new Error(said),
      });
    res.end(service.prefix ?? '');
    return;
  }
  const source = Readable.from(
    (async function* () {
      if (service.prefix) yield Buffer.from(service.prefix);
      yield first;
      const rest = stdout.iterator({ destroyOnReturn: false });
      yield* rest as AsyncIterable<Buffer>;
    })(),
    { objectMode: false },
  );
  try {
    await (service.through ? pipeline(source, service.through, res) : pipeline(source, res));
  } catch (error) {
    if (!res.destroyed) throw error;
  }
  await ended;
}

async function firstChunk(stream: Readable): Promise<Buffer | null> {
  for (;;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (stream.readableEnded || stream.destroyed) return null;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        for (const event of ['readable', 'end', 'close', 'error']) stream.off(event, go);
        resolve();
      };
      for (const event of ['readable', 'end', 'close', 'error']) stream.on(event, go);
    });
  }
}

/**
 * The request's body, decompressed, with an end: more than `limit` bytes is an error.
 * @throws DistGitError `media_type_unsupported` for a compression git does not use
 */
export function requestBody(req: Request, limit: number): Readable {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'x-gzip')
    fail('media_type_unsupported', 'Only gzip is understood as a content encoding.');
  return Readable.from(limited(encoding === undefined ? req : inflated(req), limit), {
    objectMode: false,
  });
}

function inflated(req: Request): Readable {
  const gunzip = createGunzip();
  req.on('close', () => {
    if (!req.readableEnded) gunzip.destroy(new Error('The request broke off.'));
  });
  return req.pipe(gunzip);
}

/** Stops without destroying its source: that is a request which is still to be answered. */
async function* limited(source: Readable, limit: number): AsyncGenerator<Buffer> {
  try {
    yield* limitedChunks(source, limit);
  } catch (error) {
    if (error instanceof DistGitError) throw error;
    throw new DistGitError('protocol_invalid', 'The request broke off or is not valid gzip.', {
      cause: error,
    });
  }
}
