import { fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import type { KojiNames } from '../../core/domain/koji-names.ts';
import type { Sql } from '../db/database.ts';
import type { Koji } from '../koji/open-koji.ts';

/** What belongs to one collection on one EL release alone. */
const ownNames = ({ levels, buildTag, target }: KojiNames): string[] => [
  ...Object.values(levels),
  buildTag,
  target,
];

/**
 * Names are put together from those of SIG, collection and release, so that two collections can
 * come to the same: SIG `a` with `b-c`, and `a-b` with `c`. The tags are those of the older one.
 * @throws DistGitError `conflict` for the younger one
 */
export async function requireOwnKojiNames(
  sql: Sql,
  koji: Pick<Koji, 'names'>,
  { collection, release }: Branch,
): Promise<void> {
  const rows = await sql
    .selectFrom('collection_releases')
    .innerJoin('collections', 'collections.name', 'collection_releases.collection')
    .select(['collection', 'release', 'sig', 'vendor', 'collections.created_at'])
    .orderBy('collections.created_at')
    .orderBy('collection')
    .execute();
  const own = rows.findIndex((row) => row.collection === collection && row.release === release);
  const mine = rows[own];
  if (mine === undefined) return;
  const names = new Set(ownNames(koji.names(mine)));
  for (const older of rows.slice(0, own)) {
    if (older.collection === collection) continue;
    const taken = ownNames(koji.names(older)).find((name) => names.has(name));
    if (taken !== undefined)
      fail(
        'conflict',
        `In Koji ${taken} belongs to ${branchName(older)} of SIG ${older.sig}.`,
        `Give ${collection} another name: its tags would be the same.`,
      );
  }
}
