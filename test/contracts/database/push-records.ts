import { randomUUID } from 'node:crypto';
import { sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RefUpdate } from '../../../core/pushes/push-facts.ts';
import { type Component, findComponent } from '../../../server/components/find-component.ts';
import { listPushes } from '../../../server/pushes/list-pushes.ts';
import {
  recordAbandoned,
  recordApplied,
  recordChecked,
} from '../../../server/pushes/record-push.ts';
import { componentRows } from './rows.ts';
import { BY_ADMIN, type DatabaseUnderTest, parsed, rows, sharedWorld } from './world.ts';

const update = (ref: string): RefUpdate => ({
  ref,
  oldOid: '0'.repeat(40),
  newOid: 'a'.repeat(40),
});
const EL6 = 'refs/heads/scl-x-el6';
const EL7 = 'refs/heads/scl-x-el7';
const PUSHER = BY_ADMIN as Parameters<typeof recordChecked>[1];

export function pushRecordContract(under: DatabaseUnderTest): void {
  describe('a push', () => {
    const here = sharedWorld(under);
    let component: Component;
    beforeAll(async () => {
      component = await findComponent(here.db.sql, await componentRows(here.db));
    });

    const checked = async (refs = [EL7]): Promise<string> => {
      const push = randomUUID();
      await recordChecked(here.db, PUSHER, push, component, refs.map(update), []);
      return push;
    };
    const applied = (id: string, refs: string[]): Promise<boolean> =>
      recordApplied(here.db, { id, component: component.name }, refs);
    const stored = async (push: string) => {
      const { items } = await listPushes(here.db, parsed('listPushes', { limit: 1000 }));
      return items.find(({ id }) => id === push);
    };
    const entries = (push: string) =>
      rows(here.db.sql, raw`select id from audit_log where detail->>'push' = ${push}`);
    const maintenance = () =>
      rows(
        here.db.sql,
        raw<{ s: number }>`select extract(epoch from run_at - now())::float as s from jobs
          where kind = 'repository.maintain' and subject = ${component.name}`,
      );

    it('that was checked is recorded with its updates, and audited', async () => {
      const push = await checked([EL7, EL6]);
      expect(await stored(push)).toEqual({
        id: push,
        component: component.name,
        user: 'admin',
        state: 'checked',
        createdAt: expect.stringMatching(/Z$/),
        updates: [update(EL6), update(EL7)],
      });
      expect(await entries(push)).toHaveLength(1);
    });

    it('is not checked twice: the second record of it is refused whole', async () => {
      const push = await checked([EL6]);
      const again = recordChecked(here.db, PUSHER, push, component, [update(EL7)], []);
      await expect(again).rejects.toMatchObject({ constraint: 'pushes_pkey' });
      expect(await stored(push)).toMatchObject({ updates: [update(EL6)] });
      expect(await entries(push)).toHaveLength(1);
    });

    it('that was applied is recorded once, whoever tells of it', async () => {
      const push = await checked();
      expect(await applied(push, [EL7])).toBe(true);
      expect(await stored(push)).toMatchObject({ state: 'applied', updates: [update(EL7)] });
      expect(await applied(push, [EL7])).toBe(false);
      expect(await applied(push, [EL6])).toBe(false);
      expect(await stored(push)).toMatchObject({ state: 'applied', updates: [update(EL7)] });
    });

    it('is found as applied by whoever asks later, where an embedded database was told only', async () => {
      const push = await checked();
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      const open = here.db.transaction(async (sql) => {
        await sql.selectFrom('pushes').select('id').limit(1).execute();
        await held;
      });
      const recording = applied(push, [EL7]);
      // Of several connections each has its own time.
      if (!here.db.alone) await recording;
      const asked = stored(push);
      letGo();
      expect(await asked).toMatchObject({ state: 'applied' });
      expect(await recording).toBe(true);
      await open;
    });

    it('that two tell of at once is applied once', async () => {
      const push = await checked();
      const told = await Promise.all(Array.from({ length: 8 }, () => applied(push, [EL7])));
      expect(told.filter(Boolean)).toHaveLength(1);
    });

    it('keeps only the refs that git has moved', async () => {
      const push = await checked([EL6, EL7]);
      await applied(push, [EL6]);
      expect(await stored(push)).toMatchObject({ state: 'applied', updates: [update(EL6)] });
    });

    it('asks for maintenance of its repository, once and later', async () => {
      await here.db.sql.deleteFrom('jobs').execute();
      for (let n = 0; n < 3; n++) await applied(await checked(), [EL7]);
      const jobs = await maintenance();
      expect(jobs).toHaveLength(1);
      expect(jobs[0]?.s).toBeGreaterThan(500);
    });

    it('that was abandoned is not applied any more', async () => {
      const push = await checked();
      await recordAbandoned(here.db, push);
      expect(await applied(push, [EL7])).toBe(false);
      expect(await stored(push)).toMatchObject({ state: 'abandoned' });
    });

    it('that was applied is not abandoned any more', async () => {
      const push = await checked();
      await applied(push, [EL7]);
      await recordAbandoned(here.db, push);
      expect(await stored(push)).toMatchObject({ state: 'applied' });
    });

    it('that was never checked can not be applied', async () => {
      expect(await applied(randomUUID(), [EL7])).toBe(false);
    });

    it('is listed by component, newest first', async () => {
      const other = await findComponent(here.db.sql, await componentRows(here.db));
      const pushes: string[] = [];
      for (let n = 0; n < 3; n++) {
        pushes.unshift(randomUUID());
        await new Promise((resolve) => setTimeout(resolve, 5));
        await recordChecked(here.db, PUSHER, pushes[0] ?? '', other, [update(EL7)], []);
      }
      const input = { component: other.name, limit: 2 };
      const { items } = await listPushes(here.db, parsed('listPushes', input));
      expect(items.map(({ id }) => id)).toEqual(pushes.slice(0, 2));
    });

    it('of a thousand refs is recorded', async () => {
      const refs = Array.from({ length: 1000 }, (_, n) => `refs/tags/t${n}`);
      const push = await checked(refs);
      expect(await applied(push, refs)).toBe(true);
      expect((await stored(push))?.updates).toHaveLength(1000);
    });
  });
}
