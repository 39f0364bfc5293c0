import type { Logger } from 'pino';
import type { UserName } from '../../core/domain/sig.ts';
import type { Database } from '../db/database.ts';
import type { Directory } from './directory.ts';
import { welcomePerson } from './directory-people.ts';
import type { GroupMapping } from './group-memberships.ts';
import type { KnownUser, Principals } from './principals.ts';

/**
 * The account of a name that another authority vouches for; null: there is none that may log in.
 * May throw `unavailable`.
 */
export type FindAccount = (name: UserName) => Promise<KnownUser | null>;

/**
 * Accounts that are known here, and people of the directory, who become known by their first login,
 * in whatever way that is. The directory is asked about names that nobody has here, and no others.
 * @param people null: there is no directory
 */
export function accountFinder(
  db: Database,
  principals: Principals,
  people: { readonly directory: Directory; readonly mapping: GroupMapping } | null,
  log: Logger,
): FindAccount {
  return async (name) => {
    const known = await principals.find(name);
    if (known !== null || people === null || (await hasRow(db, name))) return known;
    const began = performance.now();
    const person = (await people.directory.find([name])).get(name);
    if (person === undefined) return null;
    await welcomePerson(db, people.mapping, person, began, log);
    return principals.find(name);
  };
}

async function hasRow(db: Database, name: UserName): Promise<boolean> {
  const row = await db.sql
    .selectFrom('users')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}
