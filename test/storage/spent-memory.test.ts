import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BodyPool } from '../../server/storage/body-pool.ts';
import { FolderStore } from '../../server/storage/folder-store.ts';
import type { ObjectKey } from '../../server/storage/object-store.ts';
import { PartReader } from '../../server/storage/part-buffers.ts';
import { spentMemory } from '../../server/storage/spent-memory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const pool = new BodyPool(1);
afterAll(() => pool.close());
const SIZE = 64 * 1024;
const memory = (byte: number): Buffer => Buffer.alloc(SIZE, byte);

describe('the memory of a body', () => {
  it('is freed once a piece of other memory was used up, but for its first and last', () => {
    const pieces = [memory(1), memory(2), memory(3), memory(4)];
    const spent = spentMemory();
    const left = pieces.map((piece) => {
      spent(piece);
      return pieces.map(({ length }) => length / SIZE);
    });
    expect(left).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [1, 0, 1, 1],
      [1, 0, 0, 1],
    ]);
  });

  it('stays as long as slices of it are to come', () => {
    const spent = spentMemory();
    const shared = memory(2);
    const half = SIZE / 2;
    const [one, two] = [shared.subarray(0, half), shared.subarray(half)];
    for (const piece of [memory(1), one]) spent(piece);
    expect(two.length).toBe(half);
    spent(two);
    expect(shared.length).toBe(SIZE);
    spent(memory(3));
    expect([one.length, two.length, shared.length]).toEqual([0, 0, 0]);
  });

  it.each([
    ['the pool of small buffers', () => Buffer.from('small')],
    ['memory that a thread shares', () => Buffer.from(new SharedArrayBuffer(SIZE)).fill('s')],
    ['little', () => Buffer.alloc(1024, 's')],
  ])('is left alone where it is %s', (_, make) => {
    const spent = spentMemory();
    const piece = make();
    const before = piece.toString();
    for (const one of [memory(1), piece, memory(2), memory(3)]) spent(one);
    expect(piece.toString()).toBe(before);
  });
});

/** Bodies as parsers cut them: slices of what was read at once, and small copies in between. */
const bodies = fc.array(
  fc.record({
    byte: fc.integer({ min: 0, max: 255 }),
    cuts: fc.array(fc.integer({ min: 0, max: SIZE }), { maxLength: 3 }),
    copy: fc.string({ maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 20 },
);
type Body = typeof bodies extends fc.Arbitrary<infer T> ? T : never;
function* piecesOf(body: Body): Generator<Buffer> {
  for (const { byte, cuts, copy } of body) {
    const read = memory(byte);
    const ends = [0, ...cuts.toSorted((one, other) => one - other), SIZE];
    for (const [index, end] of ends.slice(1).entries()) yield read.subarray(ends[index], end);
    if (copy !== '') yield Buffer.from(copy);
  }
}

describe('a body whose memory is freed on its way', () => {
  it('is in the folder whole', async () => {
    await using folder = await temporaryFolder();
    const store = new FolderStore(join(folder.path, 'store'), pool);
    await store.recover();
    let files = 0;
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const key = `python/file-${files++}/sha512-x` as ObjectKey;
        const wanted = Buffer.concat([...piecesOf(body)]);
        const pieces = async function* (): AsyncGenerator<Buffer> {
          yield* piecesOf(body);
        };
        await store.put(key, pieces(), () => new Date(0));
        const found = await store.get(key);
        const stored = Buffer.concat(await Array.fromAsync(found?.body ?? []));
        expect(stored.equals(wanted)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is in the parts for a bucket whole', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 1024, max: 3 * SIZE }), async (body, partSize) => {
        const wanted = Buffer.concat([...piecesOf(body)]);
        const pieces = async function* (): AsyncGenerator<Buffer> {
          yield* piecesOf(body);
        };
        const reader = new PartReader([], pieces());
        const parts: Buffer[] = [];
        for (let ended = false; !ended; ) {
          const buffer = Buffer.alloc(partSize);
          const filled = await reader.fill(buffer);
          parts.push(buffer.subarray(0, filled.bytes));
          ended = filled.ended;
        }
        expect(Buffer.concat(parts).equals(wanted)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
