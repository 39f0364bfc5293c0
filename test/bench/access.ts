import { sql as raw } from 'kysely';
import type { AccessRequest } from '../../core/access/action.ts';
import { decide } from '../../core/access/decide.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { ComponentIndex, collectionsOf } from '../../server/components/find-component.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import { VersionedCache } from '../../server/db/versioned-cache.ts';
import type { Authenticator } from '../../server/identity/authenticator.ts';
import { Principals } from '../../server/identity/principals.ts';
import { newToken } from '../../server/identity/token.ts';
import { tokenAuthenticator } from '../../server/identity/token-authenticator.ts';
import { atMost, type Measure } from './measure.ts';
import { quantile } from './stats.ts';

const COMPONENTS = 50_000;
const USERS = 5_000;
const SIGS = 50;
const COLLECTIONS = 200;
/** Decisions of one round, each for another user and component. */
const DECISIONS = 50_000;
const ROUNDS = 5;

/** Everything that a push or upload asks before its first byte, on the database of a large site. */
interface Site {
  readonly db: Database;
  readonly authenticator: Authenticator;
  readonly components: ComponentIndex;
  readonly tokens: readonly string[];
}

/** Logs in, finds the component and decides, as the server does for each request. */
async function ask(site: Site, n: number): Promise<boolean> {
  const token = site.tokens[(n * 31) % USERS] ?? '';
  const user = await site.authenticator.authenticate({
    authorization: `Bearer ${token}`,
    address: '192.0.2.1',
  });
  const component = parseComponentName(`component-${(n * 7919) % COMPONENTS}`);
  const { branches } = await site.components.find(component);
  const collections = collectionsOf(branches);
  const request: AccessRequest = { action: 'push', component, collections };
  if (user === null) throw new Error('A token does not hold.');
  return decide(user, request).allowed;
}

/** Microseconds of each decision. */
async function timesOf(site: Site, decisions: number): Promise<number[]> {
  const times: number[] = [];
  let allowed = 0;
  for (let n = 0; n < decisions; n++) {
    const start = performance.now();
    if (await ask(site, n)) allowed++;
    times.push((performance.now() - start) * 1000);
  }
  if (allowed === 0 || allowed === decisions) throw new Error('That was no decision.');
  return times;
}

export async function accessBench(): Promise<Measure[]> {
  const db = await openPglite(null);
  try {
    await db.migrate();
    const tokens = await fill(db);
    const cache = new VersionedCache(db);
    const site: Site = {
      db,
      authenticator: tokenAuthenticator(db, cache, new Principals(db, cache), 'realm'),
      components: new ComponentIndex(db, cache),
      tokens,
    };
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    await timesOf(site, COMPONENTS);
    const memory = (process.memoryUsage().rss - before) / 2 ** 20;
    const rounds: number[][] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await timesOf(site, DECISIONS));
    const first: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await db.transaction((sql) =>
        raw`update users set full_name = full_name where name = 'user-0'`.execute(sql),
      );
      first.push(quantile(await timesOf(site, 200), 0.5));
    }
    const of = (name: string, unit: string, limit: number, ours: readonly number[]): Measure => ({
      name,
      unit,
      target: atMost(limit, unit),
      ours,
      peer: [],
    });
    const at = (place: number) => rounds.map((times) => quantile(times, place));
    return [
      of('a decision, p50', 'us', 1000, at(0.5)),
      of('a decision, p99', 'us', 1000, at(0.99)),
      of('a decision, slowest', 'us', 50_000, at(1)),
      of('the first after a change, p50', 'us', 20_000, first),
      of('memory, all in use', 'MiB', 256, [memory]),
    ];
  } finally {
    await db.close();
  }
}

/** Users with a token each, SIGs with members and approvals, components with two branches. */
async function fill(db: Database): Promise<string[]> {
  const run = (query: ReturnType<typeof raw>) => db.transaction((sql) => query.execute(sql));
  await run(raw`insert into users (name, full_name, email, admin)
    select 'user-' || n, '', '', false from generate_series(0, ${USERS - 1}::int) n`);
  await run(raw`insert into sigs (name, title, commit_policy, koji_policy)
    select 'sig' || n, '', case n % 2 when 0 then 'approved' else 'members' end, 'members'
      from generate_series(0, ${SIGS - 1}::int) n`);
  await run(raw`insert into sig_members (sig, user_name, role)
    select 'sig' || (n % ${SIGS}::int), 'user-' || n, 'member'
      from generate_series(0, ${USERS - 1}::int) n`);
  await run(raw`insert into sig_approvals (sig, user_name, components, reason, approved_by)
    select 'sig' || (n % ${SIGS}::int), 'user-' || n,
        case n % 3 when 0 then null else array['component-' || n, 'component-' || (n + 1)] end,
        '', 'user-0'
      from generate_series(0, ${USERS - 1}::int) n`);
  await run(raw`insert into collections
      (name, sig, scl_name, vendor, meta_component, created_by)
    select 'collection' || n, 'sig' || (n % ${SIGS}::int), 'scl' || n, 'rh', 'meta', 'user-0'
      from generate_series(0, ${COLLECTIONS - 1}::int) n`);
  await run(raw`insert into collection_releases
    select 'collection' || n, release from generate_series(0, ${COLLECTIONS - 1}::int) n,
      (values ('7'), ('9')) r (release)`);
  await run(raw`insert into components (name, exploded, state, created_by)
    select 'component-' || n, false, 'active', 'user-0'
      from generate_series(0, ${COMPONENTS - 1}::int) n`);
  await run(raw`insert into component_collections
    select 'component-' || n, 'collection' || (n % ${COLLECTIONS}::int)
      from generate_series(0, ${COMPONENTS - 1}::int) n`);
  const made = Array.from({ length: USERS }, () => newToken());
  for (let start = 0; start < USERS; start += 500)
    await db.transaction((sql) =>
      sql
        .insertInto('tokens')
        .values(
          made.slice(start, start + 500).map(({ id, secretHash }, n) => ({
            id,
            user_name: `user-${start + n}` as never,
            label: '',
            secret_hash: secretHash,
            created_by: 'user-0' as never,
            // Writing the last use is no part of a decision, and comes once in minutes.
            last_used_at: new Date(Date.now() + 86_400_000),
          })),
        )
        .execute(),
    );
  return made.map(({ token }) => token);
}
