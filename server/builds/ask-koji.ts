import { DistGitError } from '../../core/api/distgit-error.ts';
import type { XmlRpcStruct, XmlRpcValue } from '../koji/xmlrpc-value.ts';
import { isArray, isStruct } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';
import { numberOf, structOrNull, structsOf, wholeNumber } from './hub-values.ts';

/** Added to Koji's own 20: lower runs first. */
const BACKGROUND = 5;
/** How many of the account's last tasks are looked through for one whose number got lost. */
const LOOK_BACK = 100;

/**
 * From where Koji's builders clone: `git+https://HOST/scls/python.git#<commit>`; of an SRPM, where
 * the hub has it.
 */
export const sourceOf = (
  { gitUrl }: Pick<BuildDeps, 'gitUrl'>,
  { component, commit, srpm }: Pick<BuildRow, 'component' | 'commit' | 'srpm'>,
): string => srpm ?? `git+${gitUrl(component)}#${commit}`;

/** By this a task is known as that of its rows, whatever became of the answer. */
const mark = (rows: readonly Pick<BuildRow, 'id'>[]): XmlRpcStruct => ({
  custom_user_metadata: { distgit_builds: rows.map(({ id }) => id) },
});

/** Is the scratch build on the first architecture what comes next, or is under way? */
export const isFirstNext = ({ options, state, first_task: task }: BuildRow): boolean =>
  options.firstArch !== null && (state === 'first-arch' || task === null);

/**
 * Has Koji do what is next for a row: the scratch build on its first architecture, or the build.
 * @returns the task
 * @throws DistGitError `unavailable` where it may have been done all the same
 */
export async function askForBuild(deps: BuildDeps, row: BuildRow): Promise<number> {
  const { arches, firstArch, skipTag, failFast, background } = row.options;
  const isFirst = isFirstNext(row);
  const isScratch = isFirst || row.kind === 'scratch';
  const only = isFirst ? firstArch : (arches?.join(' ') ?? null);
  const options = {
    ...mark([row]),
    ...(isScratch ? { scratch: true } : {}),
    ...(only === null ? {} : { arch_override: only }),
    ...(skipTag ? { skip_tag: true } : {}),
    ...(failFast ? { fail_fast: true } : {}),
  };
  const priority = background ? BACKGROUND : null;
  return submit(deps, row.id, isScratch, 'build', [
    sourceOf(deps, row),
    row.target,
    options,
    priority,
  ]);
}

/** Has Koji build the rows of a chain, one level after the other. @returns the task of all */
export async function askForChain(
  deps: BuildDeps,
  levels: readonly (readonly BuildRow[])[],
): Promise<number> {
  const [first] = levels.flat();
  if (first === undefined) throw new Error('A chain has at least one build.');
  const sources = levels.map((level) => level.map((row) => sourceOf(deps, row)));
  const priority = first.options.background ? BACKGROUND : null;
  const params = [sources, first.target, mark(levels.flat()), priority];
  return submit(deps, first.id, false, 'chainBuild', params);
}

async function submit(
  deps: BuildDeps,
  id: number,
  isScratch: boolean,
  method: 'build' | 'chainBuild',
  params: readonly XmlRpcValue[],
): Promise<number> {
  const outcome = await deps.koji.hub().write(method, ...params);
  if (outcome.kind === 'answered') return wholeNumber(outcome.value, 'task');
  const found = await findTask(deps, id, isScratch);
  if (found !== null) return found;
  throw new DistGitError('unavailable', 'Koji has taken the build, and its task is not found.', {
    detail: { remedy: 'Look at "centpkg builds" in a moment.' },
  });
}

/** The task that Koji has for a row; null: it has none. */
export async function findTask(
  deps: Pick<BuildDeps, 'koji'>,
  id: number,
  isScratch: boolean,
): Promise<number | null> {
  for (const task of await ownTasks(deps)) {
    const options = isArray(task.request) ? task.request[2] : null;
    if (task.parent !== null || !isStruct(options)) continue;
    const { custom_user_metadata: data, scratch = false } = options;
    const ids = isStruct(data) ? data.distgit_builds : null;
    if (isArray(ids) && ids.includes(id) && scratch === isScratch) return numberOf(task, 'id');
  }
  return null;
}

/** The last tasks of the server's own account, newest first, with what they were asked for. */
export async function ownTasks({ koji }: Pick<BuildDeps, 'koji'>): Promise<XmlRpcStruct[]> {
  const hub = koji.hub();
  const me = structOrNull(await hub.read('getLoggedInUser'), 'user');
  if (me === null) return [];
  const owned = { owner: numberOf(me, 'id'), decode: true };
  const tasks = await hub.read('listTasks', owned, { order: '-id', limit: LOOK_BACK });
  return structsOf(tasks, 'tasks');
}
