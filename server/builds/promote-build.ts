import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { KojiLevel } from '../../core/domain/koji-names.ts';
import type { Nvr } from '../../core/domain/nvr.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { BuildDeps } from './build-deps.ts';
import {
  askForMove,
  endMove,
  findMoveTask,
  recordMove,
  rememberTags,
  setTask,
} from './build-moves.ts';
import { type BuildRow, findBuild } from './build-rows.ts';
import { haveItSetUp, kojiNamesOf } from './check-build.ts';
import { pushTo, requireBranch } from './find-commit.ts';
import { answerAt, structOrNull, wholeNumber } from './hub-values.ts';
import { requireTests } from './results.ts';
import { ACCOUNT_CALLS, requireTagRight } from './tag-right.ts';

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
  await requireSame(deps, nvr, row.build);
  const tags = await rememberTags(deps, row);
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
    .where('record', '=', row.id)
    .where('tag', '=', tag)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (waiting !== undefined)
    fail(
      'conflict',
      `${nvr} is on its way to ${tag} already.`,
      waiting.task === null ? '"centpkg builds" shows it.' : `Its task is ${waiting.task}.`,
    );
  const entry = {
    action: 'build.promote',
    subject: nvr,
    decision,
    detail: { to, tag, ...(results.length === 0 ? {} : { results: results.map(({ id }) => id) }) },
  };
  const move = await recordMove(deps, context, { user, row, tag, way: 'in' }, entry);
  const task = await askForMove(deps, move, async () => {
    const outcome = await deps.koji.hub().write('tagBuild', tag, row.build);
    if (outcome.kind === 'answered') return wholeNumber(outcome.value, 'task');
    return (await findMoveTask(deps, move)) ?? lost();
  });
  await setTask(deps, move, task);
  return { nvr, tag, task };
}

/** `followMoves` looks for it again. @throws DistGitError `unavailable` */
const lost = (): never =>
  fail(
    'unavailable',
    'Koji has taken it, and its task is not found.',
    '"centpkg builds" shows in a moment what came of it.',
  );

/**
 * That the number is still that of the build: a hub that was set up anew gives its numbers again.
 * @throws DistGitError `not_found`, `unavailable`
 */
async function requireSame({ koji }: BuildDeps, nvr: Nvr, build: number): Promise<void> {
  const there = structOrNull(await koji.hub().read('getBuild', nvr), 'build');
  if (there === null || there.id !== build)
    fail(
      'not_found',
      `Koji does not have the build of ${nvr} any more that is recorded here.`,
      'Build it again: centpkg build',
    );
}

/** What Koji would find out only in the task, or say in words of its own. */
async function requireOpen({ koji }: BuildDeps, tag: string, row: BuildRow): Promise<void> {
  const { nvr } = row;
  const [name = ''] = /^.+(?=-[^-]+-[^-]+$)/.exec(nvr ?? '') ?? [];
  const answers = await koji
    .hub()
    .readAll([
      { method: 'getTag', params: [tag] },
      { method: 'checkTagPackage', params: [tag, name] },
      ...ACCOUNT_CALLS,
    ]);
  const found = structOrNull(answerAt(answers, 0), 'tag');
  const remedy = haveItSetUp(row);
  if (found === null) fail('check_failed', `Koji has no tag ${tag}.`, remedy);
  if (found.locked === true) fail('check_failed', `Tag ${tag} is locked in Koji.`, remedy);
  if (answerAt(answers, 1) !== true)
    fail('check_failed', `Package ${name} is not listed in ${tag}.`, remedy);
  requireTagRight(found, answers.slice(2));
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
  const { name: user } = requireUser(context);
  const row = await findBuild(deps.db.sql, nvr);
  const { decision, names } = await requireLevel(deps, context, row, from);
  const tag = names.levels[from];
  await requireSame(deps, nvr, row.build);
  const before = await rememberTags(deps, row);
  if (!before.includes(tag))
    fail('conflict', `${nvr} is not in ${tag}.`, 'There is nothing to do.');
  const entry = { action: 'build.demote', subject: nvr, decision, detail: { from, tag } };
  const move = await recordMove(deps, context, { user, row, tag, way: 'out' }, entry);
  await askForMove(deps, move, () => deps.koji.hub().write('untagBuild', tag, row.build));
  await endMove(deps, move, null);
  return { nvr, tag, tags: await rememberTags(deps, row) };
}
