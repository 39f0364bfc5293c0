import { sql as raw } from 'kysely';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { isFinished } from '../../core/domain/build.ts';
import { askForBuild, isFirstNext } from './ask-koji.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, NOT_AT_KOJI, taskNow, UNDER_WAY } from './build-rows.ts';
import { tellKoji } from './cancel-build.ts';
import { refusedNow } from './check-again.ts';
import { findTask, isTaskOf } from './find-task.ts';
import { endRow, finishBuild, whyFailed } from './finish-build.ts';
import { followMoves } from './follow-moves.ts';
import { descendentsOf, type Task } from './hub-values.ts';
import { tasksOf } from './read-tasks.ts';
import { asked, started } from './submit-build.ts';

/** Rows whose tasks are asked for at once. */
const PART = 500;

/**
 * Looks at all builds that are under way, and records what has come of them. What is under way is
 * in the database: nothing is forgotten when the server stops, and two servers may do it at once.
 */
export async function followBuilds(deps: BuildDeps): Promise<void> {
  try {
    let after = 0;
    for (let rows = await rowsAfter(deps, after); rows.length > 0; ) {
      await followRows(deps, rows);
      after = rows.at(-1)?.id ?? after;
      rows = rows.length < PART ? [] : await rowsAfter(deps, after);
    }
    await followMoves(deps);
  } catch (error) {
    if (!(error instanceof DistGitError) || error.code !== 'unavailable') throw error;
    deps.log.warn({ err: error }, 'builds can not be followed now');
  }
}

/** @property isLate what was asked last has come to its end, by the clock that wrote when it was */
type FollowedRow = BuildRow & { readonly isLate: boolean };

function rowsAfter({ db, koji }: BuildDeps, id: number): Promise<FollowedRow[]> {
  return db.sql
    .selectFrom('builds')
    .selectAll()
    .select(
      raw<boolean>`asked_at < now() - make_interval(secs => ${koji.patienceMs / 1000})`.as(
        'isLate',
      ),
    )
    .where('state', 'in', UNDER_WAY)
    .where('id', '>', id)
    .orderBy('id')
    .limit(PART)
    .execute();
}

async function followRows(deps: BuildDeps, rows: readonly FollowedRow[]): Promise<void> {
  const each = async (row: BuildRow, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      // One that can not be followed is no reason not to follow the others.
      deps.log.warn({ err: error, build: row.id }, 'a build could not be followed');
    }
  };
  const late = rows.filter(({ state, isLate }) => state === 'submitting' && isLate);
  // A hub that is away is waited for once, and not for each of them.
  if (late.length > 0) await deps.koji.hub().read('getLoggedInUser');
  for (const row of late) await each(row, () => findLost(deps, row));
  const running = rows.flatMap((row) => {
    const task = taskNow(row);
    return task === null ? [] : [{ row, id: task }];
  });
  const tasks = await tasksOf(
    deps,
    running.map(({ id }) => id),
  );
  const canceled = new Set<number>();
  for (const { row, id } of running) {
    const task = tasks.get(id) ?? null;
    await each(row, async () => {
      if (task === null || !isTaskOf(row, task)) return endGone(deps, row, id);
      if (row.cancel_by === null || isFinished(task.state)) return followTask(deps, row, task);
      if (canceled.has(id)) return;
      canceled.add(id);
      const all = running.filter((one) => one.id === id && one.row.cancel_by !== null);
      await tellKoji(
        deps,
        id,
        all.map((one) => one.row),
      );
    });
  }
}

/** Koji itself says so: its hub was set up anew, or went back to an earlier state. */
function endGone(deps: BuildDeps, row: BuildRow, task: number): Promise<void> {
  const problem = `Koji has lost task ${task}; what came of it is not known. Ask again.`;
  return endRow(deps, row, { state: 'failed', problem }, 'Koji has no such task.');
}

/** The answer of Koji got lost, or the server died before it came. */
async function findLost(deps: BuildDeps, row: BuildRow): Promise<void> {
  const isFirst = isFirstNext(row);
  const task = await findTask(deps, row, isFirst || row.kind === 'scratch');
  if (task !== null) await started(deps, [row.id], task, isFirst);
  else {
    const end =
      row.cancel_by === null
        ? ({ state: 'failed', problem: NOT_AT_KOJI } as const)
        : ({ state: 'canceled', problem: 'It was canceled before it got to Koji.' } as const);
    await endRow(deps, row, end, 'Koji has no such task.');
  }
}

async function followTask(deps: BuildDeps, row: BuildRow, task: Task): Promise<void> {
  if (row.kind === 'chain') return followInChain(deps, row, task);
  if (!isFinished(task.state)) return;
  if (row.state !== 'first-arch' || task.state === 'canceled') return finishBuild(deps, row, task);
  if (task.state === 'failed') {
    const why = await whyFailed(deps, task.id);
    const problem = `On the first architecture, ${row.options.firstArch}: ${why}`;
    return endRow(deps, row, { state: 'failed', problem });
  }
  await goOn(deps, row);
}

/** The first architecture is done: the build itself is next. */
async function goOn(deps: BuildDeps, row: BuildRow): Promise<void> {
  if (row.cancel_by !== null) {
    const problem = 'It was canceled when its first architecture was done.';
    return endRow(deps, row, { state: 'canceled', problem });
  }
  const refused = await refusedNow(deps, row);
  if (refused !== null) {
    const problem = `It did not go on after its first architecture: ${refused}`;
    return endRow(deps, row, { state: 'failed', problem }, 'It may not be built any more.');
  }
  // Only one server asks; where it dies with that, the row is one that got lost.
  const claimed = await deps.db.sql
    .updateTable('builds')
    .set({ state: 'submitting', asked_at: raw<Date>`now()` })
    .where('id', '=', row.id)
    .where('state', '=', 'first-arch')
    .where('cancel_by', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (claimed === undefined) return;
  const number = await asked(deps, [claimed], () => askForBuild(deps, claimed));
  await started(deps, [row.id], number, false);
}

/** A build of a chain has a task of its own, below that of the chain. */
async function followInChain(deps: BuildDeps, row: BuildRow, chain: Task): Promise<void> {
  const answer = await deps.koji.hub().read('getTaskDescendents', chain.id, true);
  // The server may have had another address when it asked.
  const source = `/${row.component}.git#${row.commit}`;
  const own = descendentsOf(answer, chain.id).find(
    ({ method, request: [from] }) =>
      method === 'build' && typeof from === 'string' && from.endsWith(source),
  );
  if (own !== undefined && isFinished(own.state)) return finishBuild(deps, row, own);
  if (!isFinished(chain.state)) return;
  if (chain.state === 'canceled') return finishBuild(deps, row, chain);
  const why = chain.state === 'failed' ? await whyFailed(deps, chain.id) : 'Koji did not build it.';
  await endRow(deps, row, { state: 'failed', problem: why });
}
