import { sql as raw } from 'kysely';
import type { Logger } from 'pino';
import type { Membership } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { UserName } from '../../core/domain/sig.ts';
import type { Database, Sql } from '../db/database.ts';
import type { Directory, DirectoryPerson } from './directory.ts';
import { type GroupMapping, standingOf } from './group-memberships.ts';

/** Users in one transaction of a reading: others, who write meanwhile, wait for no more. */
const STORED_AT_ONCE = 500;

/**
 * Whoever logs in and is of the directory is known here afterwards, with fresh memberships.
 * @param began when the directory was asked, by `performance.now()`
 * @returns false: the name is a local user's, and nothing was stored
 */
export async function welcomePerson(
  db: Database,
  mapping: GroupMapping,
  person: DirectoryPerson,
  began: number,
  log: Logger,
): Promise<boolean> {
  const { name } = person;
  if (!(await admitPerson(db, person))) {
    log.warn({ user: name }, 'a user of the directory is called like a local one, and refused');
    return false;
  }
  await storeHeard(db, [name], mapping, new Map([[name, person]]), began);
  return true;
}

/**
 * Makes a row for somebody who logs in by the directory for the first time.
 * @returns false: the name is a local user's, which stays one: nobody takes over an account, with
 * its tokens and approvals, by being called alike in the directory
 */
export function admitPerson(
  db: Database,
  { name, fullName, email }: DirectoryPerson,
): Promise<boolean> {
  return db.transaction(async (sql) => {
    const known = () =>
      sql.selectFrom('users').select('source').where('name', '=', name).executeTakeFirst();
    let user = await known();
    if (user === undefined) {
      await sql
        .insertInto('users')
        .values({ name, full_name: fullName, email, admin: false, source: 'directory' })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      user = await known();
    }
    return user?.source === 'directory';
  });
}

/**
 * Asks the directory about every user who is of it, in few requests, and stores what it says.
 * An unreachable directory changes nothing: what is stored grows old, until it is trusted no more.
 */
export async function refreshPeople(
  db: Database,
  directory: Directory,
  mapping: GroupMapping,
  log: Logger,
): Promise<void> {
  const rows = await db.sql
    .selectFrom('users')
    .select('name')
    .where('source', '=', 'directory')
    .execute();
  const names = rows.map(({ name }) => name);
  const began = performance.now();
  let found: ReadonlyMap<UserName, DirectoryPerson>;
  try {
    found = await directory.find(names);
  } catch (error) {
    if (!(error instanceof DistGitError) || error.code !== 'unavailable') throw error;
    log.warn({ err: error }, 'the memberships of the directory could not be read');
    return;
  }
  // An answer, and a likely mistake: rights of the service account, or the base.
  if (names.length > 0 && found.size === 0)
    log.warn({ users: names.length }, 'the directory knows none of its users any more');
  for (let start = 0; start < names.length; start += STORED_AT_ONCE)
    await storeHeard(db, names.slice(start, start + STORED_AT_ONCE), mapping, found, began);
}

/**
 * Stores what the directory said of its users: who is not in `found` is gone. What was heard later
 * is not overwritten.
 * @param began when the directory was asked, by `performance.now()`
 */
export async function storeHeard(
  db: Database,
  names: readonly UserName[],
  mapping: GroupMapping,
  found: ReadonlyMap<UserName, DirectoryPerson>,
  began: number,
): Promise<void> {
  if (names.length === 0) return;
  await db.transaction(async (sql) => {
    const seconds = (performance.now() - began) / 1000;
    const at = raw<Date>`(now() - ${seconds}::float8 * interval '1 second')`;
    const before = await storedBefore(sql, names, at);
    for (const name of names) {
      const stored = before.get(name) ?? null;
      if (stored === 'later') continue;
      const person = found.get(name);
      const standing =
        person === undefined ? { admin: false, memberships: [] } : standingOf(person, mapping);
      await storeChange(sql, name, stored, { present: person !== undefined, ...standing }, at);
    }
    await sql
      .updateTable('directory_users')
      .set({ refreshed_at: at })
      .where(raw<boolean>`user_name = any(${names}::text[])`)
      .where('refreshed_at', '<', at)
      .execute();
  });
}

interface Stored {
  readonly present: boolean;
  readonly admin: boolean;
  readonly memberships: readonly Membership[];
}

type Moment = ReturnType<typeof raw<Date>>;

/** What is stored of each; `later`: it was heard after `at`. Locked, so that answers come in turn. */
async function storedBefore(
  sql: Sql,
  names: readonly UserName[],
  at: Moment,
): Promise<Map<UserName, Stored | 'later'>> {
  const rows = await sql
    .selectFrom('directory_users')
    .select([
      'user_name',
      'present',
      'admin',
      raw<boolean>`refreshed_at >= ${at}`.as('later'),
      raw<Membership[]>`coalesce((select json_agg(json_build_object('sig', m.sig, 'role', m.role))
        from directory_members m where m.user_name = directory_users.user_name), '[]')`.as(
        'memberships',
      ),
    ])
    .where(raw<boolean>`user_name = any(${names}::text[])`)
    .orderBy('user_name')
    .forUpdate()
    .execute();
  return new Map(
    rows.map(({ user_name, later, present, admin, memberships }) => [
      user_name,
      later ? 'later' : { present, admin, memberships },
    ]),
  );
}

/** Writes what is different, and nothing where nothing is: every write empties caches. */
async function storeChange(
  sql: Sql,
  name: UserName,
  stored: Stored | null,
  { present, admin, memberships }: Stored,
  at: Moment,
): Promise<void> {
  if (stored !== null && sameStanding(stored, { present, admin, memberships })) return;
  await sql
    .insertInto('directory_users')
    .values({ user_name: name, present, admin, refreshed_at: at })
    .onConflict((conflict) => conflict.column('user_name').doUpdateSet({ present, admin }))
    .execute();
  await sql.deleteFrom('directory_members').where('user_name', '=', name).execute();
  if (memberships.length > 0)
    await sql
      .insertInto('directory_members')
      .values(memberships.map(({ sig, role }) => ({ sig, role, user_name: name })))
      .execute();
}

function sameStanding(one: Stored, other: Stored): boolean {
  const text = ({ present, admin, memberships }: Stored): string =>
    [present, admin, ...memberships.map(({ sig, role }) => `${sig}:${role}`).toSorted()].join(' ');
  return text(one) === text(other);
}
