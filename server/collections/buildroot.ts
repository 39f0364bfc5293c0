import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { buildrootOf } from '../../core/koji/buildroot.ts';
import type { Database } from '../db/database.ts';
import type { Koji } from '../koji/open-koji.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';
import { kojiSite, releaseFacts } from './release-facts.ts';

/**
 * What a collection is built in on one EL release, by the settings of this site: no hub is asked,
 * and none need be there.
 * @throws DistGitError `not_found`
 */
export async function showBuildroot(
  { db, koji }: { readonly db: Database; readonly koji: Koji },
  { collection, release }: ApiParsed<'showBuildroot'>,
): Promise<ApiOutput<'showBuildroot'>> {
  await findCollectionResource(db.sql, collection);
  const facts = await releaseFacts(db.sql, { collection, release });
  const { arches, packages, externalRepos, ...rest } = buildrootOf(facts, kojiSite(koji, facts));
  return {
    ...rest,
    topurl: koji.topurl,
    arches: [...arches],
    packages: [...packages],
    externalRepos: [...externalRepos],
  };
}
