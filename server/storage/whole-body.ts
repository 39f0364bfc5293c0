import { Readable } from 'node:stream';
import { chunksOf } from './chunks.ts';
import { s3Failure } from './s3-failure.ts';

/** Bytes that may wait for whoever reads. */
const READ_AHEAD = 1024 * 1024;

/**
 * An answer's body that ends well only with all of its `length` bytes; a connection that breaks
 * off, ends early, or sends nothing for `stallMs` while somebody waits, is `unavailable`. A slow
 * reader is no stall. Destroying it ends the connection.
 */
export function wholeBody(source: Readable, length: number, stallMs: number): Readable {
  // It may fail before anybody reads: the reader is told then.
  source.on('error', () => {});
  return Readable.from(checked(source, length, stallMs), {
    objectMode: false,
    highWaterMark: READ_AHEAD,
  });
}

async function* checked(source: Readable, length: number, stallMs: number): AsyncGenerator<Buffer> {
  const chunks = chunksOf(source);
  const stalled = (): void => {
    source.destroy(new Error(`No byte came for ${stallMs} ms.`));
  };
  let left = length;
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      timer = setTimeout(stalled, stallMs);
      const { value, done } = await chunks.next();
      clearTimeout(timer);
      if (done === true) break;
      left -= value.length;
      if (left < 0) break;
      yield value;
    }
    if (left !== 0) throw new Error(`The body has not the ${length} bytes that were announced.`);
  } catch (error) {
    throw s3Failure(error);
  } finally {
    clearTimeout(timer);
    source.destroy();
  }
}
