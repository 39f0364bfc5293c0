import { sql as raw } from 'kysely';
import type { UserPrincipal } from '../../core/access/principal.ts';
import type { UserName } from '../../core/domain/sig.ts';
import type { Database, Sql } from '../db/database.ts';
import type { VersionedCache } from '../db/versioned-cache.ts';

/** What every way to log in says of a user alike; the credential adds its own name and scopes. */
export type KnownUser = Pick<
  UserPrincipal,
  'name' | 'admin' | 'memberships' | 'approvals' | 'directorySilentSince'
>;

/** Users with their memberships and approvals, fresh, and without a query in the steady state. */
export class Principals {
  readonly #db: Database;
  readonly #cache: VersionedCache;
  readonly #maxAge: number;

  /**
   * @param maxAge seconds for which what the directory said is trusted; 0 where there is none: then
   * nobody knows what a user of a directory may do
   */
  constructor(db: Database, cache: VersionedCache, maxAge = 0) {
    this.#db = db;
    this.#cache = cache;
    this.#maxAge = maxAge;
  }

  /** @returns null: there is no such user, or it is disabled here, gone or locked in the directory */
  find(name: UserName): Promise<KnownUser | null> {
    return this.#cache.get(`user:${name}`, () => findUser(this.#db.sql, name, this.#maxAge));
  }
}

interface ApprovalRow {
  readonly sig: UserPrincipal['approvals'][number]['sig'];
  readonly components: UserPrincipal['approvals'][number]['components'];
  readonly until: string | null;
}

async function findUser(
  sql: Sql,
  name: UserName,
  maxAge: number,
): Promise<{ value: KnownUser; until: Date | null } | null> {
  const row = await sql
    .selectFrom('users')
    .leftJoin('directory_users as heard', 'heard.user_name', 'users.name')
    .select([
      'users.name',
      'users.source',
      'users.created_at',
      'heard.refreshed_at',
      // By the database's clock alone: it wrote the time.
      raw<number | null>`extract(epoch from now() - heard.refreshed_at)::float8`.as('age'),
      raw<boolean>`users.admin or coalesce(heard.admin, false)`.as('admin'),
      raw<UserPrincipal['memberships']>`coalesce((select json_agg(json_build_object(
          'sig', m.sig, 'role', m.role)) from memberships m where m.user_name = users.name), '[]')`.as(
        'memberships',
      ),
      raw<ApprovalRow[]>`coalesce((select json_agg(json_build_object(
          'sig', a.sig, 'components', a.components, 'until', a.until)) from sig_approvals a
          where a.user_name = users.name and (a.until is null or a.until > now())), '[]')`.as(
        'approvals',
      ),
    ])
    .where('users.name', '=', name)
    .where('users.disabled', '=', false)
    .where(raw<boolean>`coalesce(heard.present, true)`)
    .executeTakeFirst();
  if (row === undefined) return null;
  const ends = row.approvals.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
  let silentSince: Date | null = null;
  if (row.source === 'directory') {
    const trusted = row.age === null ? 0 : maxAge - row.age;
    if (trusted <= 0) silentSince = row.refreshed_at ?? row.created_at;
    // Read again when trust ends, and once it has ended every time: it comes back without a sign.
    ends.push(Date.now() + Math.max(trusted, 0) * 1000);
  }
  return {
    until: ends.length === 0 ? null : new Date(Math.min(...ends)),
    value: {
      name: row.name,
      admin: row.admin,
      memberships: row.memberships,
      approvals: row.approvals.map(({ sig, components }) => ({ sig, components })),
      directorySilentSince: silentSince?.toISOString() ?? null,
    },
  };
}
