import { DistGitError } from '../../core/api/distgit-error.ts';
import { isArray, isStruct } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import { type Task, taskOf } from './hub-values.ts';

/**
 * Tasks by their number, with what they were asked for. Null is Koji's own word that it has no such
 * task; what could not be asked is an error.
 * @throws DistGitError `unavailable`
 */
export async function tasksOf(
  { koji }: Pick<BuildDeps, 'koji'>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Task | null>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const answer = await koji.hub().read('getTaskInfo', wanted, true);
  if (!isArray(answer) || answer.length !== wanted.length) throw unfit();
  return new Map(
    wanted.map((id, index) => {
      const info = answer[index];
      if (info === null) return [id, null];
      if (!isStruct(info) || info.id !== id) throw unfit();
      return [id, taskOf(info)];
    }),
  );
}

const unfit = (): DistGitError =>
  new DistGitError(
    'unavailable',
    'The answer of Koji does not fit the tasks that were asked for.',
    {
      detail: { remedy: 'Tell a site admin: the server and this Koji do not fit together.' },
    },
  );
