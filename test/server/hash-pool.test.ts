import { createHash, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { HASH_TYPES, type HashType } from '../../core/domain/checksum.ts';
import { HashPool } from '../../server/lookaside/hash-pool.ts';

const pool = new HashPool(2);
afterAll(() => pool.close());

describe('a pool that hashes', () => {
  it('gives the hash of what it was given, of every type, in any pieces', async () => {
    const sizes = fc.array(fc.oneof(fc.nat({ max: 10 }), fc.nat({ max: 600_000 })), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.constantFrom(...HASH_TYPES),
        fc.boolean(),
        async (all, type, known) => {
          const wanted = createHash(type);
          const hash = pool.open(type, known ? all.reduce((sum, size) => sum + size, 0) : null);
          for (const size of all) {
            const piece = randomBytes(size);
            wanted.update(piece);
            await hash.update(piece);
          }
          expect(await hash.digest()).toBe(wanted.digest('hex'));
        },
      ),
      {
        numRuns: 60,
        examples: [
          [[], 'sha512', false],
          [[262_143, 1], 'sha512', false],
          [[262_144], 'sha256', false],
        ],
      },
    );
  });

  it('does not see what a piece is changed to after it was taken', async () => {
    const piece = Buffer.alloc(300_000, 'a');
    const hash = pool.open('sha256', null);
    await hash.update(piece);
    piece.fill('b');
    const wanted = createHash('sha256').update(Buffer.alloc(300_000, 'a')).digest('hex');
    expect(await hash.digest()).toBe(wanted);
  });

  it('waits where the hashing has fallen behind: memory does not grow with the file', async () => {
    const piece = randomBytes(1024 * 1024);
    const before = process.memoryUsage().rss;
    let peak = 0;
    const hash = pool.open('sha512', null);
    const wanted = createHash('sha512');
    for (let n = 0; n < 200; n++) {
      await hash.update(piece);
      wanted.update(piece);
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(await hash.digest()).toBe(wanted.digest('hex'));
    expect((peak - before) / 1024 / 1024).toBeLessThan(100);
  });

  it('goes on with the others where some are abandoned', async () => {
    const piece = randomBytes(400_000);
    const wanted = createHash('sha512').update(piece).update(piece).digest('hex');
    const digests = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const hash = pool.open('sha512', null);
        await hash.update(piece);
        if (n % 2 === 0) {
          hash.abandon();
          return null;
        }
        await hash.update(piece);
        return hash.digest();
      }),
    );
    expect(digests).toEqual(digests.map((_, n) => (n % 2 === 0 ? null : wanted)));
  });

  it('fails the files of a thread that dies, and takes others after it', async () => {
    const alone = new HashPool(1);
    const piece = randomBytes(600_000);
    const unknown = alone.open('md6' as HashType, null);
    const beside = alone.open('sha512', null);
    await beside.update(piece);
    await expect(unknown.update(piece).then(() => unknown.digest())).rejects.toThrow(/digest/i);
    await expect(beside.digest()).rejects.toThrow(/digest/i);
    const next = alone.open('sha512', null);
    await next.update(piece);
    expect(await next.digest()).toBe(createHash('sha512').update(piece).digest('hex'));
    await alone.close();
  });

  it('does not keep the process alive, and can not be used when it is closed', async () => {
    const closed = new HashPool(1);
    await closed.close();
    expect(() => closed.open('sha512', null)).toThrow('The hash pool is closed.');
  });
});
