import { sql as raw } from 'kysely';
import type { UserPrincipal } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { Database, Sql } from '../db/database.ts';
import type { VersionedCache } from '../db/versioned-cache.ts';
import type { Authenticator } from './authenticator.ts';
import { parseToken, secretMatches } from './token.ts';

/** How often a token's last use is written: reading who used it needs no better. */
const LAST_USED_MS = 5 * 60_000;
const REMEDY = 'Use a token that is neither expired nor revoked: centpkg token create';

/** A token that holds, and what it stands for. */
interface KnownToken {
  readonly secretHash: Uint8Array;
  readonly principal: UserPrincipal;
  lastUsed: number;
}

/** Tokens as HTTP Basic password (any user name, as git sends them) or as Bearer. */
export function tokenAuthenticator(
  db: Database,
  cache: VersionedCache,
  realm: string,
): Authenticator {
  return {
    name: 'token',
    challenges: [`Basic realm="${realm}", charset="UTF-8"`, `Bearer realm="${realm}"`],
    async authenticate({ authorization }) {
      const given = authorization === null ? null : presentedToken(authorization);
      if (given === null) return null;
      const token = parseToken(given);
      const known =
        token === null
          ? null
          : await cache.get(`token:${token.id}`, () => findToken(db.sql, token.id));
      if (token === null || known === null || !secretMatches(token.secret, known.secretHash))
        return fail('credential_invalid', 'The token is not valid.', REMEDY);
      if (known.lastUsed < Date.now() - LAST_USED_MS) {
        known.lastUsed = Date.now();
        await db.sql
          .updateTable('tokens')
          .set({ last_used_at: raw<Date>`now()` })
          .where('id', '=', token.id)
          .execute();
      }
      return known.principal;
    },
  };
}

/** The password of Basic, or what follows Bearer; null for other schemes. */
function presentedToken(authorization: string): string | null {
  const match = /^(basic|bearer) +(\S+)$/i.exec(authorization);
  if (match === null) return null;
  const [, scheme = '', value = ''] = match;
  if (scheme.toLowerCase() === 'bearer') return value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

interface ApprovalRow {
  readonly sig: UserPrincipal['approvals'][number]['sig'];
  readonly components: UserPrincipal['approvals'][number]['components'];
  readonly until: string | null;
}

async function findToken(
  sql: Sql,
  id: string,
): Promise<{ value: KnownToken; until: Date | null } | null> {
  const row = await sql
    .selectFrom('tokens')
    .innerJoin('users', 'users.name', 'tokens.user_name')
    .select([
      'users.name',
      'users.admin',
      'tokens.secret_hash',
      'tokens.verbs',
      'tokens.sigs',
      'tokens.collections',
      'tokens.components',
      'tokens.expires_at',
      'tokens.last_used_at',
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
    .where('tokens.id', '=', id)
    .where('users.disabled', '=', false)
    .where('tokens.revoked_at', 'is', null)
    .where((where) =>
      where.or([
        where('tokens.expires_at', 'is', null),
        where('tokens.expires_at', '>', raw<Date>`now()`),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined) return null;
  const ends = [
    ...(row.expires_at === null ? [] : [row.expires_at.getTime()]),
    ...row.approvals.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)])),
  ];
  return {
    until: ends.length === 0 ? null : new Date(Math.min(...ends)),
    value: {
      secretHash: row.secret_hash,
      lastUsed: row.last_used_at?.getTime() ?? 0,
      principal: {
        kind: 'user',
        name: row.name,
        admin: row.admin,
        memberships: row.memberships,
        approvals: row.approvals.map(({ sig, components }) => ({ sig, components })),
        credential: `token:${id}`,
        scopes: {
          verbs: row.verbs,
          sigs: row.sigs,
          collections: row.collections,
          components: row.components,
        },
      },
    },
  };
}
