import { setTimeout as pause } from 'node:timers/promises';
import { sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { ComponentIndex, findComponent } from '../../../server/components/find-component.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { componentRows } from './rows.ts';
import { type DatabaseUnderTest, refusal, rows, world } from './world.ts';

/** A change of each table that permission hangs on, in an order in which each finds its rows. */
const CHANGES: readonly string[] = [
  `insert into users values ('u1', '', '', false)`,
  `update users set admin = true where name = 'u1'`,
  `insert into sigs values ('g1', '', 'approved', 'members')`,
  `update sigs set commit_policy = 'members' where name = 'g1'`,
  `insert into sig_members values ('g1', 'u1', 'member')`,
  `update sig_members set role = 'chair' where sig = 'g1'`,
  `insert into sig_approvals values ('g1', 'u1', null, '', 'u1')`,
  `update sig_approvals set components = '{x}' where sig = 'g1'`,
  `insert into directory_users values ('u1', true, false, now())`,
  `update directory_users set present = false`,
  `update directory_users set admin = true`,
  `insert into directory_members values ('g1', 'u1', 'member')`,
  `update directory_members set role = 'chair'`,
  `delete from directory_members where sig = 'g1'`,
  `delete from directory_users where user_name = 'u1'`,
  `insert into tokens (id, user_name, label, secret_hash, created_by)
    values ('t1', 'u1', '', '', 'u1')`,
  `update tokens set revoked_at = now() where id = 't1'`,
  `update tokens set expires_at = now() where id = 't1'`,
  `update tokens set components = '{x}' where id = 't1'`,
  `insert into ssh_keys values ('SHA256:k1', 'u1', 'ssh-rsa', 'b', '', 'u1')`,
  `update ssh_keys set user_name = 'u1' where fingerprint = 'SHA256:k1'`,
  `delete from ssh_keys where fingerprint = 'SHA256:k1'`,
  `insert into collections values ('c1', 'g1', 'c1', 'rh', 'm', 'u1')`,
  `update collections set scl_name = 'c2' where name = 'c1'`,
  `insert into collection_releases values ('c1', '7')`,
  `insert into components values ('p1', false, 'active', 'u1')`,
  `update components set exploded = true where name = 'p1'`,
  `insert into component_collections values ('p1', 'c1')`,
  `delete from component_collections where component = 'p1'`,
  `delete from components where name = 'p1'`,
  `delete from collection_releases where collection = 'c1'`,
  `delete from collections where name = 'c1'`,
  `delete from tokens where id = 't1'`,
  `delete from sig_approvals where sig = 'g1'`,
  `delete from sig_members where sig = 'g1'`,
  `delete from sigs where name = 'g1'`,
  `delete from users where name = 'u1'`,
];

export function permissionCacheContract(under: DatabaseUnderTest): void {
  describe('what is kept of permissions', () => {
    const here = world(under);
    let cache: VersionedCache;
    beforeAll(() => {
      cache = new VersionedCache(here.db);
    });
    let loads = 0;
    const load = async () => ({ value: ++loads, until: null });

    it('is read once while nothing changes, and anew after every change', async () => {
      let last = await cache.get('changes', load);
      expect(await cache.get('changes', load)).toBe(last);
      for (const change of CHANGES) {
        await here.db.transaction((sql) => raw.raw(change).execute(sql));
        const next = await cache.get('changes', load);
        expect([change, next]).not.toEqual([change, last]);
        expect(await cache.get('changes', load)).toBe(next);
        last = next;
      }
    });

    it('is not read anew because a token was used', async () => {
      const last = await cache.get('used', load);
      await here.db.sql.updateTable('tokens').set({ last_used_at: new Date() }).execute();
      expect(await cache.get('used', load)).toBe(last);
    });

    it('is not read anew because the directory said the same again', async () => {
      await here.db.transaction((sql) =>
        raw`insert into users values ('u2', '', '', false)`.execute(sql),
      );
      await here.db.transaction((sql) =>
        raw`insert into directory_users values ('u2', true, false, now())`.execute(sql),
      );
      const last = await cache.get('heard', load);
      await here.db.transaction((sql) =>
        raw`update directory_users set refreshed_at = now()`.execute(sql),
      );
      expect(await cache.get('heard', load)).toBe(last);
    });

    it('ends when it says that it ends', async () => {
      const value = async (until: Date) =>
        cache.get(`until-${until.getTime()}`, async () => ({ value: ++loads, until }));
      const past = new Date(Date.now() - 1);
      expect(await value(past)).not.toBe(await value(past));
      const soon = new Date(Date.now() + 2000);
      const first = await value(soon);
      expect(await value(soon)).toBe(first);
      await pause(2050);
      expect(await value(soon)).not.toBe(first);
    });

    it('goes, the oldest first, where there is more than a large site has', async () => {
      const [first, second] = [await cache.get('old-0', load), await cache.get('old-1', load)];
      for (let n = 2; n < 100_000; n++) await cache.get(`old-${n}`, load);
      expect(await cache.get('old-1', load)).toBe(second);
      await cache.get('one-more', load);
      expect(await cache.get('old-99999', load)).toBeLessThan(loads);
      expect(await cache.get('old-0', load)).not.toBe(first);
    });

    it('is neither nothing nor a failure: those are asked for again', async () => {
      expect(await cache.get('none', async () => null)).toBeNull();
      await expect(cache.get('none', () => Promise.reject(new Error('away')))).rejects.toThrow(
        'away',
      );
      expect(await cache.get('none', load)).toBe(loads);
    });

    it('is never older than what was committed before it was asked for', async () => {
      const insert = `insert into users values ('counter', '0', '', false)`;
      await here.db.transaction((sql) => raw.raw(insert).execute(sql));
      let committed = 0;
      let stale = 0;
      const read = async (): Promise<void> => {
        const before = committed;
        const seen = await cache.get('counter', async () => {
          const [row] = await rows(
            here.db.sql,
            raw<{ n: string }>`select full_name as n from users where name = 'counter'`,
          );
          return { value: Number(row?.n), until: null };
        });
        if ((seen ?? -1) < before) stale++;
      };
      const write = async (): Promise<void> => {
        const next = await here.db.transaction(async (sql) => {
          const [row] = await rows(
            sql,
            raw<{ n: string }>`update users set full_name = (full_name::int + 1)::text
              where name = 'counter' returning full_name as n`,
          );
          return Number(row?.n);
        });
        committed = Math.max(committed, next);
      };
      await Promise.all([
        ...Array.from({ length: 8 }, async () => {
          for (let n = 0; n < 60; n++) await read();
        }),
        ...Array.from({ length: 2 }, async () => {
          for (let n = 0; n < 60; n++) {
            await write();
            await read();
          }
        }),
      ]);
      expect(committed).toBe(120);
      expect(stale).toBe(0);
    });

    it('shows components as they are now', async () => {
      const index = new ComponentIndex(here.db, cache);
      const name = await componentRows(here.db);
      const shown = await index.find(name);
      expect(shown).toEqual(await findComponent(here.db.sql, name));
      expect(await index.find(name)).toBe(shown);
      const [branch] = shown.branches;
      const add = raw`insert into collection_releases values (${branch?.collection}, '9')`;
      await here.db.transaction((sql) => add.execute(sql));
      const releases = (await index.find(name)).branches.map(({ release }) => release);
      expect(releases).toEqual(['7', '9']);
      await refusal(index.find('nothing' as never), 'not_found');
    });
  });
}
