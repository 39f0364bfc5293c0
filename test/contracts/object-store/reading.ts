import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectKey } from '../../../server/storage/object-store.ts';
import {
  bodyOf,
  contentOf,
  expectNothing,
  keyOf,
  listed,
  MTIME,
  mtime,
  read,
  type StoreKind,
  someBytes,
  world,
} from './world.ts';

export function readingContract(kind: StoreKind): void {
  describe('an object', () => {
    const here = world(kind);

    it('is there when put comes back: by head, get and list, with its size and time', async () => {
      const key = keyOf('a.tar');
      const info = { key, size: 11, mtime: MTIME };
      expect(await here.store.put(key, bodyOf('hello ', 'world'), mtime)).toEqual(info);
      expect(await here.store.head(key)).toEqual(info);
      const opened = await here.store.get(key);
      expect(opened?.info).toEqual(info);
      expect(opened === null ? null : await contentOf(opened.body)).toEqual(
        Buffer.from('hello world'),
      );
      expect(await listed(here.store)).toEqual([info]);
    });

    it('is what its body was, however that came in pieces', async () => {
      let n = 0;
      const pieces = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(pieces, async (arrays) => {
          const buffers = arrays.map((array) => Buffer.from(array));
          const key = keyOf(`pieces-${++n}`);
          const whole = Buffer.concat(buffers);
          const info = await here.store.put(key, bodyOf(...buffers), mtime);
          expect(info.size).toBe(whole.length);
          expect(await read(here.store, key)).toEqual(whole);
        }),
        { numRuns: 50 },
      );
    });

    it('may be empty', async () => {
      const key = keyOf('empty');
      expect(await here.store.put(key, bodyOf(), mtime)).toMatchObject({ size: 0 });
      expect(await here.store.head(key)).toEqual({ key, size: 0, mtime: MTIME });
      expect(await read(here.store, key)).toEqual(Buffer.alloc(0));
    });

    it('may come in thousands of single bytes, or in one large piece', async () => {
      const content = someBytes(5 * 1024 * 1024 + 1);
      const single = Array.from(content.subarray(0, 5000), (byte) => Buffer.of(byte));
      await here.store.put(keyOf('single'), bodyOf(...single), mtime);
      expect(await read(here.store, keyOf('single'))).toEqual(content.subarray(0, 5000));
      await here.store.put(keyOf('large'), bodyOf(content), mtime);
      expect((await read(here.store, keyOf('large')))?.equals(content)).toBe(true);
    });

    it('is read by ranges, first and last byte included', async () => {
      const content = someBytes(10_000);
      const key = keyOf('ranges');
      await here.store.put(key, bodyOf(content), mtime);
      const byte = fc.nat({ max: content.length - 1 });
      await fc.assert(
        fc.asyncProperty(byte, byte, async (a, b) => {
          const range = { start: Math.min(a, b), end: Math.max(a, b) };
          const opened = await here.store.get(key, range);
          expect(opened?.info.size).toBe(content.length);
          const wanted = content.subarray(range.start, range.end + 1);
          expect(opened === null ? null : await contentOf(opened.body)).toEqual(wanted);
        }),
        {
          numRuns: 100,
          examples: [
            [0, 0],
            [9999, 9999],
            [0, 9999],
          ],
        },
      );
    });

    it('keeps the time that it was given, which is asked for when the body has ended', async () => {
      const times = ['1970-01-01T00:00:00Z', '2038-01-19T03:14:08Z', '2026-01-02T03:04:05Z'];
      for (const text of times) {
        const key = keyOf(`time-${text.slice(0, 4)}`);
        let ended = false;
        async function* body() {
          yield Buffer.from('x');
          ended = true;
        }
        const time = new Date(text);
        const info = await here.store.put(key, body(), () => {
          expect(ended).toBe(true);
          return time;
        });
        expect(info.mtime).toEqual(time);
        expect((await here.store.head(key))?.mtime).toEqual(time);
      }
    });

    it('has the same time by put, head, get and list, to the millisecond', async () => {
      const key = keyOf('fraction');
      const time = new Date('2026-01-02T03:04:05.678Z');
      const info = await here.store.put(key, bodyOf('x'), () => time);
      expect(info.mtime).toEqual(time);
      expect(await here.store.head(key)).toEqual(info);
      expect((await listed(here.store))[0]).toEqual(info);
      const opened = await here.store.get(key);
      opened?.body.destroy();
      expect(opened?.info).toEqual(info);
    });

    it('is gone after delete, which may be repeated', async () => {
      const key = keyOf('gone');
      await here.store.put(key, bodyOf('x'), mtime);
      await here.store.delete(key);
      await expectNothing(here.store, key);
      await here.store.delete(key);
      await here.store.delete(keyOf('never there', 'never'));
      await here.store.put(key, bodyOf('y'), mtime);
      expect(await read(here.store, key)).toEqual(Buffer.from('y'));
    });

    it('that nobody put is an answer, not a failure; so is a part of a key', async () => {
      await expectNothing(here.store, keyOf('a.tar'));
      const key = keyOf('a.tar');
      await here.store.put(key, bodyOf('x'), mtime);
      for (const other of [keyOf('b.tar'), 'python', 'python/a.tar', `${key}/more`, `${key}0`]) {
        expect([other, await here.store.head(other as ObjectKey)]).toEqual([other, null]);
        expect([other, await here.store.get(other as ObjectKey)]).toEqual([other, null]);
      }
    });

    it('is listed once, with many others', async () => {
      const keys = Array.from({ length: 200 }, (_, n) => keyOf(`file ${n % 40}`, `c${n}`));
      for (const key of keys) await here.store.put(key, bodyOf(key), mtime);
      const found = await listed(here.store);
      expect(found.map(({ key }) => key)).toEqual(keys.toSorted());
      for (const { key, size } of found) expect(size).toBe(key.length);
    });

    it('is read by many at once, and by some who go away early', async () => {
      const content = someBytes(3 * 1024 * 1024);
      const key = keyOf('many');
      await here.store.put(key, bodyOf(content), mtime);
      const readers = Array.from({ length: 20 }, async (_, n) => {
        const opened = await here.store.get(key);
        if (n % 2 === 0) return opened?.body.destroy();
        const got = opened === null ? null : await contentOf(opened.body);
        return expect(got?.equals(content)).toBe(true);
      });
      await Promise.all(readers);
      expect(readers).toHaveLength(20);
    });
  });
}
