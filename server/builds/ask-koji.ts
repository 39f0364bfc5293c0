import { DistGitError } from '../../core/api/distgit-error.ts';
import type { XmlRpcValue } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';
import { findTask, markOf } from './find-task.ts';
import { wholeNumber } from './hub-values.ts';

/** Added to Koji's own 20: lower runs first. */
const BACKGROUND = 5;

/**
 * From where Koji's builders clone: `git+https://HOST/scls/python.git#<commit>`; of an SRPM, where
 * the hub has it.
 */
const sourceOf = (
  { gitUrl }: Pick<BuildDeps, 'gitUrl'>,
  { component, commit, srpm }: Pick<BuildRow, 'component' | 'commit' | 'srpm'>,
): string => srpm ?? `git+${gitUrl(component)}#${commit}`;

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
    ...markOf([row]),
    ...(isScratch ? { scratch: true } : {}),
    ...(only === null ? {} : { arch_override: only }),
    ...(skipTag ? { skip_tag: true } : {}),
    ...(failFast ? { fail_fast: true } : {}),
  };
  const priority = background ? BACKGROUND : null;
  return submit(deps, row, isScratch, 'build', [
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
  const params = [sources, first.target, markOf(levels.flat()), priority];
  return submit(deps, first, false, 'chainBuild', params);
}

async function submit(
  deps: BuildDeps,
  row: BuildRow,
  isScratch: boolean,
  method: 'build' | 'chainBuild',
  params: readonly XmlRpcValue[],
): Promise<number> {
  const outcome = await deps.koji.hub().write(method, ...params);
  if (outcome.kind === 'answered') return wholeNumber(outcome.value, 'task');
  const found = await findTask(deps, row, isScratch);
  if (found !== null) return found;
  throw new DistGitError('unavailable', 'Koji has taken the build, and its task is not found.', {
    detail: { remedy: 'Look at "centpkg builds" in a moment.' },
  });
}
