import { decide } from '../../core/access/decide.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type DesiredState, hubQuestions } from '../../core/koji/desired-state.ts';
import type { Plan } from '../../core/koji/plan.ts';
import { planKoji } from '../../core/koji/plan-koji.ts';
import { needsAttention } from '../../core/koji/provision-result.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import {
  type CollectionRelease,
  goOnInKoji,
  KOJI_JOB,
  kojiSubject,
} from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { readHub } from '../koji/read-hub.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';
import { madeThings } from './made-things.ts';
import type { KojiDeps } from './provision-koji.ts';
import { desiredIn, releasesOf } from './release-facts.ts';

export const DRIFT_JOB = 'koji.drift';
/** Releases that are compared with one request to the hub: some hundred readings. */
const AT_ONCE = 10;

interface Compared extends CollectionRelease {
  readonly plan: Plan;
}

/**
 * What Koji lacks, or has otherwise than declared. Nothing is changed.
 * @throws DistGitError `not_found`, `not_allowed`, `unavailable`
 */
export async function showKojiPlan(
  deps: KojiDeps,
  context: RequestContext,
  { collection: name, release }: ApiParsed<'planKoji'>,
): Promise<ApiOutput<'planKoji'>> {
  const { db } = deps;
  const collection = await findCollectionResource(db.sql, name);
  await authorize(db, context, { action: 'manage-collection', collection }, `Koji for ${name}`);
  const releases = await releasesOf(db.sql, name, release === undefined ? [] : [release]);
  const compared = await compare(
    deps,
    releases.map((one) => ({ collection: name, release: one })),
  );
  return { items: compared.map(view) };
}

/**
 * Compares what was set up with what Koji has now: of one collection, or of all that the asking
 * user may manage.
 * @throws DistGitError `authentication_required`, `not_found`, `not_allowed`, `unavailable`
 */
export async function findDrift(
  deps: KojiDeps,
  context: RequestContext,
  { collection: name }: ApiParsed<'findDrift'>,
): Promise<ApiOutput<'findDrift'>> {
  const { db } = deps;
  requireUser(context);
  if (name !== undefined) {
    const collection = await findCollectionResource(db.sql, name);
    await authorize(db, context, { action: 'manage-collection', collection }, `Koji for ${name}`);
  }
  const all = await setUp(db);
  const mine: CollectionRelease[] = [];
  for (const one of all) {
    if (name !== undefined && one.collection !== name) continue;
    const collection = await findCollectionResource(db.sql, one.collection);
    if (decide(context.principal, { action: 'manage-collection', collection }).allowed)
      mine.push(one);
  }
  const compared = await look(deps, mine);
  return { looked: mine.length, items: compared.filter(({ plan }) => isOff(plan)).map(view) };
}

/** Has the drift of everything looked for, by a job. */
export function requestDrift(db: Database): Promise<void> {
  return db.transaction((sql) => enqueue(sql, DRIFT_JOB, 'all'));
}

/**
 * The job: what is not at its end yet has another try, for an admin of the hub may have done what
 * was asked; what is at its end is compared with the hub.
 */
export async function lookForDrift(deps: KojiDeps): Promise<void> {
  const { db, koji } = deps;
  if (!koji.isOn) return;
  const all = await setUp(db);
  const open = all.filter(({ state, parked }) => state === 'attention' || parked);
  await db.transaction((sql) => goOnInKoji(sql, open));
  await look(
    deps,
    all.filter(({ state }) => state === 'done'),
  );
}

/** Every release that was asked to be set up; `parked`: its job was given up. */
async function setUp(db: Database) {
  const parked = await db.sql
    .selectFrom('jobs')
    .select('subject')
    .where('kind', '=', KOJI_JOB)
    .where('state', '=', 'parked')
    .execute();
  const subjects = new Set(parked.map(({ subject }) => subject));
  const rows = await db.sql
    .selectFrom('koji_provisions')
    .select(['collection', 'release', 'state'])
    .orderBy('collection')
    .orderBy('release')
    .execute();
  return rows.map((row) => Object.assign(row, { parked: subjects.has(kojiSubject(row)) }));
}

/** Compares, and remembers what is found. */
async function look(deps: KojiDeps, all: readonly CollectionRelease[]): Promise<Compared[]> {
  const compared = await compare(deps, all);
  for (const { collection, release, plan } of compared) {
    const of = { collection, release };
    await deps.db.transaction(async (sql) => {
      await sql
        .deleteFrom('koji_drift')
        .where('collection', '=', collection)
        .where('release', '=', release)
        .execute();
      if (isOff(plan))
        await sql
          .insertInto('koji_drift')
          .values({ ...of, plan: JSON.stringify(plan) })
          // Two may look at once.
          .onConflict((conflict) =>
            conflict.columns(['collection', 'release']).doUpdateSet({ plan: JSON.stringify(plan) }),
          )
          .execute();
    });
  }
  return compared;
}

const isOff = (plan: Plan): boolean => needsAttention(plan) || plan.findings.length > 0;

async function compare(
  { db, koji }: KojiDeps,
  all: readonly CollectionRelease[],
): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (let start = 0; start < all.length; start += AT_ONCE) {
    const part = all.slice(start, start + AT_ONCE);
    const desired: DesiredState[] = [];
    for (const of of part) desired.push(await desiredIn(db.sql, koji, of));
    const { state } = await readHub(koji.hub(), hubQuestions(desired));
    for (const [index, of] of part.entries()) {
      const ours = new Set((await madeThings(db, of).load()).map(({ thing }) => thing));
      const plan = planKoji(desired.slice(index, index + 1), state, { ours, named: new Set() });
      compared.push({ collection: of.collection, release: of.release, plan });
    }
  }
  return compared;
}

/** As the API gives it: the same, and nobody's to change. */
const view = ({ collection, release, plan }: Compared) => ({
  collection,
  release,
  plan: structuredClone(plan) as ApiOutput<'planKoji'>['items'][number]['plan'],
});
