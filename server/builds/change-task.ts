import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, buildsOfTask, buildView } from './build-rows.ts';
import { pushTo, requireBranch } from './find-commit.ts';
import { submitBuild } from './submit-build.ts';

/** Who may have it built may stop it, and have it built again. */
async function requireOwn(deps: BuildDeps, context: RequestContext, row: BuildRow) {
  const branch = requireBranch(await deps.components.find(row.component), row);
  const subject = `${row.component}/${branchName(row)}`;
  const decision = await authorize(deps.db, context, pushTo(row.component, branch), subject);
  return { branch, subject, decision };
}

/**
 * Cancels a task with all below it; the rows follow when Koji says that it is canceled.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict`, `unavailable`
 */
export async function cancelTask(
  deps: BuildDeps,
  context: RequestContext,
  { task }: ApiParsed<'cancelTask'>,
): Promise<ApiOutput<'cancelTask'>> {
  requireUser(context);
  const rows = await buildsOfTask(deps.db.sql, task);
  const asked = await Promise.all(rows.map((row) => requireOwn(deps, context, row)));
  if (rows.every(({ finished_at: end }) => end !== null))
    fail('conflict', `Task ${task} has ended already.`, 'There is nothing to cancel.');
  const [first] = rows;
  // A build whose first architecture was done meanwhile has another task.
  await deps.koji.hub().write('cancelTask', first.task ?? first.first_task);
  for (const { subject, decision } of asked)
    await recordAudit(deps.db.sql, context, {
      action: 'build.cancel',
      subject,
      decision,
      detail: { task },
    });
  return { items: rows.map(buildView) };
}

/**
 * Has the same commit built in the same way again, as a new build.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict`, and as `startBuild`
 */
export async function resubmitTask(
  deps: BuildDeps,
  context: RequestContext,
  { task }: ApiParsed<'resubmitTask'>,
): Promise<ApiOutput<'resubmitTask'>> {
  requireUser(context);
  const [row] = await buildsOfTask(deps.db.sql, task);
  const { branch, decision } = await requireOwn(deps, context, row);
  if (row.kind === 'chain')
    fail(
      'conflict',
      `Task ${task} is that of a chain, of which some may be built already.`,
      'Start a chain of those that are left: centpkg chain-build',
    );
  if (row.state !== 'failed' && row.state !== 'canceled')
    fail(
      'conflict',
      `Task ${task} has neither failed nor was it canceled.`,
      `Look at it: centpkg watch ${task}`,
    );
  if (row.srpm !== null)
    fail(
      'conflict',
      `Task ${task} was made of an SRPM, which Koji may have cleaned up.`,
      'Hand it over again: centpkg scratch-build --srpm FILE',
    );
  const { component, commit, srpm, kind, target, options } = row;
  const wanted = { component, branch, commit, srpm, kind, target, options };
  const { notes: _, ...again } = await submitBuild(
    deps,
    context,
    decision,
    wanted,
    options.firstArch !== null,
  );
  return { items: [again] };
}
