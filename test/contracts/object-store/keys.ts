import { describe, expect, it } from 'vitest';
import type { ObjectKey } from '../../../server/storage/object-store.ts';
import { bodyOf, keyOf, listed, mtime, read, type StoreKind, thrown, world } from './world.ts';

const MALFORMED = [
  '',
  '/',
  '/etc/passwd',
  'python//a.tar',
  'python/',
  '..',
  '../outside',
  'python/../../outside',
  'python/./a.tar',
  '.staging/x',
  '.hidden',
  'python/.hidden',
  'python/a\0.tar',
];

export function keyContract(kind: StoreKind): void {
  describe('a key', () => {
    const here = world(kind);

    it.each(MALFORMED)('that is malformed is refused by every door: %j', async (text) => {
      const key = text as ObjectKey;
      const acts: (() => Promise<unknown>)[] = [
        () => here.store.put(key, bodyOf('x'), mtime),
        () => here.store.head(key),
        () => here.store.get(key),
        () => here.store.delete(key),
      ];
      for (const act of acts) {
        const error = await thrown(Promise.resolve().then(act));
        expect(error).toMatchObject({ code: 'internal', message: 'An object key is malformed.' });
      }
      expect(await listed(here.store)).toEqual([]);
    });

    it('may hold whatever the names of files may', async () => {
      const names = ['a b.tar', 'a+b~c^d@e=f,g:h%i(j)-k', '%2e%2e', 'x'.repeat(120), '_', '0'];
      for (const name of names) await here.store.put(keyOf(name, 'C++'), bodyOf(name), mtime);
      for (const name of names)
        expect(await read(here.store, keyOf(name, 'C++'))).toEqual(Buffer.from(name));
      const keys = names.map((name) => keyOf(name, 'C++'));
      expect((await listed(here.store)).map(({ key }) => key)).toEqual(keys.toSorted());
    });

    it('is its own object even where it differs in case only', async () => {
      await here.store.put(keyOf('readme'), bodyOf('lower'), mtime);
      await here.store.put(keyOf('README'), bodyOf('upper'), mtime);
      expect(await read(here.store, keyOf('readme'))).toEqual(Buffer.from('lower'));
      expect(await read(here.store, keyOf('README'))).toEqual(Buffer.from('upper'));
    });
  });
}
