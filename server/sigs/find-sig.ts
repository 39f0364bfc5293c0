import type { CollectionResource } from '../../core/access/action.ts';
import type { SigResource } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { SigName } from '../../core/domain/sig.ts';
import type { Sql } from '../db/database.ts';

/** @throws DistGitError `not_found` */
export async function findSig(sql: Sql, name: SigName): Promise<SigResource> {
  const row = await sql
    .selectFrom('sigs')
    .select(['name', 'commit_policy', 'koji_policy'])
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) fail('not_found', `There is no SIG ${name}.`, 'See "centpkg sig list".');
  return { name: row.name, policies: { commit: row.commit_policy, koji: row.koji_policy } };
}

/** A collection and its SIG, as the permission decision wants them. @throws DistGitError `not_found` */
export async function findCollectionResource(
  sql: Sql,
  name: CollectionName,
): Promise<CollectionResource> {
  const row = await sql
    .selectFrom('collections')
    .select('sig')
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined)
    fail('not_found', `There is no collection ${name}.`, 'See "centpkg collection list".');
  return { collection: name, sig: await findSig(sql, row.sig) };
}

/**
 * A SIG speaks for the components of its own collections.
 * @throws DistGitError `not_found` that names every component that is in none of them
 */
export async function requireComponentsOf(
  sql: Sql,
  sig: SigName,
  components: readonly ComponentName[],
): Promise<void> {
  const rows = await sql
    .selectFrom('component_collections')
    .innerJoin('collections', 'collections.name', 'component_collections.collection')
    .select('component')
    .where('collections.sig', '=', sig)
    .where('component', 'in', components)
    .execute();
  const known = new Set(rows.map(({ component }) => component));
  const unknown = components.filter((component) => !known.has(component));
  if (unknown.length > 0)
    fail(
      'not_found',
      `No collection of SIG ${sig} has ${unknown.join(', ')}.`,
      'See "centpkg component list"; centpkg component add puts a component into a collection.',
    );
}
