import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  keyOf,
  listed,
  MTIME,
  mtime,
  read,
  type StoreKind,
  someBytes,
  thrown,
  world,
} from './world.ts';

const LATER = (): Date => new Date('2020-01-01T00:00:00Z');

export function immutabilityContract(kind: StoreKind): void {
  describe('an object that is there', () => {
    const here = world(kind);
    const key = keyOf('a.tar');

    it('is left as it is by a second put, which reports it', async () => {
      const first = await here.store.put(key, bodyOf('first'), mtime);
      const second = await here.store.put(key, bodyOf('second, longer'), LATER);
      expect(second).toEqual(first);
      expect(await here.store.head(key)).toEqual({ key, size: 5, mtime: MTIME });
      expect(await read(here.store, key)).toEqual(Buffer.from('first'));
    });

    it('is left as it is by a put that fails', async () => {
      await here.store.put(key, bodyOf('first'), mtime);
      const error = new Error('broke off');
      async function* body() {
        yield Buffer.from('second');
        throw error;
      }
      expect(await thrown(here.store.put(key, body(), LATER))).toBe(error);
      expect(await read(here.store, key)).toEqual(Buffer.from('first'));
    });

    it('is one of those that raced for its key, whole, and all of them report it', async () => {
      const contents = Array.from({ length: 20 }, (_, n) => someBytes(200_000 + n));
      const infos = await Promise.all(
        contents.map((content, n) =>
          here.store.put(key, bodyOf(content), () => new Date(1_600_000_000_000 + n * 1000)),
        ),
      );
      const winner = contents.findIndex(({ length }) => length === infos[0]?.size);
      const wanted = {
        key,
        size: 200_000 + winner,
        mtime: new Date(1_600_000_000_000 + winner * 1000),
      };
      for (const info of infos) expect(info).toEqual(wanted);
      expect((await read(here.store, key))?.equals(contents[winner] ?? Buffer.alloc(0))).toBe(true);
      expect(await listed(here.store)).toEqual([wanted]);
    });

    it('is never seen before it is whole, by anybody who looks meanwhile', async () => {
      const contents = Array.from({ length: 10 }, () => someBytes(500_000));
      const state = { looking: true };
      let looks = 0;
      const look = async (): Promise<void> => {
        while (state.looking) {
          const info = await here.store.head(key);
          if (info !== null) expect(info.size).toBe(500_000);
          for (const one of await listed(here.store)) expect(one.size).toBe(500_000);
          const content = await read(here.store, key);
          if (content !== null) expect(contents.some((one) => one.equals(content))).toBe(true);
          looks++;
        }
      };
      async function* slowly(content: Buffer) {
        for (let at = 0; at < content.length; at += 50_000) {
          yield content.subarray(at, at + 50_000);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      const puts = contents.map((content) => here.store.put(key, slowly(content), mtime));
      const looking = look();
      await Promise.all(puts);
      state.looking = false;
      await looking;
      expect(looks).toBeGreaterThan(0);
    });

    it('is not spoilt by others that fail while they race for its key', async () => {
      async function* failing() {
        yield someBytes(100_000);
        throw new Error('broke off');
      }
      const good = someBytes(100_000);
      const puts = Array.from({ length: 20 }, (_, n) =>
        here.store.put(key, n === 13 ? bodyOf(good) : failing(), mtime),
      );
      const ended = await Promise.allSettled(puts);
      expect(ended.map(({ status }) => status === 'fulfilled')).toEqual(
        ended.map((_, n) => n === 13),
      );
      expect((await read(here.store, key))?.equals(good)).toBe(true);
    });
  });
}
