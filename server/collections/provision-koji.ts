import { sql as raw } from 'kysely';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ApiParsed } from '../../core/api/schemas.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { hubQuestions } from '../../core/koji/desired-state.ts';
import { planKoji } from '../../core/koji/plan-koji.ts';
import { needsAttention, type ProvisionResult } from '../../core/koji/provision-result.ts';
import { type RequestContext, recordAudit, requireUser, serverAuditRow } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import {
  type CollectionRelease,
  enqueueKoji,
  goOnInKoji,
  NEXT_REQUEST,
  parseKojiSubject,
} from '../components/koji-jobs.ts';
import { requireOwnKojiNames } from '../components/own-koji-names.ts';
import type { Database, Sql } from '../db/database.ts';
import { applyPlan } from '../koji/apply-plan.ts';
import type { Koji } from '../koji/open-koji.ts';
import { provisionResult } from '../koji/step-results.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';
import { showKoji } from './koji-status.ts';
import { madeThings } from './made-things.ts';
import { desiredIn, requireReleases } from './release-facts.ts';

export interface KojiDeps {
  readonly db: Database;
  readonly koji: Koji;
  /** Looks for due jobs now. */
  wakeJobs(): void;
}

/**
 * Has Koji set up as the collection is declared: by a job, at once.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict`, `unavailable` where there is no Koji
 */
export async function applyKoji(
  deps: KojiDeps,
  context: RequestContext,
  { collection: name, releases: wanted, overwrite }: ApiParsed<'applyKoji'>,
) {
  const { db, koji } = deps;
  const collection = await findCollectionResource(db.sql, name);
  const request = { action: 'apply-koji', collection } as const;
  const decision = await authorize(db, context, request, `Koji for ${name}`);
  koji.hub();
  const releases = await requireReleases(db.sql, name, wanted);
  for (const release of releases)
    await requireOwnKojiNames(db.sql, koji, { collection: name, release });
  await db.transaction(async (sql) => {
    await requestKojiSetUp(sql, {
      collection: name,
      releases,
      overwrite,
      by: requireUser(context).name,
    });
    await recordAudit(sql, context, {
      action: 'collection.apply-koji',
      subject: name,
      decision,
      detail: { releases, overwrite },
    });
  });
  deps.wakeJobs();
  return showKoji(deps, name);
}

/** The intent, in the transaction of what it follows from. */
export async function requestKojiSetUp(
  sql: Sql,
  {
    collection,
    releases,
    overwrite,
    by,
  }: {
    readonly collection: CollectionName;
    readonly releases: readonly ElRelease[];
    readonly overwrite: readonly string[];
    readonly by: UserName;
  },
): Promise<void> {
  for (const release of releases) {
    const request = {
      requested_by: by,
      requested_at: raw<Date>`now()`,
      overwrite: [...overwrite],
      state: 'waiting' as const,
      result: null,
    };
    await sql
      .insertInto('koji_provisions')
      .values({ collection, release, ...request })
      .onConflict((conflict) =>
        conflict
          .columns(['collection', 'release'])
          .doUpdateSet({ ...request, request: NEXT_REQUEST }),
      )
      .execute();
    await enqueueKoji(sql, { collection, release });
  }
}

/**
 * The job: Koji has what it should have for a collection on one EL release, as far as it can have
 * it now. Running it again changes nothing.
 */
export async function provisionKoji(deps: KojiDeps, subject: string): Promise<void> {
  try {
    await provision(deps, parseKojiSubject(subject));
  } catch (cause) {
    if (cause instanceof DistGitError) throw cause;
    // Everybody may read why it failed; what is ours alone is for the log.
    throw new Error('The server failed; its log tells why.', { cause });
  }
}

async function provision(deps: KojiDeps, of: CollectionRelease): Promise<void> {
  const { db, koji } = deps;
  const asked = await db.sql
    .selectFrom('koji_provisions')
    .select(['request', 'overwrite', 'result'])
    .where('collection', '=', of.collection)
    .where('release', '=', of.release)
    .executeTakeFirst();
  if (asked === undefined) return;
  await requireOwnKojiNames(db.sql, koji, of);
  const desired = [await desiredIn(db.sql, koji, of)];
  const named = new Set(asked.overwrite);
  const applied = await applyPlan({
    hub: koji.hub(),
    questions: hubQuestions(desired),
    things: madeThings(db, of),
    plan: (state, ours) => planKoji(desired, state, { ours, named }),
  });
  await storeResult(db, of, asked, provisionResult(applied));
  if (applied.done.length > 0) deps.wakeJobs();
}

/** What earlier runs for the same request have done is told with what this one did. */
function withEarlier(earlier: ProvisionResult | null, result: ProvisionResult): ProvisionResult {
  const now = new Set(result.steps.map(({ step }) => step));
  const before = (earlier?.steps ?? []).filter(
    ({ step, state }) => state === 'done' && !now.has(step),
  );
  return { ...result, steps: [...before, ...result.steps] };
}

async function storeResult(
  db: Database,
  of: CollectionRelease,
  asked: { readonly request: number; readonly result: ProvisionResult | null },
  result: ProvisionResult,
): Promise<void> {
  const { collection, release } = of;
  const isDone = !needsAttention(result);
  const done = result.steps.filter(({ state }) => state === 'done').map(({ step }) => step);
  await db.transaction(async (sql) => {
    // A later request is not answered by this run: it has a run of its own.
    await sql
      .updateTable('koji_provisions')
      .set({
        state: isDone ? 'done' : 'attention',
        result: JSON.stringify(withEarlier(asked.result, result)),
        ran_at: raw<Date>`now()`,
        ...(isDone ? { overwrite: [] } : {}),
      })
      .where('collection', '=', collection)
      .where('release', '=', release)
      .where('request', '=', asked.request)
      .execute();
    await sql
      .deleteFrom('koji_drift')
      .where('collection', '=', collection)
      .where('release', '=', release)
      .execute();
    if (done.length === 0) return;
    await sql
      .insertInto('audit_log')
      .values(
        serverAuditRow({
          action: 'koji.provision',
          subject: collection,
          decision: { allowed: true, rule: 'job', reason: 'It was asked for.' },
          detail: { release, done },
        }),
      )
      .execute();
    await goOnInKoji(sql, await waitingFor(sql, of));
  });
}

/** What depends on it, and did not come to its end. */
function waitingFor(sql: Sql, { collection, release }: CollectionRelease) {
  return sql
    .selectFrom('koji_provisions as p')
    .innerJoin('collection_depends as d', (join) =>
      join.onRef('d.collection', '=', 'p.collection').onRef('d.release', '=', 'p.release'),
    )
    .select(['p.collection', 'p.release'])
    .where('p.state', '!=', 'done')
    .where('d.depends_on', '=', collection)
    .where('d.release', '=', release)
    .execute();
}
