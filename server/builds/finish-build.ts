import { DistGitError } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import { type Nvr, nameOfNvr, parseNvr } from '../../core/domain/nvr.ts';
import { serverAuditRow } from '../access/audit.ts';
import type { Hub } from '../koji/hub.ts';
import { faultWords } from '../koji/koji-fault.ts';
import { keywords } from '../koji/xmlrpc-encode.ts';
import { isStruct } from '../koji/xmlrpc-value.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';
import { numberOf, structsOf, type Task, textOf } from './hub-values.ts';
import { tagCommit } from './tag-commit.ts';

type End = Pick<BuildRow, 'state' | 'problem'> & Partial<Pick<BuildRow, 'nvr' | 'build' | 'tags'>>;

/**
 * Records how a row ended, once; nothing where it has gone on since it was read.
 * @param reason why the server says so
 */
export async function endRow(
  { db }: Pick<BuildDeps, 'db'>,
  row: BuildRow,
  end: End,
  reason = 'Koji ended the task.',
): Promise<void> {
  await db.transaction(async (sql) => {
    const changed = await sql
      .updateTable('builds')
      .set({ ...end, finished_at: new Date() })
      .where('id', '=', row.id)
      .where('finished_at', 'is', null)
      .where('state', '=', row.state)
      .returning('id')
      .executeTakeFirst();
    if (changed === undefined) return;
    const entry = {
      action: 'build.finish',
      subject: `${row.component}/${branchName(row)}`,
      decision: { allowed: true, rule: 'koji-task', reason },
      detail: { build: row.id, ...end },
    } as const;
    await sql.insertInto('audit_log').values(serverAuditRow(entry)).execute();
  });
}

/** What came of a task that has ended. @param task of the build, also within a chain */
export async function finishBuild(deps: BuildDeps, row: BuildRow, task: Task): Promise<void> {
  if (task.state === 'canceled')
    return endRow(deps, row, { state: 'canceled', problem: 'It was canceled.' });
  if (task.state === 'failed')
    return endRow(deps, row, { state: 'failed', problem: await whyFailed(deps, task.id) });
  const { commit } = row;
  if (row.kind === 'scratch' || commit === null)
    return endRow(deps, row, { state: 'complete', problem: null });
  const hub = deps.koji.hub();
  const found = await hub.read('listBuilds', keywords({ taskID: task.id }));
  const [build] = structsOf(found, 'builds');
  if (build === undefined)
    return endRow(deps, row, { state: 'failed', problem: 'Koji has no build of the task.' });
  const name = textOf(build, 'nvr');
  const nvr = nvrOrNull(name);
  const id = numberOf(build, 'build_id');
  const tags = await tagsOf(deps, id);
  const built = await packageOf(deps, row);
  if (nvr === null || nameOfNvr(nvr) !== built) {
    // It went into the tag by the right to build another package.
    for (const tag of tags) await hub.write('untagBuild', tag, id);
    const problem = `The task made ${name}, and ${row.component} is to build ${built}: it was untagged.`;
    return endRow(deps, row, { state: 'failed', problem });
  }
  // First the tag, so that a build which is recorded has it.
  const problem = await tagCommit(deps, { ...row, commit }, nvr);
  return endRow(deps, row, { state: 'complete', problem, nvr, build: id, tags });
}

/** Null: it is none that a build from here could have. */
function nvrOrNull(text: string): Nvr | null {
  try {
    return parseNvr(text);
  } catch (error) {
    if (error instanceof DistGitError && error.code === 'name_invalid') return null;
    throw error;
  }
}

/** The package that a row's component builds in its collection. */
async function packageOf({ components }: BuildDeps, row: BuildRow): Promise<string> {
  const { branches } = await components.find(row.component);
  const own = branches.find(({ collection }) => collection === row.collection);
  return own === undefined ? '' : builtPackageName(row.component, own.sclName);
}

/** The tags of a build, by name. */
export async function tagsOf({ koji }: Pick<BuildDeps, 'koji'>, build: number): Promise<string[]> {
  const tags = await koji.hub().read('listTags', build);
  return structsOf(tags, 'tags')
    .map((tag) => textOf(tag, 'name'))
    .toSorted();
}

/** Koji's words of a task that failed. @throws DistGitError `unavailable` */
export async function whyFailed(
  { koji }: Pick<BuildDeps, 'koji'>,
  task: number,
  hub: Pick<Hub, 'read'> = koji.hub(),
): Promise<string> {
  const result = await hub.read('getTaskResult', task, false).catch((error: unknown) => {
    // A result that Koji can not read itself would keep the build under way for ever.
    if (!(error instanceof DistGitError) || error.code === 'unavailable') throw error;
    return null;
  });
  const words = isStruct(result) ? result.faultString : null;
  return typeof words === 'string' ? faultWords(words) : 'Koji gave no reason.';
}
