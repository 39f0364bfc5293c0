import { ANONYMOUS } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type Branch, branchName, parseBranchRef } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { BUILD_JOB } from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';
import type { BuildDeps } from './build-deps.ts';
import { NOT_AT_KOJI } from './build-rows.ts';
import { actingUser, isForNow } from './check-again.ts';
import { startBuild } from './submit-build.ts';

/** Seconds until a push is looked at again of which it is not known whether Koji has its build. */
const DOUBT_S = 15;
/** Builds of a push that did not get to Koji, after which it is left to people. */
const MAX_MISSED = 3;

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
    if ((await askedFor(deps.db, component, branch, commit)) === 'doubt') {
      // `followBuilds` finds out; that it takes its time is no reason to give up.
      await enqueue(deps.db.sql, BUILD_JOB, push, DOUBT_S);
      continue;
    }
    const principal = (await actingUser(deps, user, 'push')) ?? ANONYMOUS;
    const context = { requestId: push, address: '', principal };
    const asked = { component, branch: { ...branch, vendor: null }, commit, ...AS_IT_IS };
    await startBuild(deps, context, asked).catch(async (error: unknown) => {
      // The hub comes back, or the directory, and the job is run again.
      if (!(error instanceof DistGitError) || isForNow(error)) throw error;
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

/** Is its collection built by pushes, and did Koji get nothing of this commit yet? */
export async function isWanted(
  db: Database,
  component: ComponentName,
  branch: Branch,
  commit: string,
): Promise<boolean> {
  const auto = await db.sql
    .selectFrom('auto_builds')
    .select('collection')
    .where('collection', '=', branch.collection)
    .executeTakeFirst();
  if (auto === undefined) return false;
  return (await askedFor(db, component, branch, commit)) !== 'yes';
}

/** Was Koji asked to build a commit? What did not get there was not, until that was often enough. */
async function askedFor(
  db: Database,
  component: ComponentName,
  { collection, release }: Branch,
  commit: string,
): Promise<'yes' | 'doubt' | 'no'> {
  const builds = await db.sql
    .selectFrom('builds')
    .select(['state', 'first_task', 'problem'])
    .where('component', '=', component)
    .where('collection', '=', collection)
    .where('release', '=', release)
    .where('commit', '=', commit)
    .where('kind', '!=', 'scratch')
    .execute();
  let [inDoubt, missed] = [false, 0];
  for (const { state, first_task: first, problem } of builds)
    if (state === 'submitting' && first === null) inDoubt = true;
    else if (state === 'failed' && problem === NOT_AT_KOJI) missed++;
    else return 'yes';
  if (missed >= MAX_MISSED) return 'yes';
  return inDoubt ? 'doubt' : 'no';
}
