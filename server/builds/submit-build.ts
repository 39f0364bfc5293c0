import type { Decision } from '../../core/access/decide.ts';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Sql } from '../db/database.ts';
import { askForBuild, askForChain } from './ask-koji.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, buildView } from './build-rows.ts';
import { type CheckedBuild, checkBuild, type WantedBuild } from './check-build.ts';
import { findCommit, pushTo, requireBranch } from './find-commit.ts';
import { endRow } from './finish-build.ts';

/**
 * Has a commit of a branch built, by whoever may push to the branch.
 * @throws DistGitError `not_allowed`, `not_found`, `check_failed`, `conflict`, `unavailable`
 */
export async function startBuild(
  deps: BuildDeps,
  context: RequestContext,
  input: ApiParsed<'startBuild'>,
): Promise<ApiOutput<'startBuild'>> {
  requireUser(context);
  const component = await deps.components.find(input.component);
  const branch = requireBranch(component, input.branch);
  const subject = `${input.component}/${branchName(branch)}`;
  const decision = await authorize(deps.db, context, pushTo(component.name, branch), subject);
  const { scratch, arches, firstArch, skipTag, failFast, background } = input;
  if (arches !== null && !scratch)
    fail(
      'input_invalid',
      'Koji builds on some of the architectures only in scratch builds.',
      'Make it a scratch build; or let the first architecture go before with --first-arch.',
    );
  if (firstArch && scratch)
    fail('input_invalid', 'A scratch build has no build after it.', 'Give arches, or firstArch.');
  const wanted: WantedBuild = {
    component: component.name,
    branch,
    commit: await findCommit(deps, component.name, branch, input.commit),
    srpm: null,
    kind: scratch ? 'scratch' : 'build',
    target: input.target,
    options: { arches, firstArch: null, skipTag, failFast, background },
  };
  return submitBuild(deps, context, decision, wanted, firstArch);
}

/**
 * Checks a build, and has Koji do it.
 * @param firstArch a scratch build on the first architecture goes before
 * @throws DistGitError `check_failed`, `conflict`, `unavailable`
 */
export async function submitBuild(
  deps: BuildDeps,
  context: RequestContext,
  decision: Decision,
  wanted: WantedBuild,
  firstArch: boolean,
): Promise<ApiOutput<'startBuild'>> {
  return submitChecked(deps, context, decision, wanted, await checkBuild(deps, wanted), firstArch);
}

/** The same for what is checked already. @throws DistGitError `check_failed`, `unavailable` */
export async function submitChecked(
  deps: BuildDeps,
  context: RequestContext,
  decision: Decision,
  wanted: WantedBuild,
  checked: CheckedBuild,
  firstArch: boolean,
): Promise<ApiOutput<'startBuild'>> {
  const [first] = checked.arches;
  if (firstArch && first === undefined)
    fail('check_failed', 'The build tag names no architecture.', 'Leave --first-arch out.');
  const options = { ...wanted.options, firstArch: firstArch ? (first ?? null) : null };
  // Whether it is under way was asked before; here the database lets one of two pass.
  const row = await withConstraints(() =>
    deps.db.transaction((sql) => record(sql, context, decision, { ...wanted, options }, checked)),
  );
  const task = await asked(deps, [row], () => askForBuild(deps, row));
  const done = await started(deps, [row.id], task, firstArch);
  return { ...buildView(done[0] ?? row), notes: [...checked.notes] };
}

/**
 * Has components of one collection built one after the other, each from where its branch is.
 * @throws DistGitError as `startBuild`
 */
export async function startChain(
  deps: BuildDeps,
  context: RequestContext,
  input: ApiParsed<'startChain'>,
): Promise<ApiOutput<'startChain'>> {
  requireUser(context);
  const names = input.levels.flat();
  if (new Set(names).size < names.length)
    fail('input_invalid', 'A component is in the chain twice.', 'Name each component once.');
  const options = {
    arches: null,
    firstArch: null,
    skipTag: false,
    failFast: false,
    background: input.background,
  };
  const plan: { wanted: WantedBuild; checked: CheckedBuild; decision: Decision }[][] = [];
  for (const level of input.levels) {
    const builds: (typeof plan)[number] = [];
    for (const name of level) {
      const component = await deps.components.find(name);
      const branch = requireBranch(component, input.branch);
      const subject = `${name}/${branchName(branch)}`;
      const decision = await authorize(deps.db, context, pushTo(name, branch), subject);
      const commit = await findCommit(deps, name, branch, undefined);
      const target = input.target;
      const of = { component: name, branch, commit, srpm: null } as const;
      const wanted = { ...of, kind: 'chain', target, options } as const;
      builds.push({ wanted, checked: await checkBuild(deps, wanted), decision });
    }
    plan.push(builds);
  }
  const levels = await withConstraints(() =>
    deps.db.transaction(async (sql) => {
      const rows: BuildRow[][] = [];
      for (const level of plan) {
        const own: BuildRow[] = [];
        for (const { wanted, checked, decision } of level)
          own.push(await record(sql, context, decision, wanted, checked));
        rows.push(own);
      }
      return rows;
    }),
  );
  const rows = levels.flat();
  const task = await asked(deps, rows, () => askForChain(deps, levels));
  const done = await started(
    deps,
    rows.map(({ id }) => id),
    task,
    false,
  );
  return { task, items: done.map(buildView) };
}

/** A row is there before Koji is asked: whatever happens then, the build is not forgotten. */
async function record(
  sql: Sql,
  context: RequestContext,
  decision: Decision,
  { component, branch, commit, srpm, kind, options }: WantedBuild,
  { target, nvr }: CheckedBuild,
): Promise<BuildRow> {
  const row = await sql
    .insertInto('builds')
    .values({
      kind,
      component,
      collection: branch.collection,
      release: branch.release,
      commit,
      srpm,
      target,
      options: JSON.stringify(options),
      nvr,
      state: 'submitting',
      submitted_by: requireUser(context).name,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordAudit(sql, context, {
    action: 'build.submit',
    subject: `${component}/${branchName(branch)}`,
    decision,
    detail: { build: row.id, kind, ...(srpm === null ? { commit } : { srpm }), target, nvr },
  });
  return row;
}

/** Where Koji says no, the rows say so; where that is in doubt, `followBuilds` finds out. */
export async function asked(
  deps: Pick<BuildDeps, 'db'>,
  rows: readonly BuildRow[],
  ask: () => Promise<number>,
): Promise<number> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DistGitError && error.code !== 'unavailable')
      for (const row of rows)
        await endRow(deps, row, { state: 'failed', problem: error.message }, 'Koji refused it.');
    throw error;
  }
}

/**
 * Koji has the task of these rows. One that was given up for lost meanwhile, by another server with
 * another clock, is under way after all.
 * @returns the rows as they are now
 * @throws DistGitError `conflict` where it was asked for again meanwhile: Koji builds one of the two
 */
export async function started(
  { db }: Pick<BuildDeps, 'db'>,
  ids: readonly number[],
  task: number,
  isFirstArch: boolean,
): Promise<BuildRow[]> {
  const known = isFirstArch
    ? ({ first_task: task, state: 'first-arch' } as const)
    : ({ task, state: 'building' } as const);
  await withConstraints(() =>
    db.sql
      .updateTable('builds')
      .set({ ...known, problem: null, finished_at: null })
      .where('id', 'in', ids)
      .where(isFirstArch ? 'first_task' : 'task', 'is', null)
      .where('state', 'in', ['submitting', 'failed', 'canceled'])
      .execute(),
  );
  return db.sql.selectFrom('builds').selectAll().where('id', 'in', ids).orderBy('id').execute();
}
