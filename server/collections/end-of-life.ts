import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type RequestContext, recordAudit } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { followInKoji } from '../components/koji-jobs.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';
import type { KojiDeps } from './provision-koji.ts';
import { requireReleases } from './release-facts.ts';

type Deps = Pick<KojiDeps, 'db' | 'wakeJobs'>;

/**
 * Ends a collection on EL releases, or takes that back: its branches take no push and no build, and
 * where Koji was set up its tags are locked. What was built stays.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict` where it is built for no EL release
 */
export async function setClosed(
  { db, wakeJobs }: Deps,
  context: RequestContext,
  { collection: name, closed, releases: wanted }: ApiParsed<'setClosed'>,
): Promise<ApiOutput<'setClosed'>> {
  const collection = await findCollectionResource(db.sql, name);
  const request = { action: 'manage-collection', collection } as const;
  const decision = await authorize(db, context, request, `collection ${name}`);
  const releases = await requireReleases(db.sql, name, wanted);
  await db.transaction(async (sql) => {
    await sql
      .updateTable('collection_releases')
      .set({ closed })
      .where('collection', '=', name)
      .where('release', 'in', releases)
      .execute();
    await followInKoji(sql, context, [name]);
    const action = closed ? 'collection.close' : 'collection.reopen';
    await recordAudit(sql, context, { action, subject: name, decision, detail: { releases } });
  });
  wakeJobs();
  return { collection: name, closed, releases };
}

/**
 * Retires a component in a collection, or takes that back: it is built no more there, and where Koji
 * was set up its package is blocked. Its branches stay as they are.
 * @throws DistGitError `not_found`, `not_allowed`
 */
export async function setRetired(
  { db, wakeJobs }: Deps,
  context: RequestContext,
  { component, collection: name, retired }: ApiParsed<'setRetired'>,
): Promise<ApiOutput<'setRetired'>> {
  const collection = await findCollectionResource(db.sql, name);
  const request = { action: 'manage-collection', collection } as const;
  const decision = await authorize(db, context, request, `collection ${name}`);
  await db.transaction(async (sql) => {
    const { numUpdatedRows } = await sql
      .updateTable('component_collections')
      .set({ retired })
      .where('component', '=', component)
      .where('collection', '=', name)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n)
      fail(
        'not_found',
        `${component} is not a component of collection ${name}.`,
        `"centpkg collection show ${name}" lists its components.`,
      );
    await followInKoji(sql, context, [name]);
    const action = retired ? 'component.retire' : 'component.unretire';
    const detail = { collection: name };
    await recordAudit(sql, context, { action, subject: component, decision, detail });
  });
  wakeJobs();
  return { component, collection: name, retired };
}
