import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import {
  bodyOf,
  expectNothing,
  keyOf,
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
}
