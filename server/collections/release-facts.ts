import { sql as raw } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import { desiredState, type KojiSite, type ReleaseFacts } from '../../core/koji/desire.ts';
import type { DesiredState } from '../../core/koji/desired-state.ts';
import type { Sql } from '../db/database.ts';
import type { Koji } from '../koji/open-koji.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';

/** All that Koji should have for a collection on one EL release, as it is declared now. */
export async function desiredIn(
  sql: Sql,
  koji: Koji,
  of: { readonly collection: CollectionName; readonly release: ElRelease },
): Promise<DesiredState> {
  const facts = await releaseFacts(sql, of);
  return desiredState(facts, kojiSite(koji, facts));
}

/** What the settings say for a collection on one EL release. */
export const kojiSite = (koji: Koji, { sig, release }: ReleaseFacts): KojiSite => ({
  names: (subject) => koji.names(subject),
  profile: koji.profileOf(release),
  owner: koji.ownerOf(sig),
});

/** @throws DistGitError `not_found` where the collection is not built for the release */
export async function releaseFacts(
  sql: Sql,
  { collection, release }: { readonly collection: CollectionName; readonly release: ElRelease },
): Promise<ReleaseFacts> {
  const row = await sql
    .selectFrom('collection_releases')
    .innerJoin('collections', 'collections.name', 'collection_releases.collection')
    .select(['sig', 'vendor', 'scl_name', 'inherit_testing', 'closed'])
    .where('collection', '=', collection)
    .where('release', '=', release)
    .executeTakeFirst();
  if (row === undefined)
    return fail(
      'not_found',
      `${collection} is not built for EL ${release}.`,
      `Add the release first: centpkg collection add-release ${collection} ${release}`,
    );
  const components = await sql
    .selectFrom('component_collections')
    .select(['component', 'retired'])
    .where('collection', '=', collection)
    .orderBy('component')
    .execute();
  const depends = await sql
    .selectFrom('collection_depends')
    .innerJoin('collections', 'collections.name', 'depends_on')
    .select(['depends_on', 'level', 'sig', 'vendor'])
    .where('collection', '=', collection)
    .where('release', '=', release)
    .orderBy('position')
    .execute();
  return {
    sig: row.sig,
    vendor: row.vendor,
    collection,
    release,
    sclName: row.scl_name,
    components: components.map(({ component: name, retired }) => ({ name, retired })),
    depends: depends.map(({ depends_on: on, level, sig, vendor }) => ({
      on: { sig, vendor, collection: on, release },
      level,
    })),
    inheritTesting: row.inherit_testing,
    closed: row.closed,
  };
}

/** The EL releases of a collection, all or those that are asked for. @throws DistGitError `not_found` */
export async function releasesOf(
  sql: Sql,
  collection: CollectionName,
  wanted: readonly ElRelease[] = [],
): Promise<ElRelease[]> {
  const rows = await sql
    .selectFrom('collection_releases')
    .select('release')
    .where('collection', '=', collection)
    .orderBy(raw`length(release)`)
    .orderBy('release')
    .execute();
  const all = rows.map(({ release }) => release);
  // A collection may have none; one that is not there is an error.
  if (all.length === 0) await findCollectionResource(sql, collection);
  const other = wanted.find((release) => !all.includes(release));
  if (other !== undefined)
    fail(
      'not_found',
      `${collection} is not built for EL ${other}.`,
      `Add the release first: centpkg collection add-release ${collection} ${other}`,
    );
  return wanted.length === 0 ? all : all.filter((release) => wanted.includes(release));
}

/** The same for what is to be done on each of them. @throws DistGitError `conflict` without any */
export async function requireReleases(
  sql: Sql,
  collection: CollectionName,
  wanted: readonly ElRelease[],
): Promise<ElRelease[]> {
  const releases = await releasesOf(sql, collection, wanted);
  if (releases.length === 0)
    fail(
      'conflict',
      `${collection} is built for no EL release.`,
      `Add one: centpkg collection add-release ${collection} 7`,
    );
  return releases;
}
