import { sql as raw } from 'kysely';
import type { UserPrincipal } from '../../core/access/principal.ts';
import type { UserName } from '../../core/domain/sig.ts';
import type { Database, Sql } from '../db/database.ts';
import type { VersionedCache } from '../db/versioned-cache.ts';

/** What every way to log in says of a user alike; the credential adds its own name and scopes. */
export type KnownUser = Pick<UserPrincipal, 'name' | 'admin' | 'memberships' | 'approvals'>;

/** Users with their memberships and approvals, fresh, and without a query in the steady state. */
export class Principals {
  readonly #db: Database;
  readonly #cache: VersionedCache;

  constructor(db: Database, cache: VersionedCache) {
    this.#db = db;
    this.#cache = cache;
  }

  /** @returns null: there is no such user, or it is disabled */
  find(name: UserName): Promise<KnownUser | null> {
    return this.#cache.get(`user:${name}`, () => findUser(this.#db.sql, name));
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
): Promise<{ value: KnownUser; until: Date | null } | null> {
  const row = await sql
    .selectFrom('users')
    .select([
      'users.name',
      'users.admin',
      raw<UserPrincipal['memberships']>`coalesce((select json_agg(json_build_object(
          'sig', m.sig, 'role', m.role)) from sig_members m where m.user_name = users.name), '[]')`.as(
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
    .executeTakeFirst();
  if (row === undefined) return null;
  const ends = row.approvals.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
  return {
    until: ends.length === 0 ? null : new Date(Math.min(...ends)),
    value: {
      name: row.name,
      admin: row.admin,
      memberships: row.memberships,
      approvals: row.approvals.map(({ sig, components }) => ({ sig, components })),
    },
  };
}
