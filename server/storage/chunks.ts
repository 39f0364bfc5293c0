import type { Readable } from 'node:stream';
import { fail } from '../../core/api/distgit-error.ts';

/** Bytes that may wait for the reader before the source is paused. */
const MAX_WAITING = 256 * 1024;

/**
 * The chunks of a stream as they came. A stream's own iterator joins what has gathered into new
 * buffers, which for gigabytes is most of the garbage there is. The source is not destroyed where
 * the reader stops early: it may be a request that is still to be answered.
 * @throws what the source fails with; a source that closes before its end fails
 */
export async function* chunksOf(source: Readable): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let bytes = 0;
  let ended = source.readableEnded;
  let failure: Error | null = source.errored;
  let wake = (): void => {};
  const take = (chunk: Buffer): void => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_WAITING) source.pause();
    wake();
  };
  const end = (): void => {
    ended = true;
    wake();
  };
  const fail = (error?: Error): void => {
    if (!ended) failure ??= error ?? new Error('The stream closed before its end.');
    wake();
  };
  if (source.destroyed) fail();
  source.on('data', take).on('end', end).on('error', fail).on('close', fail);
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        bytes -= chunk.length;
        yield chunk;
        continue;
      }
      if (failure !== null) throw failure;
      if (ended) return;
      source.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    source.off('data', take).off('end', end).off('close', fail);
    // Nobody wants the rest: it runs out to nowhere, so that a kept connection stays usable.
    source.resume();
  }
}

/** The same with an end. @throws DistGitError `too_large` past `limit` bytes */
export async function* limitedChunks(source: Readable, limit: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunksOf(source)) {
    bytes += chunk.length;
    if (bytes > limit) fail('too_large', 'The request is too large.');
    yield chunk;
  }
}
