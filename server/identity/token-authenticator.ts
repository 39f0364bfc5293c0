import { sql as raw } from 'kysely';
import type { TokenScopes } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { UserName } from '../../core/domain/sig.ts';
import type { Database, Sql } from '../db/database.ts';
import type { VersionedCache } from '../db/versioned-cache.ts';
import type { Authenticator } from './authenticator.ts';
import { basicPair } from './basic-credentials.ts';
import type { Principals } from './principals.ts';
import { parseToken, secretMatches, TOKEN_PREFIX } from './token.ts';

/** How often a token's last use is written: reading who used it needs no better. */
const LAST_USED_MS = 5 * 60_000;
const REMEDY = 'Use a token that is neither expired nor revoked: centpkg token create';

/** A token that holds, and what it may be used for. */
interface KnownToken {
  readonly user: UserName;
  /** What the audit log shows: `token:<id>`, or `robot:<name>:<id>`. */
  readonly credential: string;
  readonly secretHash: Uint8Array;
  readonly scopes: TokenScopes;
  readonly validUntil: string | null;
  lastUsed: number;
}

/** Tokens as HTTP Basic password (any user name, as git sends them) or as Bearer. */
export function tokenAuthenticator(
  db: Database,
  cache: VersionedCache,
  principals: Principals,
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
        return notValid();
      const user = await principals.find(known.user);
      if (user === null) return notValid();
      if (known.lastUsed < Date.now() - LAST_USED_MS) {
        known.lastUsed = Date.now();
        await db.sql
          .updateTable('tokens')
          .set({ last_used_at: raw<Date>`now()` })
          .where('id', '=', token.id)
          .execute();
      }
      const { credential, scopes, validUntil } = known;
      return { kind: 'user', ...user, credential, validUntil, scopes };
    },
  };
}

function notValid(): never {
  return fail('credential_invalid', 'The token is not valid.', REMEDY);
}

/** What follows Bearer, or a password of Basic that begins as tokens do; null: not of this way. */
function presentedToken(authorization: string): string | null {
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const password = basicPair(authorization)?.password;
  return password?.startsWith(`${TOKEN_PREFIX}_`) === true ? password : null;
}

async function findToken(
  sql: Sql,
  id: string,
): Promise<{ value: KnownToken; until: Date | null } | null> {
  const row = await sql
    .selectFrom('tokens')
    .selectAll()
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where((where) =>
      where.or([where('expires_at', 'is', null), where('expires_at', '>', raw<Date>`now()`)]),
    )
    .executeTakeFirst();
  if (row === undefined) return null;
  const { verbs, sigs, collections, components } = row;
  return {
    until: row.expires_at,
    value: {
      user: row.user_name,
      credential: row.robot === null ? `token:${id}` : `robot:${row.robot}:${id}`,
      secretHash: row.secret_hash,
      scopes: { verbs, sigs, collections, components },
      validUntil: row.expires_at?.toISOString() ?? null,
      lastUsed: row.last_used_at?.getTime() ?? 0,
    },
  };
}
