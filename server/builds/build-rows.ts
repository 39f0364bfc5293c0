import type { Selectable } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import type { Nvr } from '../../core/domain/nvr.ts';
import type { Database, Sql } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';
import { newestResults, resultView } from './result-rows.ts';

export type BuildRow = Selectable<Tables['builds']>;
export type BuildView = ApiOutput<'cancelTask'>['items'][number];

export const UNDER_WAY = ['submitting', 'first-arch', 'building'] as const;

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

/** Newest first, each with the newest result of each of its tests. */
export async function listBuilds(
  db: Database,
  { component, branch, state, limit }: ApiParsed<'listBuilds'>,
): Promise<ApiOutput<'listBuilds'>> {
  let query = db.sql.selectFrom('builds').selectAll().orderBy('id', 'desc').limit(limit);
  if (component !== undefined) query = query.where('component', '=', component);
  if (state !== undefined) query = query.where('state', '=', state);
  if (branch !== undefined)
    query = query.where('collection', '=', branch.collection).where('release', '=', branch.release);
  const rows = await query.execute();
  const results = await newestResults(
    db.sql,
    rows.flatMap(({ build }) => build ?? []),
  );
  return {
    items: rows.map((row) => {
      const own = results.get(row.build ?? -1) ?? [];
      return Object.assign(buildView(row), { results: own.map(resultView) });
    }),
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

/** The builds of one task of Koji. @throws DistGitError `not_found` where it is none of ours */
export async function buildsOfTask(sql: Sql, task: number): Promise<[BuildRow, ...BuildRow[]]> {
  const [first, ...rest] = await sql
    .selectFrom('builds')
    .selectAll()
    .where((where) => where.or([where('task', '=', task), where('first_task', '=', task)]))
    .orderBy('id')
    .execute();
  if (first === undefined)
    fail(
      'not_found',
      `Task ${task} of Koji is no build of this server.`,
      '"centpkg builds" lists builds and their tasks.',
    );
  return [first, ...rest];
}
