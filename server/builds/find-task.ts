import { DistGitError } from '../../core/api/distgit-error.ts';
import { isArray, isStruct, type XmlRpcStruct, type XmlRpcValue } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';
import { numberOf, structOrNull, structsOf, type Task } from './hub-values.ts';

/** Tasks in one answer of the hub. */
const PAGE = 100;
/** Pages that are looked through; more is not asked for at once. */
const MAX_PAGES = 50;
/** Milliseconds by which the clocks of hub and server may differ. */
const CLOCKS = 60 * 60 * 1000;

/**
 * The newest of the server's own tasks that fits, of those that are below no other.
 * @param method of Koji's task, for instance `build`
 * @param since nothing is older
 * @returns its number; null: Koji has none
 * @throws DistGitError `unavailable`, also where there are too many to tell
 */
export async function findOwnTask(
  { koji }: Pick<BuildDeps, 'koji'>,
  method: string,
  since: Date,
  fits: (request: readonly XmlRpcValue[], id: number) => boolean,
): Promise<number | null> {
  const hub = koji.hub();
  const me = structOrNull(await hub.read('getLoggedInUser'), 'user');
  // Whoever is not logged in has no tasks, and that says nothing of ours.
  if (me === null) throw notTold('Koji does not say which account the server has.');
  // `parent` nil stands for tasks that are below none.
  const own = { owner: numberOf(me, 'id'), parent: null, method, decode: true };
  const oldest = (since.getTime() - CLOCKS) / 1000;
  for (let page = 0; page < MAX_PAGES; page++) {
    const part = { order: '-id', limit: PAGE, offset: page * PAGE };
    const tasks = structsOf(await hub.read('listTasks', own, part), 'tasks');
    for (const task of tasks) {
      if (isOlder(task, oldest)) return null;
      const id = numberOf(task, 'id');
      if (isArray(task.request) && fits(task.request, id)) return id;
    }
    if (tasks.length < PAGE) return null;
  }
  throw notTold(`Koji has more than ${MAX_PAGES * PAGE} tasks of the server since then.`);
}

const isOlder = ({ create_ts: time }: XmlRpcStruct, oldest: number): boolean =>
  typeof time === 'number' && time < oldest;

const notTold = (message: string): DistGitError =>
  new DistGitError('unavailable', message, {
    detail: { remedy: 'Look at "centpkg builds" in a moment; tell a site admin if it stays so.' },
  });

/** By this a task is known as that of its rows, whatever became of the answer. */
export const markOf = (rows: readonly Pick<BuildRow, 'id'>[]): XmlRpcStruct => ({
  custom_user_metadata: { distgit_builds: rows.map(({ id }) => id) },
});

const METHOD = { build: 'build', scratch: 'build', chain: 'chainbuild' } as const;

/** Is a task that of the row, and not of another whose number a new hub has given again? */
export const isTaskOf = (row: BuildRow, { method, request }: Task): boolean =>
  method === METHOD[row.kind] && isMarked(row, request);

function isMarked(
  { id, commit, srpm }: BuildRow,
  [sources, , options]: readonly XmlRpcValue[],
): boolean {
  const data = isStruct(options) ? options.custom_user_metadata : null;
  const ids = isStruct(data) ? data.distgit_builds : null;
  if (!isArray(ids) || !ids.includes(id)) return false;
  // Another server, or this one in an earlier life, may have had a row of that number.
  if (srpm !== null) return sources === srpm;
  const commits = textsIn(sources).map((source) => /#([0-9a-f]{40,64})$/.exec(source)?.[1]);
  return commit !== null && commits.includes(commit);
}

const textsIn = (value: XmlRpcValue | undefined): string[] =>
  typeof value === 'string' ? [value] : isArray(value) ? value.flatMap(textsIn) : [];

/** The task that Koji has for a row; null: it has none. @throws DistGitError `unavailable` */
export const findTask = (
  deps: Pick<BuildDeps, 'koji'>,
  row: BuildRow,
  isScratch: boolean,
): Promise<number | null> =>
  findOwnTask(deps, METHOD[row.kind], row.asked_at, (request) => {
    const [, , options] = request;
    const { scratch = false } = isStruct(options) ? options : {};
    return scratch === isScratch && isMarked(row, request);
  });
