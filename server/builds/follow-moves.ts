import { DistGitError } from '../../core/api/distgit-error.ts';
import { isFinished } from '../../core/domain/build.ts';
import type { BuildDeps } from './build-deps.ts';
import { tagsOf, whyFailed } from './finish-build.ts';
import type { Task } from './hub-values.ts';
import { tasksOf } from './read-tasks.ts';

/** Looks at the tasks that put builds into tags, and records what has come of them. */
export async function followMoves(deps: BuildDeps): Promise<void> {
  const moves = await deps.db.sql
    .selectFrom('build_moves')
    .selectAll()
    .where('finished_at', 'is', null)
    .orderBy('task')
    .limit(500)
    .execute();
  const tasks = await tasksOf(
    deps,
    moves.map(({ task }) => task),
  );
  for (const move of moves) {
    const task = tasks.get(move.task);
    if (task === undefined || !isFinished(task.state)) continue;
    try {
      await endMove(deps, move, task);
    } catch (error) {
      if (error instanceof DistGitError && error.code === 'unavailable') throw error;
      // One that can not be followed is no reason not to follow the others.
      deps.log.warn({ err: error, task: move.task }, 'a tagging could not be followed');
    }
  }
}

async function endMove(
  deps: BuildDeps,
  { task: id, build, tag }: { readonly task: number; readonly build: number; readonly tag: string },
  task: Task,
): Promise<void> {
  const problem =
    task.state === 'closed'
      ? null
      : task.state === 'canceled'
        ? 'It was canceled.'
        : await whyFailed(deps, id);
  await rememberTags(deps, build);
  const shown = problem === null ? null : `It did not come into ${tag}: ${problem}`;
  await deps.db.sql
    .updateTable('builds')
    .set({ problem: shown })
    .where('build', '=', build)
    // What is wrong with the build's git tag stays.
    .where((where) =>
      where.or([where('problem', 'is', null), where('problem', 'like', 'It did not come into %')]),
    )
    .execute();
  await deps.db.sql
    .updateTable('build_moves')
    .set({ finished_at: new Date(), problem })
    .where('task', '=', id)
    .execute();
}

/** Looks at which tags a build is in. @returns them */
export async function rememberTags(deps: BuildDeps, build: number): Promise<string[]> {
  const tags = await tagsOf(deps, build);
  await deps.db.sql.updateTable('builds').set({ tags }).where('build', '=', build).execute();
  return tags;
}
