import { beforeEach, describe, expect, it } from 'vitest';
import { parseCollectionName } from '../../../core/domain/collection.ts';
import { parseComponentName } from '../../../core/domain/component-name.ts';
import { parseUserName } from '../../../core/domain/sig.ts';
import { showCollection } from '../../../server/collections/collections.ts';
import { setClosed, setRetired } from '../../../server/collections/end-of-life.ts';
import { ComponentIndex } from '../../../server/components/find-component.ts';
import { KOJI_JOB } from '../../../server/components/koji-jobs.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { newCollection } from './rows.ts';
import {
  BY_ADMIN,
  byUser,
  type DatabaseUnderTest,
  parsed,
  refusal,
  sharedWorld,
  unique,
} from './world.ts';

export function endOfLifeContract(under: DatabaseUnderTest): void {
  describe('the end of life', () => {
    const here = sharedWorld(under);
    let woken = 0;
    beforeEach(async () => {
      woken = 0;
      await here.db.sql.deleteFrom('jobs').execute();
      await here.db.sql.deleteFrom('koji_provisions').execute();
    });
    const deps = () => ({ db: here.db, wakeJobs: () => void woken++ });
    /** A component in two new collections for EL 6 and 7. */
    const ready = async () => {
      const component = parseComponentName(unique('component'));
      const [one, two] = [
        parseCollectionName((await newCollection(here.db, ['6', '7'])).name),
        parseCollectionName((await newCollection(here.db, ['6', '7'])).name),
      ];
      const created = { state: 'active', created_by: parseUserName('admin') } as const;
      await here.db.transaction(async (sql) => {
        await sql
          .insertInto('components')
          .values({ name: component, exploded: false, ...created })
          .execute();
        for (const collection of [one, two])
          await sql.insertInto('component_collections').values({ component, collection }).execute();
      });
      const index = new ComponentIndex(here.db, new VersionedCache(here.db));
      /** What has ended, of the component's branches as everything else asks for them. */
      const ended = async (): Promise<string[]> =>
        (await index.find(component)).branches
          .filter(({ closed, retired }) => closed || retired)
          .map(({ collection, release, closed, retired }) =>
            [collection, release, closed ? 'closed' : '', retired ? 'retired' : '']
              .filter((word) => word !== '')
              .join(' '),
          );
      const close = (closed: boolean, releases: string[] = [], by = BY_ADMIN) =>
        setClosed(deps(), by, parsed('setClosed', { collection: one, closed, releases }));
      const retire = (retired: boolean, collection: string = one, by = BY_ADMIN) =>
        setRetired(deps(), by, parsed('setRetired', { component, collection, retired }));
      return { component, one, two, ended, close, retire };
    };
    const audited = async (subject: string): Promise<string[]> =>
      (
        await here.db.sql
          .selectFrom('audit_log')
          .select(['action', 'allowed'])
          .where('subject', '=', subject)
          .where('action', 'not in', ['collection.create'])
          .orderBy('id')
          .execute()
      ).map(({ action, allowed }) => `${action} ${allowed}`);

    it('of a collection is that of one EL release or of all, and is taken back', async () => {
      const { one, ended, close } = await ready();
      expect(await ended()).toEqual([]);
      const done = await close(true, ['6']);
      expect(done).toEqual({ collection: one, closed: true, releases: ['6'] });
      expect(await ended()).toEqual([`${one} 6 closed`]);
      expect((await showCollection(here.db, one)).releases).toMatchObject([
        { release: '6', closed: true },
        { release: '7', closed: false },
      ]);
      expect((await close(true)).releases).toEqual(['6', '7']);
      expect(await ended()).toEqual([`${one} 6 closed`, `${one} 7 closed`]);
      await close(false);
      expect(await ended()).toEqual([]);
      expect(await audited(one)).toEqual([
        'collection.close true',
        'collection.close true',
        'collection.reopen true',
      ]);
    });

    it('of a component is that in one collection, and is taken back', async () => {
      const { component, one, ended, retire } = await ready();
      expect(await retire(true)).toEqual({ component, collection: one, retired: true });
      expect(await ended()).toEqual([`${one} 6 retired`, `${one} 7 retired`]);
      await retire(false);
      expect(await ended()).toEqual([]);
      expect(await audited(component)).toEqual([
        'component.retire true',
        'component.unretire true',
      ]);
    });

    it('has Koji follow where it was set up, and nowhere else', async () => {
      const { one, close, retire } = await ready();
      const jobs = () =>
        here.db.sql.selectFrom('jobs').select('subject').where('kind', '=', KOJI_JOB).execute();
      await close(true);
      await retire(true);
      expect(await jobs()).toEqual([]);
      const request = { collection: one, release: '7', requested_by: parseUserName('admin') };
      await here.db.sql
        .insertInto('koji_provisions')
        .values({ ...request, release: '7' as const, state: 'done' })
        .execute();
      for (const act of [() => close(false), () => retire(false)]) {
        await here.db.sql.deleteFrom('jobs').execute();
        woken = 0;
        await act();
        expect(await jobs()).toEqual([{ subject: `${one} 7` }]);
        expect(woken).toBe(1);
      }
    });

    it('is refused to who may not, and where there is no such thing; nothing changes', async () => {
      const { component, ended, close, retire } = await ready();
      const sam = byUser('sam');
      await refusal(close(true, [], sam), 'not_allowed');
      await refusal(retire(true, undefined, sam), 'not_allowed');
      await refusal(close(true, ['6', '8']), 'not_found');
      const { name: other } = await newCollection(here.db, []);
      const stranger = await refusal(retire(true, other), 'not_found');
      expect(stranger.message).toBe(`${component} is not a component of collection ${other}.`);
      const none = { collection: other, closed: true };
      await refusal(setClosed(deps(), BY_ADMIN, parsed('setClosed', none)), 'conflict');
      const unknown = { collection: unique('none'), closed: true };
      await refusal(setClosed(deps(), BY_ADMIN, parsed('setClosed', unknown)), 'not_found');
      expect(await ended()).toEqual([]);
      expect(woken).toBe(0);
    });
  });
}
