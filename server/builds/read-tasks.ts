import type { BuildDeps } from './build-deps.ts';
import { structsOf, type Task, taskOf } from './hub-values.ts';

/** Tasks by their number, of those that Koji has. */
export async function tasksOf(
  { koji }: Pick<BuildDeps, 'koji'>,
  ids: readonly number[],
): Promise<Map<number, Task>> {
  if (ids.length === 0) return new Map();
  const infos = structsOf(await koji.hub().read('getTaskInfo', [...new Set(ids)]), 'tasks');
  const tasks = infos.filter((info) => 'id' in info).map(taskOf);
  return new Map(tasks.map((task) => [task.id, task]));
}
