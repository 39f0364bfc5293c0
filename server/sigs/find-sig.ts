import type { SigResource } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
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
