import { decide } from '../../core/access/decide.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type TestName, testsInTheWay } from '../../core/domain/test-result.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Sql } from '../db/database.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, findBuild } from './build-rows.ts';
import { pushTo, requireBranch } from './find-commit.ts';
import type { ResultRow } from './result-rows.ts';
import { newestResults, resultView } from './result-rows.ts';

/** Results in one answer. */
const MOST_RESULTS = 1000;

/**
 * Records what came of a test of a build, by whoever may promote it to one of the levels: chairs of
 * the SIG, and who may push to its branch, with the accounts of CI systems that the SIG approved
 * for that. Nothing is ever changed or taken back; what is said last of a test counts.
 * @throws DistGitError `not_found`, `not_allowed`
 */
export async function recordResult(
  deps: Pick<BuildDeps, 'db' | 'components'>,
  context: RequestContext,
  { nvr, test, outcome, url }: ApiParsed<'recordResult'>,
): Promise<ApiOutput<'recordResult'>> {
  const { name: user } = requireUser(context);
  const row = await findBuild(deps.db.sql, nvr);
  const branch = requireBranch(await deps.components.find(row.component), row);
  const sig = { name: branch.sig, policies: branch.policies };
  const asChair = decide(context.principal, { action: 'manage-sig', sig });
  const decision = asChair.allowed
    ? asChair
    : await authorize(deps.db, context, pushTo(row.component, branch), nvr);
  return deps.db.transaction(async (sql) => {
    const result = await sql
      .insertInto('build_results')
      .values({ record: row.id, test, outcome, url, recorded_by: user })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(sql, context, {
      action: 'build.result',
      subject: nvr,
      decision,
      detail: { result: result.id, test, outcome, url },
    });
    return resultView(result);
  });
}

/** The newest results of a build, and which it needs. @throws DistGitError `not_found` */
export async function listResults(
  { db }: Pick<BuildDeps, 'db'>,
  { nvr }: ApiParsed<'listResults'>,
): Promise<ApiOutput<'listResults'>> {
  const row = await findBuild(db.sql, nvr);
  const results = await db.sql
    .selectFrom('build_results')
    .selectAll()
    .where('record', '=', row.id)
    .orderBy('id', 'desc')
    .limit(MOST_RESULTS)
    .execute();
  const required = await requiredTests(db.sql, row);
  return {
    items: results.map(resultView),
    promotion: { testing: { tests: required.testing }, release: { tests: required.release } },
  };
}

async function requiredTests(sql: Sql, { collection }: Pick<BuildRow, 'collection'>) {
  const { testing_tests: testing, release_tests: release } = await sql
    .selectFrom('collections')
    .select(['testing_tests', 'release_tests'])
    .where('name', '=', collection)
    .executeTakeFirstOrThrow();
  return { testing, release };
}

/**
 * The results by which a build may go to a level.
 * @throws DistGitError `check_failed` where one that its collection requires is missing, or bad
 */
export async function requireTests(
  sql: Sql,
  row: Pick<BuildRow, 'id' | 'collection' | 'nvr'>,
  level: 'testing' | 'release',
): Promise<readonly ResultRow[]> {
  const { [level]: required } = await requiredTests(sql, row);
  const results = (await newestResults(sql, [row.id])).get(row.id) ?? [];
  const outcomes = new Map(results.map(({ test, outcome }) => [test, outcome]));
  const bad = testsInTheWay(required, outcomes);
  const [first] = bad;
  if (first !== undefined)
    fail(
      'check_failed',
      `For ${level}, ${row.collection} wants tests that ${row.nvr} has not passed: ${bad
        .map(({ test, outcome }) => `${test} (${outcome ?? 'no result'})`)
        .join(', ')}.`,
      `When it has passed: centpkg result add ${row.nvr} --test ${first.test} --outcome passed`,
    );
  const wanted = new Set<TestName>(required);
  return results.filter(({ test }) => wanted.has(test));
}
