import { setTimeout as pause } from 'node:timers/promises';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openPostgres, type Sql } from '../../server/db/database.ts';
import { enqueue, giveBack, lease } from '../../server/jobs/job-queue.ts';
import { createToken, revokeToken } from '../../server/users/tokens.ts';
import { createUser, updateUser } from '../../server/users/users.ts';
import { BY_ADMIN, count, parsed, refusal, rows } from '../contracts/database/world.ts';
import { databaseContract } from '../contracts/database.ts';
import { execute, type Postgres, startPostgres } from '../support/postgres.ts';
import { run } from '../support/process.ts';
import { tokenLogin } from '../support/token-login.ts';

const INSTALL_MS = 600_000;
let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, INSTALL_MS);
afterAll(() => postgres.stop());

databaseContract('PostgreSQL', {
  open: async () => openPostgres(await postgres.newDatabase(), 10),
});

/** Several servers on one new database. */
async function servers(count: number): Promise<Database[]> {
  const url = await postgres.newDatabase();
  return Array.from({ length: count }, () => openPostgres(url, 5));
}
const closeAll = (all: readonly Database[]) => Promise.all(all.map((db) => db.close()));

describe('several servers on one PostgreSQL', () => {
  it('migrate at once: each waits for whoever is first', async () => {
    for (let round = 0; round < 3; round++) {
      const all = await servers(6);
      const ended = await Promise.allSettled(all.map((db) => db.migrate()));
      expect(ended.filter(({ status }) => status === 'rejected')).toEqual([]);
      for (const db of all) expect(await count(db.sql, 'users')).toBe(0);
      await closeAll(all);
    }
  });

  it('give each job to one of them', async () => {
    const all = await servers(4);
    const [first] = all as [Database];
    await first.migrate();
    for (let n = 0; n < 40; n++) await enqueue(first.sql, 'kind', `s${n}`);
    const drain = async (db: Database): Promise<string[]> => {
      const got: string[] = [];
      for (let job = await lease(db); job !== null; job = await lease(db)) got.push(job.subject);
      return got;
    };
    const got = (await Promise.all(all.map(drain))).flat();
    expect(new Set(got).size).toBe(got.length);
    expect([...got, ...(await drain(first))]).toHaveLength(40);
    await closeAll(all);
  });

  it('give a failed job back although a twin is being enqueued', async () => {
    const all = await servers(2);
    const [db, other] = all as [Database, Database];
    await db.migrate();
    await enqueue(db.sql, 'kind', 'subject');
    const job = await lease(db);
    if (job === null) throw new Error('No job is due');
    let giving: Promise<void> | undefined;
    await other.transaction(async (sql) => {
      await enqueue(sql, 'kind', 'subject');
      giving = giveBack(db, job, 'it broke');
      // It has looked for a twin, found none that is committed, and waits for this one.
      await untilSomebodyWaits(sql);
    });
    await giving;
    const left = await rows(db.sql, raw`select leased_until from jobs where state = 'waiting'`);
    expect(left).toEqual([{ leased_until: null }]);
    await closeAll(all);
  });

  it('keep one site admin where two are taken away at once', async () => {
    const all = await servers(3);
    const [first, second, third] = all as [Database, Database, Database];
    await first.migrate();
    for (const name of ['one', 'two'])
      await createUser(first, BY_ADMIN, parsed('createUser', { name, admin: true }));
    const demote = (db: Database, user: string) =>
      updateUser(db, BY_ADMIN, parsed('updateUser', { user, admin: false }));
    let both: Promise<unknown> | undefined;
    await third.transaction(async (sql) => {
      // Both have asked who else is an admin before either of them commits.
      await raw`lock table audit_log in share row exclusive mode`.execute(sql);
      both = Promise.allSettled([demote(first, 'one'), demote(second, 'two')]);
      await untilSomebodyWaits(sql, 2);
    });
    await both;
    const admins = await rows(first.sql, raw`select name from users where admin`);
    expect(admins).toHaveLength(1);
    await closeAll(all);
  });

  it('know of each other’s changes of permissions, at the next request', async () => {
    const all = await servers(2);
    const [here, there] = all as [Database, Database];
    await here.migrate();
    const login = tokenLogin(there);
    await createUser(here, BY_ADMIN, parsed('createUser', { name: 'ann' }));
    for (let round = 0; round < 20; round++) {
      const { id, token } = await createToken(
        here,
        BY_ADMIN,
        parsed('createToken', { user: 'ann' }),
      );
      const ask = () => login.authenticate(`Bearer ${token}`);
      expect(await ask()).toMatchObject({ name: 'ann' });
      expect(await ask()).toMatchObject({ name: 'ann' });
      await revokeToken(here, BY_ADMIN, id);
      // Requests that come together share a question to the database.
      await pause(20);
      await refusal(ask(), 'credential_invalid');
    }
    await closeAll(all);
  });

  it('survive that their connections are cut, in use or idle', async () => {
    const url = await postgres.newDatabase();
    const database = new URL('../../server/db/database.ts', import.meta.url).href;
    // In a process of its own: an error that nobody listens to would end it.
    const server = run(process.execPath, ['--input-type=module', '--eval', CUT], {
      env: { DATABASE: database, DATABASE_URL: url },
    });
    await until(async () => {
      const found = await execute(
        postgres.url,
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = '${new URL(url).pathname.slice(1)}' and query like '%pg_sleep%'`,
      );
      return found.length > 0;
    });
    expect(await server).toEqual({ code: 0, stdout: 'cut\nalive\n', stderr: '' });
  });
});

/** A server that is asked again after its query was cut. */
const CUT = `
  const { openPostgres } = await import(process.env.DATABASE);
  const db = openPostgres(process.env.DATABASE_URL, 3);
  await db.migrate();
  const sleep = (select) => select.fn('pg_sleep', [select.lit(60)]).as('slept');
  await db.sql.selectNoFrom(sleep).execute().catch(() => console.log('cut'));
  const ask = () => db.sql.selectFrom('users').select('name').execute();
  // The pool may not have noticed yet, and give the same connection once more.
  await ask().catch(() => ask());
  console.log('alive');
  await db.close();
`;

async function until(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not come to it');
}

/** Until so many queries wait for a lock. */
async function untilSomebodyWaits(sql: Sql, waiting = 1): Promise<void> {
  await until(async () => {
    // What a transaction has seen of the activity it sees again, unless told otherwise.
    await raw`select pg_stat_clear_snapshot()`.execute(sql);
    const [row] = await rows(
      sql,
      raw<{ n: number }>`select count(*) as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return (row?.n ?? 0) >= waiting;
  });
}
