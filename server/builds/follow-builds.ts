import { DistGitError } from '../../core/api/distgit-error.ts';
import { isFinished } from '../../core/domain/build.ts';
import { askForBuild, findTask, isFirstNext, sourceOf } from './ask-koji.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, UNDER_WAY } from './build-rows.ts';
import { endRow, finishBuild, whyFailed } from './finish-build.ts';
import { followMoves } from './follow-moves.ts';
import { descendentsOf, type Task } from './hub-values.ts';
import { tasksOf } from './read-tasks.ts';
import { asked, started } from './submit-build.ts';

/** Rows looked at in one round; the others have their turn in the next. */
const ROUND = 500;

/**
 * Looks at all builds that are under way, and records what has come of them. What is under way is
 * in the database: nothing is forgotten when the server stops, and two servers may do it at once.
 */
export async function followBuilds(deps: BuildDeps): Promise<void> {
  try {
    await followAll(deps);
  } catch (error) {
    if (!(error instanceof DistGitError) || error.code !== 'unavailable') throw error;
    deps.log.warn({ err: error }, 'builds can not be followed now');
  }
}

async function followAll(deps: BuildDeps): Promise<void> {
  const rows = await deps.db.sql
    .selectFrom('builds')
    .selectAll()
    .where('state', 'in', UNDER_WAY)
    .orderBy('id')
    .limit(ROUND)
    .execute();
  const late = Date.now() - deps.koji.patienceMs;
  const each = async (row: BuildRow, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      // One that can not be followed is no reason not to follow the others.
      deps.log.warn({ err: error, build: row.id }, 'a build could not be followed');
    }
  };
  for (const row of rows.filter(({ state }) => state === 'submitting'))
    if (row.asked_at.getTime() < late) await each(row, () => findLost(deps, row));
  const running = rows.filter(({ state }) => state !== 'submitting');
  const tasks = await tasksOf(deps, running.map(taskNow));
  for (const row of running) {
    const task = tasks.get(taskNow(row));
    if (task === undefined) continue;
    if (row.kind === 'chain') await each(row, () => followInChain(deps, row, task));
    else if (isFinished(task.state)) await each(row, () => afterTask(deps, row, task));
  }
  await followMoves(deps);
}

const taskNow = (row: BuildRow): number =>
  (row.state === 'first-arch' ? row.first_task : row.task) ?? -1;

/** The answer of Koji got lost, or the server died before it came. */
async function findLost(deps: BuildDeps, row: BuildRow): Promise<void> {
  const isFirst = isFirstNext(row);
  const task = await findTask(deps, row.id, isFirst || row.kind === 'scratch');
  if (task !== null) await started(deps, [row.id], task, isFirst);
  else await endRow(deps, row, { state: 'failed', problem: 'It did not get to Koji. Ask again.' });
}

async function afterTask(deps: BuildDeps, row: BuildRow, task: Task): Promise<void> {
  if (row.state !== 'first-arch') return finishBuild(deps, row, task);
  if (task.state === 'canceled') return finishBuild(deps, row, task);
  if (task.state === 'failed') {
    const why = await whyFailed(deps, task.id);
    const problem = `On the first architecture, ${row.options.firstArch}: ${why}`;
    return endRow(deps, row, { state: 'failed', problem });
  }
  // Only one server asks; where it dies with that, the row is one that got lost.
  const claimed = await deps.db.sql
    .updateTable('builds')
    .set({ state: 'submitting', asked_at: new Date() })
    .where('id', '=', row.id)
    .where('state', '=', 'first-arch')
    .returningAll()
    .executeTakeFirst();
  if (claimed === undefined) return;
  const number = await asked(deps, [claimed], () => askForBuild(deps, claimed));
  await started(deps, [row.id], number, false);
}

/** A build of a chain has a task of its own, below that of the chain. */
async function followInChain(deps: BuildDeps, row: BuildRow, chain: Task): Promise<void> {
  const answer = await deps.koji.hub().read('getTaskDescendents', chain.id, true);
  const source = sourceOf(deps, row);
  const own = descendentsOf(answer, chain.id).find(
    ({ method, request }) => method === 'build' && request[0] === source,
  );
  if (own !== undefined && isFinished(own.state)) return finishBuild(deps, row, own);
  if (!isFinished(chain.state)) return;
  if (chain.state === 'canceled') return finishBuild(deps, row, chain);
  const why = chain.state === 'failed' ? await whyFailed(deps, chain.id) : 'Koji did not build it.';
  await endRow(deps, row, { state: 'failed', problem: why });
}
