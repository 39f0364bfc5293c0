import { createHash, randomBytes } from 'node:crypto';
import { sql as raw } from 'kysely';
import type { UserPrincipal } from '../../core/access/principal.ts';
import type { Database, Sql } from '../db/database.ts';
import type { Principals } from './principals.ts';

/** A session ends with its credential, and after this time in any case. */
export const MAX_SESSION_HOURS = 12;
/** A session that nobody used for so long has ended. */
export const IDLE_MINUTES = 60;
/** How often a session's last use is written: the end by idleness needs no better. */
const USE_NOTED_S = 60;

/**
 * Opens a session for someone who has just logged in, and clears away those that have ended.
 * @returns its id, 256 random bits that only the browser keeps: the database has a hash
 */
export async function openSession(sql: Sql, principal: UserPrincipal): Promise<string> {
  const id = randomBytes(32).toString('base64url');
  const { verbs, sigs, collections, components } = principal.scopes;
  const list = <T>(names: readonly T[] | null): T[] | null => (names === null ? null : [...names]);
  await sql
    .deleteFrom('web_sessions')
    .where((where) =>
      where.or([
        where('expires_at', '<=', raw<Date>`now()`),
        where('last_used_at', '<=', raw<Date>`now() - make_interval(mins => ${IDLE_MINUTES})`),
      ]),
    )
    .execute();
  await sql
    .insertInto('web_sessions')
    .values({
      id_hash: hashOf(id),
      user_name: principal.name,
      credential: principal.credential,
      verbs: list(verbs),
      sigs: list(sigs),
      collections: list(collections),
      components: list(components),
      // least() passes over null: a credential without an end.
      expires_at: raw<Date>`least(now() + make_interval(hours => ${MAX_SESSION_HOURS}),
        ${principal.validUntil}::timestamptz)`,
    })
    .execute();
  return id;
}

/**
 * Who a session is of, as of now: asked of the database each time, so that a revoked token or a
 * disabled user ends it at once.
 * @returns null: there is no such session, or it has ended
 */
export async function findSession(
  db: Database,
  principals: Principals,
  id: string,
): Promise<UserPrincipal | null> {
  const row = await db.sql
    .selectFrom('web_sessions')
    .selectAll()
    .select(
      raw<boolean>`last_used_at < now() - make_interval(secs => ${USE_NOTED_S})`.as('unnoted'),
    )
    .where('id_hash', '=', hashOf(id))
    .where('expires_at', '>', raw<Date>`now()`)
    .where('last_used_at', '>', raw<Date>`now() - make_interval(mins => ${IDLE_MINUTES})`)
    .where(
      raw<boolean>`(credential not like 'token:%' or exists (select 1 from tokens t
        where web_sessions.credential = 'token:' || t.id and t.revoked_at is null
          and (t.expires_at is null or t.expires_at > now())))`,
    )
    .executeTakeFirst();
  if (row === undefined) return null;
  const user = await principals.find(row.user_name);
  if (user === null) return null;
  if (row.unnoted)
    await db.sql
      .updateTable('web_sessions')
      .set({ last_used_at: raw<Date>`now()` })
      .where('id_hash', '=', row.id_hash)
      .execute();
  const { verbs, sigs, collections, components } = row;
  return {
    kind: 'user',
    ...user,
    credential: row.credential,
    validUntil: row.expires_at.toISOString(),
    scopes: { verbs, sigs, collections, components },
  };
}

/** Ending one that is not there changes nothing. */
export async function endSession(sql: Sql, id: string): Promise<void> {
  await sql.deleteFrom('web_sessions').where('id_hash', '=', hashOf(id)).execute();
}

function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}
