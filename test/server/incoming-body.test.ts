import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { type Checksum, type HashType, STRONG_HASH_TYPES } from '../../core/domain/checksum.ts';
import { incomingBody } from '../../server/lookaside/incoming-body.ts';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { checkedBody } from '../../server/storage/checked-body.ts';

const pool = new BodyPool(2);
afterAll(() => pool.close());

const checksumOf = (content: Buffer, type: HashType = 'sha512'): Checksum => ({
  type,
  hex: createHash(type).update(content).digest('hex'),
});
const sourceOf = (pieces: readonly Buffer[]): Readable =>
  Readable.from(pieces, { objectMode: false });

/** An upload's body, verified as its store does. */
const verify = (
  body: Readable,
  checksum: Checksum,
  maxSize: number,
  options: { formEnd?: Promise<void> } = {},
) => checkedBody(incomingBody({ body, ...options }, maxSize), checksum, pool);

interface Read {
  readonly content: Buffer;
  readonly error: unknown;
}
async function readAll(body: AsyncIterable<Buffer>): Promise<Read> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (error) {
    return { content: Buffer.concat(chunks), error };
  }
  return { content: Buffer.concat(chunks), error: null };
}
function codeOf(error: unknown): string {
  expect(error).toBeInstanceOf(DistGitError);
  return (error as DistGitError).code;
}

const pieces = fc
  .array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 20 })
  .map((all) => all.map((bytes) => Buffer.from(bytes)));
const hashType = fc.constantFrom(...STRONG_HASH_TYPES);

describe('a verified body', () => {
  it('passes what is whole, byte for byte, and ends well', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, hashType, async (parts, type) => {
        const whole = Buffer.concat(parts);
        const body = verify(sourceOf(parts), checksumOf(whole, type), whole.length);
        expect(await readAll(body)).toEqual({ content: whole, error: null });
      }),
      { numRuns: 100 },
    );
  });

  it('ends in an error where any one byte is another', async () => {
    const one = fc.uint8Array({ minLength: 1, maxLength: 500 });
    await fc.assert(
      fc.asyncProperty(one, fc.nat(), fc.integer({ min: 1, max: 255 }), async (bytes, at, flip) => {
        const sent = Buffer.from(bytes);
        const checksum = checksumOf(sent);
        const index = at % sent.length;
        sent[index] = (sent[index] ?? 0) ^ flip;
        const { error } = await readAll(verify(sourceOf([sent]), checksum, 1000));
        expect(codeOf(error)).toBe('checksum_mismatch');
        const received = createHash('sha512').update(sent).digest('hex');
        expect((error as Error).message).toBe(
          `SHA512 check failed. Received ${received} instead of ${checksum.hex}.`,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('ends in an error where it is cut or longer, however large', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024, 'x');
    const checksum = checksumOf(content);
    for (const other of [content.subarray(1), Buffer.concat([content, Buffer.of(0)])]) {
      const { error } = await readAll(verify(sourceOf([other]), checksum, 1e8));
      expect(codeOf(error)).toBe('checksum_mismatch');
    }
  });

  it('lets through so many bytes as are allowed, and not one more', async () => {
    const content = Buffer.alloc(2 * 1024 * 1024, 'x');
    const parts = Array.from({ length: 8 }, (_, n) => content.subarray(n << 18, (n + 1) << 18));
    const read = (max: number) => readAll(verify(sourceOf(parts), checksumOf(content), max));
    expect((await read(content.length)).error).toBeNull();
    const over = await read(content.length - 1);
    expect(codeOf(over.error)).toBe('too_large');
    expect(over.content.length).toBeLessThan(content.length);
  });

  it('is a client that went away where its source breaks off or is destroyed', async () => {
    for (const error of [new Error('reset'), undefined]) {
      const source = new PassThrough();
      source.write('some');
      setTimeout(() => source.destroy(error), 5);
      const read = await readAll(verify(source, checksumOf(Buffer.of()), 100));
      expect(codeOf(read.error)).toBe('client_gone');
    }
  });

  it('hands on an error that says what it is', async () => {
    const refusal = new DistGitError('too_large', 'of the source');
    const source = new PassThrough();
    source.destroy(refusal);
    const { error } = await readAll(verify(source, checksumOf(Buffer.of()), 1));
    expect(error).toBe(refusal);
  });

  it('ends only when the rest of the form has ended', async () => {
    const content = Buffer.from('content');
    let formEnded = (): void => {};
    const rest = new Promise<void>((resolve) => {
      formEnded = resolve;
    });
    let done = false;
    const body = verify(sourceOf([content]), checksumOf(content), 100, { formEnd: rest });
    const reading = readAll(body).finally(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(done).toBe(false);
    formEnded();
    expect(await reading).toEqual({ content, error: null });
  });

  it('is refused where the rest of the form is, or breaks off', async () => {
    const content = Buffer.from('content');
    const refusal = new DistGitError('input_invalid', 'Invalid value sent for mtime.');
    const read = (rest: Promise<void>) =>
      readAll(verify(sourceOf([content]), checksumOf(content), 100, { formEnd: rest }));
    expect((await read(Promise.reject(refusal))).error).toBe(refusal);
    expect(codeOf((await read(Promise.reject(new Error('broke off')))).error)).toBe('client_gone');
  });

  it('leaves its source alive where nobody wants the rest: it may still be answered', async () => {
    const source = new PassThrough();
    source.write('first');
    for await (const chunk of verify(source, checksumOf(Buffer.of()), 100)) {
      expect(chunk).toEqual(Buffer.from('first'));
      break;
    }
    expect(source.destroyed).toBe(false);
    source.destroy();
  });

  it('is told apart from others that are verified at the same time', async () => {
    const contents = Array.from({ length: 30 }, (_, n) => Buffer.alloc(700_000 + n, n));
    const reads = await Promise.all(
      contents.map((content, n) => {
        const checksum = n % 3 === 0 ? checksumOf(Buffer.from('other')) : checksumOf(content);
        return readAll(verify(sourceOf([content]), checksum, 1e6));
      }),
    );
    for (const [n, { error }] of reads.entries())
      expect([n, error === null]).toEqual([n, n % 3 !== 0]);
  });
});
