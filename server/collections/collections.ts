import { sql as raw } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import {
  type CollectionName,
  defaultMetaComponent,
  defaultSclName,
} from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import {
  type ProvisionDeps,
  provisionComponent,
  requestProvision,
} from '../components/provision.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { findSig } from '../sigs/find-sig.ts';
import type { KnownCollection } from './declared-changes.ts';

type CollectionView = ApiOutput<'createCollection'>;
type Depends = ApiParsed<'setDepends'>['depends'];

function collectionQuery(sql: Sql) {
  return sql.selectFrom('collections').select([
    'name',
    'sig',
    'scl_name',
    'vendor',
    'meta_component',
    'inherit_testing',
    'testing_tests',
    'release_tests',
    'created_at',
    raw<CollectionView['releases']>`coalesce((
        select json_agg(json_build_object('release', r.release, 'closed', r.closed, 'depends', coalesce((
            select json_agg(json_build_object('collection', d.depends_on, 'level', d.level)
              order by d.position)
            from collection_depends d
            where d.collection = r.collection and d.release = r.release), '[]'))
          order by length(r.release), r.release)
        from collection_releases r where r.collection = collections.name), '[]')`.as('releases'),
  ]);
}
type CollectionRow = Awaited<ReturnType<ReturnType<typeof collectionQuery>['execute']>>[number];

const view = (row: CollectionRow): CollectionView => ({
  name: row.name,
  sig: row.sig,
  sclName: row.scl_name,
  vendor: row.vendor,
  metaComponent: row.meta_component,
  inheritTesting: row.inherit_testing,
  promotion: { testing: { tests: row.testing_tests }, release: { tests: row.release_tests } },
  releases: row.releases,
  createdAt: row.created_at.toISOString(),
});

export async function listCollections(db: Database, { sig }: ApiParsed<'listCollections'>) {
  const rows = await collectionQuery(db.sql)
    .$if(sig !== undefined, (query) => query.where('sig', '=', sig ?? ('' as never)))
    .orderBy('name')
    .execute();
  return { items: rows.map(view) };
}

/** @throws DistGitError `not_found` */
async function requireCollection(sql: Sql, name: CollectionName): Promise<CollectionRow> {
  const row = await collectionQuery(sql).where('name', '=', name).executeTakeFirst();
  return (
    row ?? fail('not_found', `There is no collection ${name}.`, 'See "centpkg collection list".')
  );
}

/** The components of a collection, by name. */
export async function componentsOf(sql: Sql, name: CollectionName): Promise<ComponentName[]> {
  const rows = await sql
    .selectFrom('component_collections')
    .select('component')
    .where('collection', '=', name)
    .orderBy('component')
    .execute();
  return rows.map(({ component }) => component);
}

/** @throws DistGitError `not_found` */
export async function showCollection(
  db: Database,
  name: CollectionName,
): Promise<ApiOutput<'showCollection'>> {
  const row = await requireCollection(db.sql, name);
  return { ...view(row), components: await componentsOf(db.sql, name) };
}

/** @throws DistGitError `input_invalid` for one that depends on itself */
export async function insertDepends(
  sql: Sql,
  collection: CollectionName,
  release: ElRelease,
  depends: readonly Depends[number][],
): Promise<void> {
  if (depends.some((one) => one.collection === collection))
    fail('input_invalid', `${collection} can not depend on itself.`, 'Leave it out.');
  if (depends.length === 0) return;
  await sql
    .insertInto('collection_depends')
    .values(
      depends.map((one, position) => ({
        collection,
        release,
        position,
        depends_on: one.collection,
        level: one.level,
      })),
    )
    .execute();
}

/** Every collection as it is, with how many components it has. */
export async function knownCollections(sql: Sql): Promise<Map<CollectionName, KnownCollection>> {
  const rows = await collectionQuery(sql)
    .select((collections) =>
      collections
        .selectFrom('component_collections')
        .whereRef('component_collections.collection', '=', 'collections.name')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('components'),
    )
    .orderBy('name')
    .execute();
  return new Map(
    rows.map((row) => [
      row.name,
      {
        name: row.name,
        sig: row.sig,
        vendor: row.vendor,
        sclName: row.scl_name,
        metaComponent: row.meta_component,
        inheritTesting: row.inherit_testing,
        testingTests: row.testing_tests,
        releaseTests: row.release_tests,
        releases: row.releases as unknown as KnownCollection['releases'],
        components: Number(row.components),
      },
    ]),
  );
}

/** @throws DistGitError `not_found` for the SIG or a dependency, `conflict`, `not_allowed` */
export async function createCollection(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'createCollection'>,
): Promise<CollectionView> {
  const sig = await findSig(db.sql, input.sig);
  const decision = await authorize(
    db,
    context,
    { action: 'manage-collection', collection: { collection: input.name, sig } },
    `collection ${input.name}`,
  );
  const by = requireUser(context).name;
  return withConstraints(() =>
    db.transaction(async (sql) => {
      await sql
        .insertInto('collections')
        .values({
          name: input.name,
          sig: sig.name,
          scl_name: input.sclName ?? defaultSclName(input.name),
          vendor: input.vendor,
          meta_component: input.metaComponent ?? defaultMetaComponent(input.name),
          inherit_testing: input.inheritTesting,
          created_by: by,
        })
        .execute();
      for (const { release, depends } of input.releases) {
        await sql
          .insertInto('collection_releases')
          .values({ collection: input.name, release })
          .execute();
        await insertDepends(sql, input.name, release, depends);
      }
      await recordAudit(sql, context, {
        action: 'collection.create',
        subject: input.name,
        decision,
      });
      return view(await requireCollection(sql, input.name));
    }),
  );
}

/** Every component of the collection gets its branch. */
export async function addRelease(
  deps: ProvisionDeps,
  context: RequestContext,
  { collection: name, release, depends }: ApiParsed<'addRelease'>,
): Promise<CollectionView> {
  const { db } = deps;
  const row = await requireCollection(db.sql, name);
  const sig = await findSig(db.sql, row.sig);
  const decision = await authorize(
    db,
    context,
    { action: 'manage-collection', collection: { collection: name, sig } },
    `collection ${name}`,
  );
  const components = await withConstraints(() =>
    db.transaction(async (sql) => {
      await sql.insertInto('collection_releases').values({ collection: name, release }).execute();
      await insertDepends(sql, name, release, depends);
      await recordAudit(sql, context, {
        action: 'collection.add-release',
        subject: name,
        decision,
        detail: { release },
      });
      const found = await componentsOf(sql, name);
      for (const component of found) await requestProvision(sql, component);
      return found;
    }),
  );
  for (const component of components) await provisionComponent(deps, component);
  return view(await requireCollection(db.sql, name));
}

/** Replaces the dependencies of one release. */
export async function setDepends(
  db: Database,
  context: RequestContext,
  { collection: name, release, depends }: ApiParsed<'setDepends'>,
): Promise<CollectionView> {
  const row = await requireCollection(db.sql, name);
  const sig = await findSig(db.sql, row.sig);
  if (!row.releases.some((one) => one.release === release))
    fail(
      'not_found',
      `${name} is not built for EL ${release}.`,
      `Add the release first: centpkg collection add-release ${name} ${release}`,
    );
  const decision = await authorize(
    db,
    context,
    { action: 'manage-collection', collection: { collection: name, sig } },
    `collection ${name}`,
  );
  return withConstraints(() =>
    db.transaction(async (sql) => {
      await sql
        .deleteFrom('collection_depends')
        .where('collection', '=', name)
        .where('release', '=', release)
        .execute();
      await insertDepends(sql, name, release, depends);
      await recordAudit(sql, context, {
        action: 'collection.depends',
        subject: name,
        decision,
        detail: { release, depends: depends.map((one) => one.collection) },
      });
      return view(await requireCollection(sql, name));
    }),
  );
}

/** Names and settings; what is not given stays. */
export async function updateCollection(
  db: Database,
  context: RequestContext,
  { collection: name, ...given }: ApiParsed<'updateCollection'>,
): Promise<CollectionView> {
  const row = await requireCollection(db.sql, name);
  const sig = await findSig(db.sql, row.sig);
  const decision = await authorize(
    db,
    context,
    { action: 'manage-collection', collection: { collection: name, sig } },
    `collection ${name}`,
  );
  const { vendor, sclName, metaComponent, inheritTesting, promotion } = given;
  const { testing, release } = promotion ?? {};
  return db.transaction(async (sql) => {
    // Nothing but what is given: somebody else may be changing the rest.
    const changes = {
      ...(vendor === undefined ? {} : { vendor }),
      ...(sclName === undefined ? {} : { scl_name: sclName }),
      ...(metaComponent === undefined ? {} : { meta_component: metaComponent }),
      ...(inheritTesting === undefined ? {} : { inherit_testing: inheritTesting }),
      ...(testing === undefined ? {} : { testing_tests: testing.tests }),
      ...(release === undefined ? {} : { release_tests: release.tests }),
    };
    if (Object.keys(changes).length > 0)
      await sql.updateTable('collections').set(changes).where('name', '=', name).execute();
    await recordAudit(sql, context, {
      action: 'collection.edit',
      subject: name,
      decision,
      detail: given,
    });
    return view(await requireCollection(sql, name));
  });
}
