import { sql as raw } from 'kysely';
import { decide } from '../../core/access/decide.ts';
import { type CollectionName, parseCollectionName } from '../../core/domain/collection.ts';
import { type ElRelease, parseElRelease } from '../../core/domain/el-release.ts';
import type { RequestContext } from '../access/audit.ts';
import type { Sql } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { findCollectionResource } from '../sigs/find-sig.ts';

export const KOJI_JOB = 'koji.provision';
/** Has a push built, where that is wanted; the subject is its id. */
export const BUILD_JOB = 'push.build';

export interface CollectionRelease {
  readonly collection: CollectionName;
  readonly release: ElRelease;
}

/** A job's subject, and back. */
export const kojiSubject = ({ collection, release }: CollectionRelease): string =>
  `${collection} ${release}`;

export function parseKojiSubject(subject: string): CollectionRelease {
  const [collection = '', release = ''] = subject.split(' ');
  return { collection: parseCollectionName(collection), release: parseElRelease(release) };
}

/**
 * In the transaction that changes what Koji should have: the job that sets it up runs now, even
 * where it waits for another try or was given up.
 */
export async function enqueueKoji(sql: Sql, of: CollectionRelease): Promise<void> {
  const subject = kojiSubject(of);
  await sql
    .deleteFrom('jobs')
    .where('kind', '=', KOJI_JOB)
    .where('subject', '=', subject)
    .where((where) =>
      where.or([
        where('state', '=', 'parked'),
        where('leased_until', 'is', null),
        where('leased_until', '<', raw<Date>`now()`),
      ]),
    )
    .execute();
  await enqueue(sql, KOJI_JOB, subject);
}

/**
 * Has the jobs run again although nobody asked: where the SIG sets up Koji itself. Elsewhere a site
 * admin was asked for what was declared then, and it may have changed since.
 */
export async function goOnInKoji(sql: Sql, all: readonly CollectionRelease[]): Promise<void> {
  for (const one of all) {
    const { sig } = await findCollectionResource(sql, one.collection);
    if (sig.policies.koji === 'members') await enqueueKoji(sql, one);
  }
}

/**
 * What was set up in Koji for these collections is brought up to date, where the asking user may
 * have that done; else it is found as drift.
 */
export async function followInKoji(
  sql: Sql,
  context: RequestContext,
  collections: readonly CollectionName[],
): Promise<void> {
  if (collections.length === 0) return;
  const rows = await sql
    .selectFrom('koji_provisions')
    .select(['collection', 'release'])
    .where('collection', 'in', collections)
    .orderBy('collection')
    .orderBy('release')
    .execute();
  for (const row of rows) {
    const collection = await findCollectionResource(sql, row.collection);
    if (!decide(context.principal, { action: 'apply-koji', collection }).allowed) continue;
    await markWaiting(sql, row);
    await enqueueKoji(sql, row);
  }
}

/** The number of a request for a release: a run of an earlier one does not tell its end. */
export const NEXT_REQUEST = raw<number>`koji_provisions.request + 1`;

async function markWaiting(sql: Sql, { collection, release }: CollectionRelease) {
  await sql
    .updateTable('koji_provisions')
    .set({ state: 'waiting', request: NEXT_REQUEST, result: null })
    .where('collection', '=', collection)
    .where('release', '=', release)
    .execute();
}
