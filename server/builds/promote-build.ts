import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { KojiLevel } from '../../core/domain/koji-names.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { isArray } from '../koji/xmlrpc-value.ts';
import { ownTasks } from './ask-koji.ts';
import type { BuildDeps } from './build-deps.ts';
import { type BuildRow, findBuild } from './build-rows.ts';
import { haveItSetUp, kojiNamesOf } from './check-build.ts';
import { pushTo, requireBranch } from './find-commit.ts';
import { rememberTags } from './follow-moves.ts';
import { answerAt, numberOf, structOrNull, wholeNumber } from './hub-values.ts';
import { requireTests } from './results.ts';

type Level = Exclude<KojiLevel, 'candidate'>;
const BELOW = { testing: 'candidate', release: 'testing' } as const satisfies Record<
  Level,
  KojiLevel
>;

/** Who may push to the branch may put builds into testing; a chair of the SIG releases them. */
async function requireLevel(deps: BuildDeps, context: RequestContext, row: BuildRow, level: Level) {
  const branch = requireBranch(await deps.components.find(row.component), row);
  const sig = { name: branch.sig, policies: branch.policies };
  const request =
    level === 'testing' ? pushTo(row.component, branch) : ({ action: 'manage-sig', sig } as const);
  const decision = await authorize(deps.db, context, request, row.nvr ?? row.component);
  return { decision, names: await kojiNamesOf(deps, deps.db.sql, branch) };
}

/**
 * Has Koji put a build into the tag of a level, where it is in that of the level below.
 * @throws DistGitError `not_found`, `not_allowed`, `check_failed`, `conflict`, `unavailable`
 */
export async function promoteBuild(
  deps: BuildDeps,
  context: RequestContext,
  { nvr, to }: ApiParsed<'promoteBuild'>,
): Promise<ApiOutput<'promoteBuild'>> {
  const { name: user } = requireUser(context);
  const row = await findBuild(deps.db.sql, nvr);
  const { decision, names } = await requireLevel(deps, context, row, to);
  const [tag, below] = [names.levels[to], names.levels[BELOW[to]]];
  const tags = await rememberTags(deps, row.build);
  if (tags.includes(tag))
    fail('conflict', `${nvr} is in ${tag} already.`, 'There is nothing to do.');
  if (!tags.includes(below))
    fail(
      'check_failed',
      `${nvr} is not in ${below}.`,
      `A build has to be in ${BELOW[to]} before it goes to ${to}.`,
    );
  const results = await requireTests(deps.db.sql, row, to);
  await requireOpen(deps, tag, row);
  const waiting = await deps.db.sql
    .selectFrom('build_moves')
    .select('task')
    .where('build', '=', row.build)
    .where('tag', '=', tag)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (waiting !== undefined)
    fail('conflict', `${nvr} is on its way to ${tag} already.`, `Its task is ${waiting.task}.`);
  const outcome = await deps.koji.hub().write('tagBuild', tag, row.build);
  const task =
    outcome.kind === 'answered'
      ? wholeNumber(outcome.value, 'task')
      : await lastTagTask(deps, row.build);
  await deps.db.transaction(async (sql) => {
    await sql
      .insertInto('build_moves')
      .values({ task, build: row.build, tag, asked_by: user })
      .execute();
    await recordAudit(sql, context, {
      action: 'build.promote',
      subject: nvr,
      decision,
      detail: { to, tag, task, results: results.map(({ id }) => id) },
    });
  });
  return { nvr, tag, task };
}

/** The task of a `tagBuild` that was done, and whose answer is lost. @throws `unavailable` */
async function lastTagTask(deps: BuildDeps, build: number): Promise<number> {
  const tasks = await ownTasks(deps);
  const task = tasks.find(
    ({ method, request }) => method === 'tagBuild' && isArray(request) && request[1] === build,
  );
  if (task !== undefined) return numberOf(task, 'id');
  throw new DistGitError('unavailable', 'Koji has taken it, and its task is not found.', {
    detail: { remedy: 'Ask again in a moment: what is there already is said.' },
  });
}

/** What Koji would find out only in the task, or say in words of its own. */
async function requireOpen({ koji }: BuildDeps, tag: string, row: BuildRow): Promise<void> {
  const { nvr } = row;
  const [name = ''] = /^.+(?=-[^-]+-[^-]+$)/.exec(nvr ?? '') ?? [];
  const answers = await koji.hub().readAll([
    { method: 'getTag', params: [tag] },
    { method: 'checkTagPackage', params: [tag, name] },
  ]);
  const found = structOrNull(answerAt(answers, 0), 'tag');
  const remedy = haveItSetUp(row);
  if (found === null) fail('check_failed', `Koji has no tag ${tag}.`, remedy);
  if (found.locked === true) fail('check_failed', `Tag ${tag} is locked in Koji.`, remedy);
  if (answerAt(answers, 1) !== true)
    fail('check_failed', `Package ${name} is not listed in ${tag}.`, remedy);
}

/**
 * Takes a build out of the tag of a level, by the rule of who may put it there.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict`, `unavailable`
 */
export async function demoteBuild(
  deps: BuildDeps,
  context: RequestContext,
  { nvr, from }: ApiParsed<'demoteBuild'>,
): Promise<ApiOutput<'demoteBuild'>> {
  requireUser(context);
  const row = await findBuild(deps.db.sql, nvr);
  const { decision, names } = await requireLevel(deps, context, row, from);
  const tag = names.levels[from];
  const before = await rememberTags(deps, row.build);
  if (!before.includes(tag))
    fail('conflict', `${nvr} is not in ${tag}.`, 'There is nothing to do.');
  await deps.koji.hub().write('untagBuild', tag, row.build);
  const tags = await rememberTags(deps, row.build);
  await recordAudit(deps.db.sql, context, {
    action: 'build.demote',
    subject: nvr,
    decision,
    detail: { from, tag },
  });
  return { nvr, tag, tags };
}
