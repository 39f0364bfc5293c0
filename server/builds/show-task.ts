import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { isStruct, type XmlRpcValue } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, buildsOfTask, buildView } from './build-rows.ts';
import { isTaskOf } from './find-task.ts';
import { whyFailed } from './finish-build.ts';
import { answerAt, descendentsOf, structOrNull, type Task, taskOf } from './hub-values.ts';

/** Bytes of a log in one answer. */
const LOG_PART = 256 * 1024;
/** Tasks below one whose logs are asked for. */
const MAX_TASKS = 200;
const LOG = /^[\w.+-]{1,100}\.log$/;

/**
 * A task of a build with those below it, as Koji has them now. Of one that Koji has lost, only
 * what is recorded is told.
 * @throws DistGitError `not_found` for a task that is no build of this server; `unavailable`
 */
export async function showTask(
  deps: BuildDeps,
  { task: id }: ApiParsed<'showTask'>,
): Promise<ApiOutput<'showTask'>> {
  const builds = await buildsOfTask(deps.db.sql, id);
  const tree = (await treeOf(deps, id, builds)).slice(0, MAX_TASKS);
  const hub = deps.koji.publicReads();
  const outputs = await hub.readAll(
    tree.map((task) => ({ method: 'listTaskOutput', params: [task.id, true] })),
  );
  const tasks = tree.map((task, index) => ({
    task: task.id,
    parent: task.parent,
    state: task.state,
    method: task.method,
    label: task.label,
    arch: task.arch,
    logs: logsIn(answerAt(outputs, index)),
  }));
  const problem = tree[0]?.state === 'failed' ? await whyFailed(deps, id, hub) : null;
  return { tasks, problem, builds: builds.map(buildView) };
}

/** The task first; none where Koji has lost it, or has given its number to another. */
async function treeOf({ koji }: BuildDeps, id: number, rows: readonly BuildRow[]): Promise<Task[]> {
  const answers = await koji.publicReads().readAll([
    { method: 'getTaskInfo', params: [id, true] },
    { method: 'getTaskDescendents', params: [id] },
  ]);
  const info = structOrNull(answerAt(answers, 0), 'task');
  if (info === null) return [];
  const task = taskOf(info);
  if (!rows.some((row) => isTaskOf(row, task))) return [];
  return [task, ...descendentsOf(answerAt(answers, 1), id)];
}

/** Koji tells sizes as text. */
function logsIn(output: XmlRpcValue): { file: string; size: number }[] {
  if (!isStruct(output)) return [];
  return Object.entries(output)
    .filter(([file]) => LOG.test(file))
    .map(([file, stat]) => ({ file, size: isStruct(stat) ? Number(stat.st_size) || 0 : 0 }))
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

/**
 * A part of a log of a build's task, from `offset` on.
 * @throws DistGitError `not_found`, `unavailable`
 */
export async function readTaskLog(
  deps: BuildDeps,
  { task: id, of, file, offset }: ApiParsed<'readTaskLog'>,
): Promise<ApiOutput<'readTaskLog'>> {
  const tree = await treeOf(deps, id, await buildsOfTask(deps.db.sql, id));
  if (!tree.some((task) => task.id === of))
    fail('not_found', `Task ${of} is not below task ${id}.`, `See "centpkg watch ${id}".`);
  const content = await deps.koji
    .publicReads()
    .read('downloadTaskOutput', of, file, offset, LOG_PART);
  const text = typeof content === 'string' ? content.replace(/\s/g, '') : '';
  return { content: text, next: offset + Buffer.from(text, 'base64').length };
}
