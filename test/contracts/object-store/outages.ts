import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  expectStoreError,
  keyOf,
  listed,
  mtime,
  read,
  type StoreKind,
  thrown,
  world,
} from './world.ts';

export function outageContract(kind: StoreKind): void {
  it('has ways to become unreachable', () => {
    expect(kind.outages.length).toBeGreaterThan(0);
  });

  describe.each(kind.outages)('a store that can not be reached, because of %s', (outage) => {
    const here = world(kind);
    const there = keyOf('there');
    const absent = keyOf('absent');

    /** The act is told of the outage; the object survives it. */
    const toldOf = async (act: () => Promise<unknown>): Promise<void> => {
      await here.store.put(there, bodyOf('content'), mtime);
      const repair = await here.under.outage(outage);
      const error = await thrown(act());
      await repair();
      expect(await read(here.store, there)).toEqual(Buffer.from('content'));
      expectStoreError(error, ['unavailable']);
    };

    it('says so where an object is put', () =>
      toldOf(() => here.store.put(absent, bodyOf('x'), mtime)));

    it('says so where an object is asked for that is there', () =>
      toldOf(() => here.store.head(there)));

    it('says so where an object is asked for that is not there', () =>
      toldOf(() => here.store.head(absent)));

    it('says so where an object is read', () =>
      toldOf(async () => {
        const opened = await here.store.get(there);
        await opened?.body.toArray();
      }));

    it('says so where its objects are listed', () => toldOf(() => listed(here.store)));

    it('says so where an object is removed', () => toldOf(() => here.store.delete(there)));
  });
}
