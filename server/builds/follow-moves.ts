import { sql as raw } from 'kysely';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { isFinished } from '../../core/domain/build.ts';
import type { BuildDeps } from './build-deps.ts';
import { endMove, findMoveTask, type Move, rememberTags, setTask } from './build-moves.ts';
import { NOT_AT_KOJI } from './build-rows.ts';
import { whyFailed } from './finish-build.ts';
import type { Task } from './hub-values.ts';
import { tasksOf } from './read-tasks.ts';

/** Moves whose tasks are asked for at once. */
const PART = 500;

/** @property isLate what was asked has come to its end, by the clock that wrote when it was */
type FollowedMove = Move & { readonly isLate: boolean };

/** Looks at what was asked to put builds into tags and out of them, and records what came of it. */
export async function followMoves(deps: BuildDeps): Promise<void> {
  let after = 0;
  for (let moves = await movesAfter(deps, after); moves.length > 0; ) {
    await followSome(deps, moves);
    after = moves.at(-1)?.id ?? after;
    moves = moves.length < PART ? [] : await movesAfter(deps, after);
  }
}

function movesAfter({ db, koji }: BuildDeps, id: number): Promise<FollowedMove[]> {
  return db.sql
    .selectFrom('build_moves')
    .selectAll()
    .select(
      raw<boolean>`asked_at < now() - make_interval(secs => ${koji.patienceMs / 1000})`.as(
        'isLate',
      ),
    )
    .where('finished_at', 'is', null)
    .where('id', '>', id)
    .orderBy('id')
    .limit(PART)
    .execute();
}

async function followSome(deps: BuildDeps, moves: readonly FollowedMove[]): Promise<void> {
  const tasks = await tasksOf(
    deps,
    moves.flatMap(({ task }) => (task === null ? [] : [task])),
  );
  for (const move of moves) {
    try {
      if (move.task !== null) await followTask(deps, move, tasks.get(move.task) ?? null);
      else if (move.isLate) await findOut(deps, move);
    } catch (error) {
      if (error instanceof DistGitError && error.code === 'unavailable') throw error;
      // One that can not be followed is no reason not to follow the others.
      deps.log.warn({ err: error, move: move.id }, 'a tagging could not be followed');
    }
  }
}

async function followTask(deps: BuildDeps, move: Move, task: Task | null): Promise<void> {
  // A hub that was set up anew gives its numbers again.
  const isOurs = task?.method === 'tagBuild' && task.request[1] === move.build;
  if (task === null || !isOurs) return endMove(deps, move, `Koji has lost task ${move.task}.`);
  if (!isFinished(task.state)) return;
  if (task.state === 'closed') return endMove(deps, move, null);
  const why = task.state === 'canceled' ? 'It was canceled.' : await whyFailed(deps, task.id);
  await endMove(deps, move, why);
}

/** The answer of Koji got lost, or the server died before it came. */
async function findOut(deps: BuildDeps, move: Move): Promise<void> {
  if (move.way === 'in') {
    const task = await findMoveTask(deps, move);
    return task === null ? endMove(deps, move, NOT_AT_KOJI) : setTask(deps, move, task);
  }
  const tags = await rememberTags(deps, { id: move.record, build: move.build });
  await endMove(deps, move, tags.includes(move.tag) ? NOT_AT_KOJI : null);
}
