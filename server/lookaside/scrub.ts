import { sql as raw } from 'kysely';
import type { Logger } from 'pino';
import type { ApiOutput } from '../../core/api/schemas.ts';
import type { HashType } from '../../core/domain/checksum.ts';
import type { SourceState } from '../../core/domain/source-state.ts';
import { type RequestContext, recordAudit, requireUser, serverAuditRow } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import type { BodyPool } from '../storage/body-pool.ts';
import { chunksOf } from '../storage/chunks.ts';
import type { ObjectKey, ObjectStore } from '../storage/object-store.ts';
import { isSource, objectKeyOf, SOURCE_KEY, type SourceKey } from './source-key.ts';
import { totalUsage } from './usage.ts';

export interface ScrubDeps {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly bodies: BodyPool;
  /** Bytes read per second, on average. */
  readonly rate: number;
  readonly log: Logger;
}

export const SCRUB_JOB = 'lookaside.scrub';
/** One run of the job takes that long, so that other jobs come to their turn. */
const SLICE_MS = 10_000;
/** Rows that are looked up at once. */
const BATCH = 100;

interface Row extends SourceKey {
  readonly size: number;
}

/**
 * Begins to read everything again, or goes on where it stopped; there is one scrub at a time.
 * @throws DistGitError `not_allowed`
 */
export async function startScrub(
  db: Database,
  context: RequestContext,
): Promise<ApiOutput<'showScrub'>> {
  const decision = await authorize(db, context, { action: 'administer' }, 'look-aside cache');
  const { name } = requireUser(context);
  await db.transaction(async (sql) => {
    const begun = await sql
      .insertInto('scrubs')
      .values({ started_by: name })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    await enqueue(sql, SCRUB_JOB, 'all');
    if (begun !== undefined)
      await recordAudit(sql, context, {
        action: 'lookaside.scrub',
        subject: 'look-aside cache',
        decision,
        detail: { scrub: begun.id },
      });
  });
  return showScrub(db, context);
}

/** How far the last scrub has come. */
export async function showScrub(
  db: Database,
  context: RequestContext,
): Promise<ApiOutput<'showScrub'>> {
  await authorize(db, context, { action: 'administer' }, 'look-aside cache');
  const last = await db.sql
    .selectFrom('scrubs')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    total: await totalUsage(db),
    last:
      last === undefined
        ? null
        : {
            id: last.id,
            startedBy: last.started_by,
            startedAt: last.started_at.toISOString(),
            finishedAt: last.finished_at?.toISOString() ?? null,
            files: last.files,
            bytes: last.bytes,
            damaged: last.damaged,
            missing: last.missing,
            unknown: last.unknown,
          },
  };
}

/**
 * Reads on from where the scrub is, for some seconds, and asks for its own next run. What it has
 * read is recorded file by file: a server that dies reads at most one again. An outage of the store
 * is an error, which the job's back-off tries again: it never counts as damage.
 * @param stopAt milliseconds since 1970, for tests
 */
export async function scrubSlice(
  deps: ScrubDeps,
  stopAt: number = Date.now() + SLICE_MS,
): Promise<void> {
  const { db } = deps;
  const scrub = await db.sql
    .selectFrom('scrubs')
    .select(['id', 'cursor'])
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (scrub === undefined) return;
  let { cursor } = scrub;
  for (;;) {
    const rows = await nextRows(db, cursor);
    for (const row of rows) {
      if (Date.now() >= stopAt) {
        await enqueue(db.sql, SCRUB_JOB, 'all');
        return;
      }
      const began = Date.now();
      const outcome = await scrubOne(deps, row);
      cursor = [row.component, row.file, row.hash_type, row.hash];
      await recordProgress(db, scrub.id, cursor, row.size, outcome);
      const due = (row.size / deps.rate) * 1000 - (Date.now() - began);
      if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    }
    if (rows.length < BATCH) break;
  }
  const unknown = await findUnknown(deps);
  await db.sql
    .updateTable('scrubs')
    .set({ finished_at: raw<Date>`now()`, unknown })
    .where('id', '=', scrub.id)
    .execute();
}

function nextRows(db: Database, cursor: readonly string[] | null): Promise<Row[]> {
  const [component = '', file = '', type = '', hash = ''] = cursor ?? [];
  return db.sql
    .selectFrom('sources')
    .select([...SOURCE_KEY, 'size'])
    .where('state', 'in', ['stored', 'unreferenced'])
    .$if(cursor !== null, (query) =>
      query.where(
        raw<boolean>`(component, file, hash_type, hash) > (${component}, ${file}, ${type}, ${hash})`,
      ),
    )
    .orderBy('component')
    .orderBy('file')
    .orderBy('hash_type')
    .orderBy('hash')
    .limit(BATCH)
    .execute();
}

async function scrubOne(deps: ScrubDeps, row: Row): Promise<'good' | 'damaged' | 'missing'> {
  const key = objectKeyOf(row);
  // Read twice before it is called damaged: the first time may have met a bad cable.
  const first = await isWhole(deps, key, row);
  if (first === true) return 'good';
  const second = await isWhole(deps, key, row);
  if (second === true) return 'good';
  if (second !== null) await setAside(deps, key);
  const outcome = second === null ? 'missing' : 'damaged';
  await setState(deps.db, row, outcome);
  deps.log.error({ key, outcome }, 'a source can not be had any more; upload it again');
  // An upload may have brought a good copy meanwhile, and been recorded before this state was.
  if ((await deps.store.head(key)) !== null) await setState(deps.db, row, 'stored');
  return outcome;
}

/** @returns null: there is none */
async function isWhole(deps: ScrubDeps, key: ObjectKey, row: Row): Promise<boolean | null> {
  const opened = await deps.store.get(key);
  if (opened === null) return null;
  const hash = deps.bodies.hash(row.hash_type as HashType);
  let size = 0;
  let ended = false;
  try {
    for await (const chunk of chunksOf(opened.body)) {
      size += chunk.length;
      await hash.update(chunk);
    }
    ended = true;
  } finally {
    opened.body.destroy();
    if (!ended) await hash.abandon();
  }
  return (await hash.digest()) === row.hash && size === row.size;
}

/** The bad bytes stay, under a name that nobody asks for, and make room for a good copy. */
async function setAside({ store }: ScrubDeps, key: ObjectKey): Promise<void> {
  const opened = await store.get(key);
  if (opened !== null) {
    const stamp = new Date().toISOString().replace(/\D/g, '');
    const { mtime } = opened.info;
    await store.put(`${key}.damaged-${stamp}` as ObjectKey, chunksOf(opened.body), () => mtime);
  }
  await store.delete(key);
}

async function setState(db: Database, row: Row, state: SourceState): Promise<void> {
  await db.sql
    .with('audit', (sql) =>
      sql.insertInto('audit_log').values(
        serverAuditRow({
          action: `source.${state}`,
          subject: `${row.component}/${row.file}`,
          decision: { allowed: true, rule: 'scrub', reason: '' },
          detail: { [row.hash_type]: row.hash, size: row.size },
        }),
      ),
    )
    .updateTable('sources')
    .set({ state, state_since: raw<Date>`now()` })
    .where(isSource(row))
    .execute();
}

async function recordProgress(
  db: Database,
  id: number,
  cursor: string[],
  bytes: number,
  outcome: 'good' | 'damaged' | 'missing',
): Promise<void> {
  await db.sql
    .updateTable('scrubs')
    .set((scrub) => ({
      cursor,
      files: scrub('files', '+', 1),
      bytes: scrub('bytes', '+', bytes),
      ...(outcome === 'good' ? {} : { [outcome]: scrub(outcome, '+', 1) }),
    }))
    .where('id', '=', id)
    .execute();
}

/** Objects that no row names: an upload that never came to its end, or bytes that were set aside. */
async function findUnknown({ db, store }: ScrubDeps): Promise<number> {
  let unknown = 0;
  let keys: string[] = [];
  const count = async (): Promise<void> => {
    if (keys.length === 0) return;
    const known = await db.sql
      .selectFrom('sources')
      .select(raw<number>`count(*)::bigint`.as('files'))
      .where(
        raw<boolean>`component || '/' || file || '/' || hash_type || '-' || hash = any(${keys})
          and component = any(${[...new Set(keys.map((key) => key.split('/')[0] ?? ''))]})`,
      )
      .executeTakeFirstOrThrow();
    unknown += keys.length - known.files;
    keys = [];
  };
  for await (const key of store.list()) {
    keys.push(key);
    if (keys.length >= 1000) await count();
  }
  await count();
  return unknown;
}
