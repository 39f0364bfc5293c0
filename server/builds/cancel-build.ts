import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type RequestContext, recordAudit, requireUser, serverAuditRow } from '../access/audit.ts';
import type { BuildDeps } from './build-deps.ts';
import { askedTogether, type BuildRow, buildsOfTask, buildView, taskNow } from './build-rows.ts';
import { requireOwn } from './change-task.ts';
import { isTaskOf } from './find-task.ts';
import { tasksOf } from './read-tasks.ts';

/**
 * Cancels a task with all below it; the rows follow when Koji says that it is canceled.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict`
 */
export async function cancelTask(
  deps: BuildDeps,
  context: RequestContext,
  { task }: ApiParsed<'cancelTask'>,
): Promise<ApiOutput<'cancelTask'>> {
  requireUser(context);
  return cancelRows(deps, context, await buildsOfTask(deps.db.sql, task));
}

/** The same for a build that may have no task yet. @throws DistGitError as `cancelTask` */
export async function cancelBuild(
  deps: BuildDeps,
  context: RequestContext,
  { build }: ApiParsed<'cancelBuild'>,
): Promise<ApiOutput<'cancelBuild'>> {
  requireUser(context);
  return cancelRows(deps, context, await askedTogether(deps.db.sql, build));
}

async function cancelRows(
  deps: BuildDeps,
  context: RequestContext,
  rows: readonly BuildRow[],
): Promise<ApiOutput<'cancelTask'>> {
  const { name } = requireUser(context);
  const asked = await Promise.all(rows.map((row) => requireOwn(deps, context, row)));
  // That it is wanted is recorded before Koji is told: `followBuilds` tells it where we can not.
  const marked = await deps.db.transaction(async (sql) => {
    const changed = await sql
      .updateTable('builds')
      .set({ cancel_by: name })
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .where('finished_at', 'is', null)
      .returningAll()
      .execute();
    for (const [index, row] of rows.entries()) {
      const { subject, decision } = asked[index] ?? {};
      if (subject === undefined || decision === undefined) continue;
      if (!changed.some(({ id }) => id === row.id)) continue;
      const detail = { build: row.id, task: taskNow(row) };
      await recordAudit(sql, context, { action: 'build.cancel', subject, decision, detail });
    }
    return changed;
  });
  if (marked.length === 0)
    fail('conflict', 'It has ended already.', 'There is nothing to cancel: see "centpkg builds".');
  // What has its task by now: the first architecture may have been done meanwhile.
  const tasks = new Set(marked.map(taskNow));
  let told = !tasks.has(null);
  for (const task of tasks)
    if (task !== null && !(await tellIfOurs(deps, task, marked))) told = false;
  const after = new Map(marked.map((row) => [row.id, row]));
  return { items: rows.map((row) => buildView(after.get(row.id) ?? row)), told };
}

/** @returns false: it is to be told later, or that is no task of ours any more */
async function tellIfOurs(
  deps: BuildDeps,
  id: number,
  rows: readonly BuildRow[],
): Promise<boolean> {
  const own = rows.filter((row) => taskNow(row) === id);
  try {
    const task = (await tasksOf(deps, [id])).get(id) ?? null;
    // A hub that was set up anew gives its numbers again: `followBuilds` ends what is lost.
    if (task === null || !own.every((row) => isTaskOf(row, task))) return false;
    await tellKoji(deps, id, own);
    return true;
  } catch (error) {
    if (error instanceof DistGitError && error.code === 'unavailable') return false;
    throw error;
  }
}

/**
 * Has Koji cancel a task; again, where that was done, changes nothing. Where Koji says no, nobody
 * waits for it any more.
 * @throws DistGitError in Koji's words; `unavailable` where it is to be tried again
 */
export async function tellKoji(
  deps: BuildDeps,
  task: number,
  rows: readonly BuildRow[],
): Promise<void> {
  try {
    await deps.koji.hub().write('cancelTask', task);
  } catch (error) {
    if (error instanceof DistGitError && error.code !== 'unavailable')
      await giveUp(deps, task, rows, error.message);
    throw error;
  }
}

async function giveUp(
  { db }: BuildDeps,
  task: number,
  rows: readonly BuildRow[],
  words: string,
): Promise<void> {
  await db.transaction(async (sql) => {
    for (const row of rows) {
      // Whoever asked and `followBuilds` may both be told no.
      const given = await sql
        .updateTable('builds')
        .set({ cancel_by: null, problem: `It was not canceled: ${words}` })
        .where('id', '=', row.id)
        .where('finished_at', 'is', null)
        .where('cancel_by', 'is not', null)
        .returning('id')
        .executeTakeFirst();
      if (given === undefined) continue;
      const entry = {
        action: 'build.cancel',
        subject: `${row.component}/${branchName(row)}`,
        decision: { allowed: false, rule: 'koji-task', reason: words, remedy: '' },
        detail: { build: row.id, task, by: row.cancel_by, problem: words },
      } as const;
      await sql.insertInto('audit_log').values(serverAuditRow(entry)).execute();
    }
  });
}
