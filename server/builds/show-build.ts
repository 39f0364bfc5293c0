import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { BuildDeps } from './build-deps.ts';
import { buildView, findBuild } from './build-rows.ts';

/** Where a build came from: repository, commit and branch. @throws DistGitError `not_found` */
export async function showBuild(
  deps: Pick<BuildDeps, 'db' | 'gitUrl'>,
  { nvr }: ApiParsed<'showBuild'>,
): Promise<ApiOutput<'showBuild'>> {
  const row = await findBuild(deps.db.sql, nvr);
  return { ...buildView(row), commit: row.commit, gitUrl: deps.gitUrl(row.component) };
}
