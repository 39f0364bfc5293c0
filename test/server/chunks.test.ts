import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../server/storage/chunks.ts';

const MIB = 1024 * 1024;

async function read(source: Readable): Promise<{ content: Buffer; error: unknown }> {
  const chunks: Buffer[] = [];
  let error: unknown = null;
  try {
    for await (const chunk of chunksOf(source)) chunks.push(chunk);
  } catch (raw) {
    error = raw;
  }
  return { content: Buffer.concat(chunks), error };
}

describe('the chunks of a stream', () => {
  it('are all of them, in their order, whenever they come', async () => {
    const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.nat({ max: 2 })), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(pieces, async (all) => {
        const source = new PassThrough();
        const reading = read(source);
        for (const [bytes, ticks] of all) {
          source.write(bytes);
          for (let n = 0; n < ticks; n++) await new Promise((resolve) => setImmediate(resolve));
        }
        source.end();
        const whole = Buffer.concat(all.map(([bytes]) => bytes));
        expect(await reading).toEqual({ content: whole, error: null });
      }),
      { numRuns: 100 },
    );
  });

  it('are what had come before the error, and then the error itself', async () => {
    const source = new PassThrough();
    source.write('some');
    const reading = read(source);
    await pause(5);
    const error = new Error('reset');
    source.destroy(error);
    const told = await reading;
    expect(told.error).toBe(error);
    expect(told.content.toString()).toBe('some');
  });

  it('end in an error where the stream closes before its end', async () => {
    const source = new PassThrough();
    source.write('some');
    const reading = read(source);
    setTimeout(() => source.destroy(), 5);
    expect((await reading).error).toBeInstanceOf(Error);
  });

  it('end in an error of a stream that was broken before they were asked for', async () => {
    const error = new Error('reset');
    const broken = new PassThrough();
    broken.on('error', () => {});
    broken.destroy(error);
    const closed = new PassThrough();
    closed.destroy();
    await once(closed, 'close');
    expect((await read(broken)).error).toBe(error);
    expect((await read(closed)).error).toBeInstanceOf(Error);
  });

  it('are none of an empty stream', async () => {
    expect(await read(Readable.from([]))).toEqual({ content: Buffer.alloc(0), error: null });
    const ended = new PassThrough();
    ended.end();
    expect(await read(ended)).toEqual({ content: Buffer.alloc(0), error: null });
  });

  it('wait for their reader: a fast stream is held back', async () => {
    let given = 0;
    const source = new Readable({
      read() {
        given += 64 * 1024;
        this.push(given > 50 * MIB ? null : Buffer.alloc(64 * 1024));
      },
    });
    let size = 0;
    let furthest = 0;
    for await (const chunk of chunksOf(source)) {
      size += chunk.length;
      if (size % (4 * MIB) === 0) await pause(2);
      furthest = Math.max(furthest, given - size);
    }
    expect(size).toBe(50 * MIB);
    expect(furthest).toBeLessThan(3 * MIB);
  });
});
