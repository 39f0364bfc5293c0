import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { BuildDeps } from './build-deps.ts';
import { askedTogether, type BuildRow, buildsOfTask } from './build-rows.ts';
import { findCommit, pushTo, requireBranch } from './find-commit.ts';
import { submitBuild } from './submit-build.ts';

/** Who may have it built may stop it, and have it built again. */
export async function requireOwn(deps: BuildDeps, context: RequestContext, row: BuildRow) {
  const branch = requireBranch(await deps.components.find(row.component), row);
  const subject = `${row.component}/${branchName(row)}`;
  const decision = await authorize(deps.db, context, pushTo(row.component, branch), subject);
  return { branch, subject, decision };
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
  return resubmit(deps, context, await buildsOfTask(deps.db.sql, task));
}

/** The same for a build that may never have had a task. @throws DistGitError as `resubmitTask` */
export async function resubmitBuild(
  deps: BuildDeps,
  context: RequestContext,
  { build }: ApiParsed<'resubmitBuild'>,
): Promise<ApiOutput<'resubmitBuild'>> {
  requireUser(context);
  return resubmit(deps, context, await askedTogether(deps.db.sql, build));
}

async function resubmit(
  deps: BuildDeps,
  context: RequestContext,
  [row]: readonly [BuildRow, ...BuildRow[]],
): Promise<ApiOutput<'resubmitTask'>> {
  const { branch, decision } = await requireOwn(deps, context, row);
  if (row.kind === 'chain')
    fail(
      'conflict',
      'It is a build of a chain, of which some may be built already.',
      'Start a chain of those that are left: centpkg chain-build',
    );
  if (row.state !== 'failed' && row.state !== 'canceled')
    fail(
      'conflict',
      'It has neither failed nor was it canceled.',
      'Look at it: centpkg builds; centpkg watch TASK',
    );
  if (row.commit === null)
    fail(
      'conflict',
      'It was made of an SRPM, which Koji may have cleaned up.',
      'Hand it over again: centpkg scratch-build --srpm FILE',
    );
  const { component, srpm, kind, target, options } = row;
  // It may have been taken off the branch since then, for a reason.
  const commit = await findCommit(deps, component, branch, row.commit);
  const wanted = { component, branch, commit, srpm, kind, target, options };
  const first = options.firstArch !== null;
  const { notes: _, ...again } = await submitBuild(deps, context, decision, wanted, first);
  return { items: [again] };
}
