import type { Selectable } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import type { Nvr } from '../../core/domain/nvr.ts';
import type { Sql } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';

export type BuildRow = Selectable<Tables['builds']>;
export type BuildView = ApiOutput<'cancelTask'>['items'][number];

export const UNDER_WAY = ['submitting', 'first-arch', 'building'] as const;

/** What is said of that which was asked for, and of which Koji has nothing. */
export const NOT_AT_KOJI = 'It did not get to Koji. Ask again.';

export function buildView(row: BuildRow): BuildView {
  return {
    id: row.id,
    kind: row.kind,
    component: row.component,
    branch: branchName(row),
    commit: row.commit,
    srpm: row.srpm === null ? null : row.srpm.slice(row.srpm.lastIndexOf('/') + 1),
    target: row.target,
    task: row.task ?? row.first_task,
    nvr: row.nvr,
    state: row.state,
    problem: row.problem,
    tags: row.tags,
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

/** The build of a name that is in Koji. @throws DistGitError `not_found` */
export async function findBuild(
  sql: Sql,
  nvr: Nvr,
): Promise<BuildRow & { build: number; commit: string }> {
  const row = await sql
    .selectFrom('builds')
    .selectAll()
    .where('nvr', '=', nvr)
    .where('build', 'is not', null)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (row === undefined || row.build === null || row.commit === null)
    fail(
      'not_found',
      `${nvr} was not built from this server.`,
      '"centpkg builds" lists what was; "koji buildinfo" knows those of others.',
    );
  return { ...row, build: row.build, commit: row.commit };
}

/**
 * The builds of one task of Koji: those asked for last, for a hub that was set up anew gives its
 * numbers again.
 * @throws DistGitError `not_found` where it is none of ours
 */
export async function buildsOfTask(sql: Sql, task: number): Promise<[BuildRow, ...BuildRow[]]> {
  const newest = await sql
    .selectFrom('builds')
    .select('id')
    .where((where) => where.or([where('task', '=', task), where('first_task', '=', task)]))
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (newest === undefined)
    fail(
      'not_found',
      `Task ${task} of Koji is no build of this server.`,
      '"centpkg builds" lists builds and their tasks.',
    );
  return askedTogether(sql, newest.id);
}

/**
 * A build, and those of the same chain.
 * @param id its number on this server
 * @throws DistGitError `not_found`
 */
export async function askedTogether(sql: Sql, id: number): Promise<[BuildRow, ...BuildRow[]]> {
  const [first, ...rest] = await sql
    .selectFrom('builds')
    .selectAll('builds')
    .innerJoin('builds as one', 'one.submitted_by', 'builds.submitted_by')
    .where('one.id', '=', id)
    .where((where) =>
      where.or([
        where('builds.id', '=', id),
        where.and([
          where('builds.kind', '=', 'chain'),
          where('one.kind', '=', 'chain'),
          // All of a chain are recorded in one transaction, which has one time.
          where('builds.submitted_at', '=', where.ref('one.submitted_at')),
        ]),
      ]),
    )
    .orderBy('builds.id')
    .execute();
  if (first === undefined)
    fail('not_found', `There is no build ${id}.`, '"centpkg builds" lists builds.');
  return [first, ...rest];
}

/** The task that a row waits for; null: none is known. */
export const taskNow = (row: BuildRow): number | null =>
  row.state === 'submitting' ? null : row.state === 'first-arch' ? row.first_task : row.task;
