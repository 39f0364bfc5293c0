import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import { type Checksum, HASH_TYPES, type HashType } from '../../../core/domain/checksum.ts';
import {
  bodyOf,
  expectNothing,
  keyOf,
  MTIME,
  mtime,
  read,
  type StoreKind,
  someBytes,
  thrown,
  world,
} from './world.ts';

export function brokenBodyContract(kind: StoreKind): void {
  describe('a put whose body breaks off', () => {
    const here = world(kind);
    const key = keyOf('a.tar');

    it.each([0, 1, 100_000, 3 * 1024 * 1024, 20 * 1024 * 1024])(
      'after %d bytes throws the error of the body on, and leaves nothing',
      async (size) => {
        const error = new DistGitError('checksum_mismatch', 'Received other bytes.');
        async function* body() {
          for (let left = size; left > 0; left -= 1024 * 1024)
            yield someBytes(Math.min(left, 1024 * 1024));
          throw error;
        }
        expect(await thrown(here.store.put(key, body(), mtime))).toBe(error);
        await expectNothing(here.store, key);
      },
    );

    it.each(['ECONNRESET', 'EPIPE', 'ENOENT', 'ENOSPC'])(
      'with the code %s is not blamed on the store',
      async (code) => {
        const error = Object.assign(new Error('of the body'), { code });
        // It may break off before the store reads: that error is for the reader to find.
        const body = new PassThrough().on('error', () => {});
        body.write('some');
        setTimeout(() => body.destroy(error), 10);
        expect(await thrown(here.store.put(key, body, mtime))).toBe(error);
        await expectNothing(here.store, key);
      },
    );

    it('without an error, by being destroyed, fails and leaves nothing', async () => {
      const body = new PassThrough();
      body.write(someBytes(10_000));
      setTimeout(() => body.destroy(), 10);
      expect(await thrown(here.store.put(key, body, mtime))).toMatchObject({
        code: 'ERR_STREAM_PREMATURE_CLOSE',
      });
      await expectNothing(here.store, key);
    });

    it('before it begins, by being destroyed already, fails and leaves nothing', async () => {
      const body = Readable.from([Buffer.from('x')]);
      body.destroy();
      const error = await thrown(here.store.put(key, body, mtime));
      expect((error as Error).message).not.toBe('Nothing was thrown');
      await expectNothing(here.store, key);
    });

    it('at the question for its time fails and leaves nothing', async () => {
      const error = new Error('no time');
      const put = here.store.put(key, bodyOf('x'), () => {
        throw error;
      });
      expect(await thrown(put)).toBe(error);
      await expectNothing(here.store, key);
    });

    it('can be repeated', async () => {
      async function* body() {
        yield Buffer.from('half');
        throw new Error('broke off');
      }
      await thrown(here.store.put(key, body(), mtime));
      await here.store.put(key, bodyOf('whole'), mtime);
      expect(await read(here.store, key)).toEqual(Buffer.from('whole'));
    });
  });

  describe('a put with a checksum', () => {
    const here = world(kind);
    const key = keyOf('a.tar');
    const sizes = [0, 1, 300_000, 7 * 1024 * 1024];
    /** Cut into pieces of a size that fits none of the store's own. */
    async function* pieces(content: Buffer) {
      const copy = Buffer.from(content);
      for (let at = 0; at < copy.length; at += 77_777) yield copy.subarray(at, at + 77_777);
    }
    const checksumOf = (type: HashType, content: Buffer): Checksum => ({
      type,
      hex: createHash(type).update(content).digest('hex'),
    });

    it.each(sizes)('of %d bytes stores what has it, by any hash', async (size) => {
      const content = someBytes(size);
      for (const type of HASH_TYPES) {
        const one = keyOf(`${type}.tar`);
        const checksum = checksumOf(type, content);
        const info = await here.store.put(one, pieces(content), mtime, checksum);
        expect(info).toEqual({ key: one, size, mtime: MTIME });
        expect((await read(here.store, one))?.equals(content)).toBe(true);
      }
    });

    it.each(sizes)('of %d bytes stores nothing else, and says what came', async (size) => {
      const content = someBytes(size);
      const checksum = checksumOf('sha512', Buffer.from('other'));
      const error = await thrown(here.store.put(key, pieces(content), mtime, checksum));
      expect(error).toMatchObject({
        code: 'checksum_mismatch',
        message: `SHA512 check failed. Received ${checksumOf('sha512', content).hex} instead of ${checksum.hex}.`,
      });
      await expectNothing(here.store, key);
      const good = await here.store.put(key, pieces(content), mtime, checksumOf('sha512', content));
      expect(good.size).toBe(size);
    });

    it('tells what does not have it from what does, where the object is there already', async () => {
      const content = someBytes(100_000);
      await here.store.put(key, pieces(content), mtime);
      const checksum = checksumOf('sha512', content);
      expect(await here.store.put(key, pieces(content), mtime, checksum)).toMatchObject({
        size: content.length,
      });
      const other = here.store.put(key, pieces(someBytes(10)), mtime, checksum);
      expect(await thrown(other)).toMatchObject({ code: 'checksum_mismatch' });
      expect((await read(here.store, key))?.equals(content)).toBe(true);
    });
  });
}
