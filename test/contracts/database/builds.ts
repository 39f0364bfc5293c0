import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Kysely, sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { branchName } from '../../../core/domain/branch-name.ts';
import type { RequestContext } from '../../../server/access/audit.ts';
import { setAutoBuild } from '../../../server/builds/auto-build.ts';
import { askedTogether, type BuildRow, NOT_AT_KOJI } from '../../../server/builds/build-rows.ts';
import { endRow } from '../../../server/builds/finish-build.ts';
import { listBuilds } from '../../../server/builds/list-builds.ts';
import { resubmitPush } from '../../../server/builds/parked-pushes.ts';
import { started } from '../../../server/builds/submit-build.ts';
import {
  type Component,
  ComponentIndex,
  findComponent,
} from '../../../server/components/find-component.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { lease } from '../../../server/jobs/job-queue.ts';
import { recordApplied, recordChecked } from '../../../server/pushes/record-push.ts';
import { componentRows, newUser } from './rows.ts';
import {
  ADMIN,
  BY_ADMIN,
  byUser,
  contextOf,
  type DatabaseUnderTest,
  parsed,
  refusal,
  rows,
  sharedWorld,
} from './world.ts';

const COMMIT = 'a'.repeat(40);
const PUSHER = BY_ADMIN as Parameters<typeof recordChecked>[1];
const MIGRATIONS = resolve(import.meta.dirname, '../../../server/db/migrations');

export function buildContract(under: DatabaseUnderTest): void {
  describe('builds', () => {
    const here = sharedWorld(under);
    let component: Component;
    beforeAll(async () => {
      component = await findComponent(here.db.sql, await componentRows(here.db));
    });
    const branch = () => component.branches[0] ?? expect.unreachable();

    const insert = async (state: string, kind = 'scratch'): Promise<BuildRow> => {
      const user = await newUser(here.db);
      const { collection, release } = branch();
      const { rows: found } = await raw<BuildRow>`insert into builds
        (kind, component, collection, release, commit, target, options, state, submitted_by)
        values (${kind}, ${component.name}, ${collection}, ${release}, ${randomUUID()}, 't', '{}',
          ${state}, ${user}) returning *`.execute(here.db.sql);
      return found[0] ?? expect.unreachable();
    };

    it('that were given up for lost are under way when their task comes to light', async () => {
      const { id } = await insert('submitting');
      await here.db.sql
        .updateTable('builds')
        .set({ state: 'failed', problem: 'lost', finished_at: new Date() })
        .where('id', '=', id)
        .execute();
      const [row] = await started(here, [id], 47, false);
      expect(row).toMatchObject({ state: 'building', task: 47, problem: null, finished_at: null });
    });

    it('keep the task that they have', async () => {
      const { id } = await insert('submitting');
      await started(here, [id], 48, false);
      const [row] = await started(here, [id], 49, false);
      expect(row).toMatchObject({ state: 'building', task: 48 });
    });

    it('do not go back to the first architecture, when its answer comes late', async () => {
      const { id } = await insert('submitting');
      await started(here, [id], 50, true);
      await raw`update builds set state = 'submitting' where id = ${id}`.execute(here.db.sql);
      const [row] = await started(here, [id], 50, true);
      expect(row).toMatchObject({ state: 'submitting', first_task: 50, task: null });
    });

    it('do not end as what they were when they were read', async () => {
      const row = await insert('building');
      const lost = { state: 'failed', problem: 'lost' } as const;
      const state = async () =>
        (await rows(here.db.sql, raw`select state from builds where id = ${row.id}`))[0];
      await endRow(here, { ...row, state: 'first-arch' }, lost);
      expect(await state()).toEqual({ state: 'building' });
      await endRow(here, row, lost);
      expect(await state()).toEqual({ state: 'failed' });
    });

    it('of one chain are known by each of them', async () => {
      const ids = await here.db.transaction(async (sql) => {
        const user = await sql.selectFrom('users').select('name').executeTakeFirstOrThrow();
        const { collection, release } = branch();
        const { rows: both } = await raw<{ id: number }>`insert into builds
          (kind, component, collection, release, commit, target, options, state, submitted_by)
          select 'chain', ${component.name}, ${collection}, ${release}, 'chain-' || n, 't', '{}',
            'submitting', ${user.name} from generate_series(1, 2) n returning id`.execute(sql);
        return both.map(({ id }) => id);
      });
      const [first = 0, second = 0] = ids;
      for (const id of ids)
        expect((await askedTogether(here.db.sql, id)).map((row) => row.id)).toEqual([
          first,
          second,
        ]);
      const alone = await insert('building');
      expect(await askedTogether(here.db.sql, alone.id)).toHaveLength(1);
      await refusal(askedTogether(here.db.sql, 999_999_999), 'not_found');
    });
  });

  describe('a push whose builds were given up', () => {
    const here = sharedWorld(under);
    let component: Component;
    let push: string;
    let woken = 0;
    const deps = () => ({
      db: here.db,
      components: new ComponentIndex(here.db, new VersionedCache(here.db)),
      wakeJobs: () => {
        woken++;
      },
    });
    let committer: RequestContext;
    const again = (who = committer) => resubmitPush(deps(), who, parsed('resubmitPush', { push }));
    const shown = async (input = {}) => {
      const query = parsed('listBuilds', { component: component.name, ...input });
      return (await listBuilds(here.db, query)).parked;
    };

    beforeAll(async () => {
      component = await findComponent(here.db.sql, await componentRows(here.db));
      const [branch = expect.unreachable()] = component.branches;
      const { collection, sig } = branch;
      const approvals = [{ sig, components: null }];
      const name = await newUser(here.db);
      committer = contextOf({ ...ADMIN, name, admin: false, approvals });
      const admin = contextOf({ ...ADMIN, name: await newUser(here.db) });
      await setAutoBuild(here.db, admin, parsed('setAutoBuild', { collection, on: true }));
      push = randomUUID();
      const ref = `refs/heads/${branchName(branch)}`;
      const update = { ref, oldOid: '0'.repeat(40), newOid: COMMIT };
      await recordChecked(here.db, PUSHER, push, component, [update], []);
      await recordApplied(here.db, { id: push, component: component.name }, [ref]);
    });

    it('is not shown while its job waits, and not asked for twice', async () => {
      expect(await shown()).toEqual([]);
      await refusal(again(), 'conflict');
    });

    it('is shown with the builds of its branch', async () => {
      await raw`update jobs set state = 'parked', attempts = 8, last_error = 'secret'
        where subject = ${push}`.execute(here.db.sql);
      const name = branchName(component.branches[0] ?? expect.unreachable());
      const one = { push, component: component.name, branch: name, commit: COMMIT, user: 'admin' };
      expect(await shown()).toEqual([one]);
      expect(await shown({ branch: name })).toEqual([one]);
      expect(await shown({ branch: 'scl-other-el7' })).toEqual([]);
      expect(await shown({ state: 'failed' })).toEqual([]);
    });

    it('is left to people when its builds did not get to Koji three times', async () => {
      const { collection, release } = component.branches[0] ?? expect.unreachable();
      const add = (problem: string) =>
        raw`insert into builds (kind, component, collection, release, commit, target, options,
          state, problem, submitted_by) select 'build', ${component.name}, ${collection},
          ${release}, ${COMMIT}, 't', '{}', 'failed', ${problem}, name from users limit 1`.execute(
          here.db.sql,
        );
      await add(NOT_AT_KOJI);
      await add(NOT_AT_KOJI);
      expect(await shown()).toHaveLength(1);
      await add(NOT_AT_KOJI);
      expect(await shown()).toEqual([]);
      await raw`delete from builds where commit = ${COMMIT}`.execute(here.db.sql);
      await add('Koji has no target t.');
      expect(await shown()).toEqual([]);
      await raw`delete from builds where commit = ${COMMIT}`.execute(here.db.sql);
    });

    it('is not shown where the branch has gone on from it', async () => {
      const later = randomUUID();
      const ref = `refs/heads/${branchName(component.branches[0] ?? expect.unreachable())}`;
      const update = { ref, oldOid: COMMIT, newOid: 'b'.repeat(40) };
      await recordChecked(here.db, PUSHER, later, component, [update], []);
      expect(await shown()).toHaveLength(1);
      await recordApplied(here.db, { id: later, component: component.name }, [ref]);
      expect(await shown()).toEqual([]);
      await raw`delete from jobs where subject = ${later}`.execute(here.db.sql);
      await raw`update pushes set state = 'abandoned' where id = ${later}`.execute(here.db.sql);
    });

    it('is asked for again by who may push, and by nobody else', async () => {
      await refusal(again(byUser(await newUser(here.db))), 'not_allowed');
      expect(await shown()).toHaveLength(1);
      expect(await again()).toEqual({ push, component: component.name });
      expect([await shown(), woken]).toEqual([[], 1]);
      const job = await lease(here.db, { kind: 'push.build', subject: push });
      expect(job).toMatchObject({ attempts: 1 });
      const audit = await rows(
        here.db.sql,
        raw`select actor, detail->>'push' as push from audit_log where action = 'build.resubmit'`,
      );
      const { principal } = committer;
      expect(audit).toEqual([{ actor: principal.kind === 'user' && principal.name, push }]);
    });
  });

  describe('builds that were under way twice when the server was updated', () => {
    it('end for all but the first', async () => {
      const db = await under.open();
      try {
        const files = readdirSync(MIGRATIONS).toSorted();
        const at = files.indexOf('014-build-intents.ts');
        for (const file of files.slice(0, at + 1)) {
          const { up } = (await import(`${MIGRATIONS}/${file}`)) as {
            up: (sql: Kysely<unknown>) => Promise<void>;
          };
          if (file === files[at]) for (const one of TWICE) await raw.raw(one).execute(db.sql);
          await up(db.sql as unknown as Kysely<unknown>);
        }
        const states = raw`select nvr, state from builds order by id`;
        expect(await rows(db.sql, states)).toEqual([
          { nvr: 'x-1-1', state: 'building' },
          { nvr: 'x-1-1', state: 'failed' },
          { nvr: null, state: 'failed' },
          { nvr: 'x-1-1', state: 'building' },
          { nvr: 'x-1-1', state: 'complete' },
        ]);
        expect(await rows(db.sql, raw`select record, task, way from build_moves`)).toEqual([
          { record: 5, task: 70, way: 'in' },
        ]);
      } finally {
        await db.close();
      }
    });
  });
}

const row = (nvr: string | null, commit: string, kind: string, state: string): string =>
  `insert into builds (kind, component, collection, release, commit, target, options, nvr, state,
     submitted_by, build)
   values ('${kind}', 'c', 'x', '7', '${commit}', 't', '{}', ${nvr === null ? 'null' : `'${nvr}'`},
     '${state}', 'ann', ${state === 'complete' ? 7 : 'null'})`;

const TWICE = [
  `insert into users values ('ann', '', '', false)`,
  `insert into sigs values ('sclo', '', 'approved', 'members')`,
  `insert into collections values ('x', 'sclo', 'x', 'rh', 'x', 'ann')`,
  `insert into components values ('c', false, 'active', 'ann')`,
  row('x-1-1', 'one', 'build', 'building'),
  row('x-1-1', 'two', 'build', 'building'),
  row(null, 'one', 'chain', 'submitting'),
  row('x-1-1', 'one', 'scratch', 'building'),
  row('x-1-1', 'one', 'build', 'complete'),
  `insert into build_moves (task, build, tag, asked_by) values (70, 7, 'testing', 'ann')`,
];
