import { ANONYMOUS } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type Branch, branchName, parseBranchRef } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database } from '../db/database.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';
import type { BuildDeps } from './build-deps.ts';
import { actingUser } from './check-again.ts';
import { startBuild } from './submit-build.ts';

/**
 * Has everything built that is pushed to a collection, or no more. It is off until somebody sets it.
 * @throws DistGitError `not_found`, `not_allowed`
 */
export async function setAutoBuild(
  db: Database,
  context: RequestContext,
  { collection, on }: ApiParsed<'setAutoBuild'>,
): Promise<ApiOutput<'setAutoBuild'>> {
  const { name: user } = requireUser(context);
  const resource = await findCollectionResource(db.sql, collection);
  const request = { action: 'manage-collection', collection: resource } as const;
  const decision = await authorize(db, context, request, collection);
  await db.transaction(async (sql) => {
    if (on)
      await sql
        .insertInto('auto_builds')
        .values({ collection, set_by: user })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    else await sql.deleteFrom('auto_builds').where('collection', '=', collection).execute();
    const entry = { action: 'collection.auto-build', subject: collection, decision };
    await recordAudit(sql, context, { ...entry, detail: { on } });
  });
  return { collection, autoBuild: on };
}

/**
 * Has the branches of a push built, where their collection is built by its pushes: in the name of
 * who pushed, by what that user may do now. What is refused is in the audit log.
 * @param push its id; a job, which may run again
 */
export async function buildPush(deps: BuildDeps, push: string): Promise<void> {
  if (!deps.koji.isOn) return;
  const updates = await deps.db.sql
    .selectFrom('pushes')
    .innerJoin('push_ref_updates as u', 'u.push', 'pushes.id')
    .select(['pushes.component', 'pushes.user_name as user', 'u.ref', 'u.new_oid as commit'])
    .where('pushes.id', '=', push)
    .where('pushes.state', '=', 'applied')
    .orderBy('u.ref')
    .execute();
  for (const { component, user, ref, commit } of updates) {
    const branch = parseBranchRef(ref);
    if (branch === null || !(await isWanted(deps.db, component, branch, commit))) continue;
    const principal = (await actingUser(deps, user, 'push')) ?? ANONYMOUS;
    const context = { requestId: push, address: '', principal };
    const asked = { component, branch: { ...branch, vendor: null }, commit, ...AS_IT_IS };
    await startBuild(deps, context, asked).catch(async (error: unknown) => {
      // The hub comes back, and the job is run again.
      if (!(error instanceof DistGitError) || error.code === 'unavailable') throw error;
      const { code, message } = error;
      const decision = {
        allowed: false,
        rule: code.replaceAll('_', '-'),
        reason: message,
      } as const;
      const entry = {
        action: 'build.auto',
        subject: `${component}/${branchName(branch)}`,
        decision: { ...decision, remedy: error.detail.remedy ?? '' },
        detail: { push, commit, problem: message },
      };
      await recordAudit(deps.db.sql, context, entry);
    });
  }
}

const AS_IT_IS = {
  scratch: false,
  arches: null,
  firstArch: false,
  target: undefined,
  skipTag: false,
  failFast: false,
  background: false,
};

/** Is its collection built by pushes, and was nothing of this commit asked for yet? */
export async function isWanted(
  db: Database,
  component: ComponentName,
  { collection, release }: Branch,
  commit: string,
): Promise<boolean> {
  const auto = await db.sql
    .selectFrom('auto_builds')
    .select('collection')
    .where('collection', '=', collection)
    .executeTakeFirst();
  if (auto === undefined) return false;
  const before = await db.sql
    .selectFrom('builds')
    .select('id')
    .where('component', '=', component)
    .where('collection', '=', collection)
    .where('release', '=', release)
    .where('commit', '=', commit)
    .where('kind', '!=', 'scratch')
    .executeTakeFirst();
  return before === undefined;
}
