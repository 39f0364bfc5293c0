import type { ApiOutput } from '../../core/api/schemas.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import { type CollectionRelease, KOJI_JOB, kojiSubject } from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import type { Koji } from '../koji/open-koji.ts';
import { desiredIn, releasesOf } from './release-facts.ts';

type Status = ApiOutput<'showKoji'>;
type ReleaseStatus = Status['items'][number];

/** How far the set-up of Koji has come, per EL release. @throws DistGitError `not_found` */
export async function showKoji(
  { db, koji }: { readonly db: Database; readonly koji: Koji },
  collection: CollectionName,
): Promise<Status> {
  const items: ReleaseStatus[] = [];
  for (const release of await releasesOf(db.sql, collection)) {
    const of = { collection, release };
    const { target } = (await desiredIn(db.sql, koji, of)).target;
    const [provision, drift] = [await provisionOf(db, of), await driftOf(db, of)];
    items.push({ release, target, ...provision, drift });
  }
  return { collection, items };
}

async function provisionOf(
  db: Database,
  of: CollectionRelease,
): Promise<Omit<ReleaseStatus, 'release' | 'target' | 'drift'>> {
  const row = await db.sql
    .selectFrom('koji_provisions')
    .selectAll()
    .where('collection', '=', of.collection)
    .where('release', '=', of.release)
    .executeTakeFirst();
  const job = await db.sql
    .selectFrom('jobs')
    .select(['state', 'last_error'])
    .where('kind', '=', KOJI_JOB)
    .where('subject', '=', kojiSubject(of))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const isParked = row?.state === 'waiting' && job?.state === 'parked';
  const { steps = [], findings = [], requests = [] } = row?.result ?? {};
  return {
    state: isParked ? 'parked' : (row?.state ?? 'none'),
    requestedBy: row?.requested_by ?? null,
    requestedAt: row?.requested_at.toISOString() ?? null,
    ranAt: row?.ran_at?.toISOString() ?? null,
    error: job?.last_error ?? null,
    steps: [...steps],
    findings: [...findings],
    requests: requests.map(({ message, commands, blocks }) => ({
      message,
      commands: [...commands],
      blocks: [...blocks],
    })),
  };
}

async function driftOf(
  db: Database,
  { collection, release }: CollectionRelease,
): Promise<ReleaseStatus['drift']> {
  const row = await db.sql
    .selectFrom('koji_drift')
    .selectAll()
    .where('collection', '=', collection)
    .where('release', '=', release)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { steps, findings } = row.plan;
  return {
    lookedAt: row.looked_at.toISOString(),
    steps: steps.length,
    findings: findings.length,
  };
}
