import type { Selectable } from 'kysely';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { UserName } from '../../core/domain/sig.ts';
import {
  type AuditEntry,
  type RequestContext,
  recordAudit,
  serverAuditRow,
} from '../access/audit.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Tables } from '../db/tables.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildRow } from './build-rows.ts';
import { findOwnTask } from './find-task.ts';
import { tagsOf } from './finish-build.ts';
import { numberOf, structOrNull } from './hub-values.ts';

/** What was asked for: that a build comes into a tag, or out of it. */
export type Move = Selectable<Tables['build_moves']>;

/** A build that is in Koji. */
export type Built = Pick<BuildRow, 'id'> & { readonly build: number };

/**
 * Records what is about to be asked of Koji, and who asked: whatever happens then, it is not
 * forgotten, and `followMoves` finds out what came of it.
 * @throws DistGitError `conflict` where the same is under way
 */
export function recordMove(
  { db }: Pick<BuildDeps, 'db'>,
  context: RequestContext,
  { user, row, tag, way }: { user: UserName; row: Built; tag: string; way: Move['way'] },
  entry: AuditEntry,
): Promise<Move> {
  return withConstraints(() =>
    db.transaction(async (sql) => {
      const move = await sql
        .insertInto('build_moves')
        .values({ record: row.id, build: row.build, tag, way, asked_by: user })
        .returningAll()
        .executeTakeFirstOrThrow();
      await recordAudit(sql, context, entry);
      return move;
    }),
  );
}

/** Runs what asks Koji; where it says no, that is how the move ended. @throws what `ask` throws */
export async function askForMove<T>(
  deps: BuildDeps,
  move: Move,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DistGitError && error.code !== 'unavailable')
      await endMove(deps, move, error.message);
    throw error;
  }
}

export async function setTask(
  { db }: Pick<BuildDeps, 'db'>,
  move: Move,
  task: number,
): Promise<void> {
  await db.sql
    .updateTable('build_moves')
    .set({ task })
    .where('id', '=', move.id)
    .where('task', 'is', null)
    .execute();
}

/**
 * The task of a `tagBuild` whose answer is lost; null: Koji has none.
 * @throws DistGitError `unavailable`
 */
export async function findMoveTask(
  deps: Pick<BuildDeps, 'db' | 'koji'>,
  { build, tag, asked_at: since }: Move,
): Promise<number | null> {
  const found = structOrNull(await deps.koji.hub().read('getTag', tag), 'tag');
  if (found === null) return null;
  const id = numberOf(found, 'id');
  const before = await deps.db.sql
    .selectFrom('build_moves')
    .select('task')
    .where('build', '=', build)
    .where('task', 'is not', null)
    .execute();
  const known = new Set(before.map(({ task }) => task));
  return findOwnTask(
    deps,
    'tagBuild',
    since,
    (request, task) => request[0] === id && request[1] === build && !known.has(task),
  );
}

const MISSED = { in: 'It did not come into', out: 'It did not come out of' } as const;

/** Records how a move ended, once. @param problem in Koji's words; null: it is done */
export async function endMove(
  deps: Pick<BuildDeps, 'db' | 'koji'>,
  move: Move,
  problem: string | null,
): Promise<void> {
  const { record, build, tag, way, task } = move;
  await rememberTags(deps, { id: record, build }).catch((error: unknown) => {
    // Koji may have the build no more, which is no reason to ask for ever.
    if (!(error instanceof DistGitError) || error.code === 'unavailable') throw error;
  });
  const shown = problem === null ? null : `${MISSED[way]} ${tag}: ${problem}`;
  await deps.db.transaction(async (sql) => {
    const ended = await sql
      .updateTable('build_moves')
      .set({ finished_at: new Date(), problem })
      .where('id', '=', move.id)
      .where('finished_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (ended === undefined) return;
    const { nvr } = await sql
      .updateTable('builds')
      .set((set) => ({
        // What is wrong with the build's git tag stays.
        problem: set
          .case()
          .when(set.or([set('problem', 'is', null), set('problem', 'like', 'It did not come %')]))
          .then(shown)
          .else(set.ref('problem'))
          .end(),
      }))
      .where('id', '=', record)
      .returning('nvr')
      .executeTakeFirstOrThrow();
    const entry = {
      action: way === 'in' ? 'build.tagged' : 'build.untagged',
      subject: nvr ?? String(build),
      decision: { allowed: true, rule: 'koji-task', reason: 'What Koji made of it.' },
      detail: { tag, task, problem },
    } as const;
    await sql.insertInto('audit_log').values(serverAuditRow(entry)).execute();
  });
}

/** Looks at which tags a build is in. @returns them */
export async function rememberTags(
  deps: Pick<BuildDeps, 'db' | 'koji'>,
  { id, build }: Built,
): Promise<string[]> {
  const tags = await tagsOf(deps, build);
  await deps.db.sql.updateTable('builds').set({ tags }).where('id', '=', id).execute();
  return tags;
}
