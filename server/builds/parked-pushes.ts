import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName, branchRef, parseBranchRef } from '../../core/domain/branch-name.ts';
import { type AuditEntry, type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { BUILD_JOB } from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { isWanted } from './auto-build.ts';
import type { BuildDeps } from './build-deps.ts';
import { pushTo, requireBranch } from './find-commit.ts';

/** That are shown: each takes a look at what is built of it. */
const MOST = 100;

type Parked = ApiOutput<'listBuilds'>['parked'];

/**
 * What was pushed to be built by itself, and could not be asked for until the server gave it up.
 * Why is for site admins: the words may be of anything.
 */
export async function parkedPushes(
  db: Database,
  { component, branch: only, limit }: ApiParsed<'listBuilds'>,
): Promise<Parked> {
  let query = db.sql
    .selectFrom('jobs')
    .innerJoin('pushes', 'pushes.id', 'jobs.subject')
    .innerJoin('push_ref_updates as u', 'u.push', 'pushes.id')
    .select(['pushes.id', 'pushes.component', 'pushes.user_name', 'u.ref', 'u.new_oid'])
    .where('jobs.kind', '=', BUILD_JOB)
    .where('jobs.state', '=', 'parked')
    // What went on from there is built, or is parked itself.
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('push_ref_updates as next')
            .innerJoin('pushes as later', 'later.id', 'next.push')
            .select('next.push')
            .where('later.state', '=', 'applied')
            .whereRef('later.component', '=', 'pushes.component')
            .whereRef('next.ref', '=', 'u.ref')
            .whereRef('next.old_oid', '=', 'u.new_oid'),
        ),
      ),
    )
    .orderBy('jobs.id', 'desc')
    .orderBy('u.ref')
    .limit(Math.min(limit, MOST));
  if (component !== undefined) query = query.where('pushes.component', '=', component);
  if (only !== undefined) query = query.where('u.ref', '=', branchRef(only));
  const parked: Parked = [];
  for (const one of await query.execute()) {
    const branch = parseBranchRef(one.ref);
    if (branch === null || !(await isWanted(db, one.component, branch, one.new_oid))) continue;
    const { id: push, user_name: user, new_oid: commit } = one;
    parked.push({ push, component: one.component, branch: branchName(branch), commit, user });
  }
  return parked;
}

/**
 * Tries again to build a push, by whoever may push to its branches; the builds are those of who
 * pushed, by what that user may do then.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict` where it was not given up
 */
export async function resubmitPush(
  deps: Pick<BuildDeps, 'db' | 'components' | 'wakeJobs'>,
  context: RequestContext,
  { push }: ApiParsed<'resubmitPush'>,
): Promise<ApiOutput<'resubmitPush'>> {
  requireUser(context);
  const updates = await deps.db.sql
    .selectFrom('pushes')
    .innerJoin('push_ref_updates as u', 'u.push', 'pushes.id')
    .select(['pushes.component', 'u.ref', 'u.new_oid as commit'])
    .where('pushes.id', '=', push)
    .orderBy('u.ref')
    .execute();
  const [first] = updates;
  if (first === undefined)
    fail('not_found', 'There is no such push.', '"centpkg builds" shows those that wait.');
  const { component } = first;
  const found = await deps.components.find(component);
  const entries: AuditEntry[] = [];
  for (const { ref, commit } of updates) {
    const branch = parseBranchRef(ref);
    if (branch === null || !(await isWanted(deps.db, component, branch, commit))) continue;
    const own = requireBranch(found, branch);
    const subject = `${component}/${branchName(branch)}`;
    const decision = await authorize(deps.db, context, pushTo(component, own), subject);
    entries.push({ action: 'build.resubmit', subject, decision, detail: { push, commit } });
  }
  await deps.db.transaction(async (sql) => {
    const given = await sql
      .deleteFrom('jobs')
      .where('kind', '=', BUILD_JOB)
      .where('subject', '=', push)
      .where('state', '=', 'parked')
      .returning('id')
      .executeTakeFirst();
    if (given === undefined || entries.length === 0)
      fail(
        'conflict',
        'Nothing of that push was given up.',
        '"centpkg builds" shows what is built of it.',
      );
    await enqueue(sql, BUILD_JOB, push);
    for (const entry of entries) await recordAudit(sql, context, entry);
  });
  deps.wakeJobs();
  return { push, component };
}
