import { sql as raw } from 'kysely';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { auditRow, type RequestContext, serverAuditRow } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { isSource, objectKeyOf, SOURCE_KEY } from './source-key.ts';
import { isReferenced } from './source-references.ts';

export interface GarbageDeps {
  readonly db: Database;
  readonly store: ObjectStore;
  /** Seconds that an upload nobody names is left alone. */
  readonly grace: number;
  /** Seconds in quarantine before it is deleted. */
  readonly quarantine: number;
}

export const DELETE_JOB = 'lookaside.delete';
/** Rows of one statement. */
const BATCH = 500;
/** Files that a plan names; it counts all. */
const SHOWN = 100;

/** Uploaded long ago, and named by no commit that was ever pushed. */
function garbage(db: Database, grace: number) {
  return (
    db.sql
      .selectFrom('sources')
      .where('sources.state', '=', 'stored')
      .where('sources.uploaded_at', '<', raw<Date>`now() - make_interval(secs => ${grace})`)
      .where('sources.state_since', '<', raw<Date>`now() - make_interval(secs => ${grace})`)
      .where(raw<boolean>`not ${isReferenced}`)
      // Of others it is not known yet what their commits name.
      .where('sources.component', 'in', (inner) =>
        inner.selectFrom('components').select('name').where('references_known', '=', true),
      )
  );
}

function overdue(db: Database, quarantine: number) {
  return db.sql
    .selectFrom('sources')
    .where('sources.state', '=', 'unreferenced')
    .where('sources.state_since', '<', raw<Date>`now() - make_interval(secs => ${quarantine})`)
    .where(raw<boolean>`not ${isReferenced}`);
}

/**
 * Finds what no commit ever named. Without `apply` it only tells; with it, those files go into
 * quarantine, from where `restoreSource` or an upload brings them back, and those that were there
 * for long enough are deleted by a job.
 * @throws DistGitError `not_allowed`
 */
export async function collectGarbage(
  deps: GarbageDeps,
  context: RequestContext,
  { apply }: ApiParsed<'collectGarbage'>,
): Promise<ApiOutput<'collectGarbage'>> {
  const { db, grace, quarantine } = deps;
  const decision = await authorize(db, context, { action: 'administer' }, 'look-aside cache');
  const totals = [
    raw<number>`count(*)::bigint`.as('files'),
    raw<number>`coalesce(sum(size), 0)::bigint`.as('bytes'),
  ] as const;
  const [unused, due, shown] = await Promise.all([
    garbage(db, grace).select(totals).executeTakeFirstOrThrow(),
    overdue(db, quarantine).select(totals).executeTakeFirstOrThrow(),
    garbage(db, grace)
      .select([...SOURCE_KEY, 'size'])
      .orderBy('size', 'desc')
      .limit(SHOWN)
      .execute(),
  ]);
  const plan = {
    applied: apply,
    quarantined: unused,
    deleted: due,
    items: shown.map((row) => ({
      component: row.component,
      file: row.file,
      hashType: row.hash_type,
      hash: row.hash,
      size: row.size,
    })),
  };
  if (!apply) return plan;
  const files = await quarantineAll(db, grace);
  const detail = { quarantined: files, toDelete: due.files };
  const entry = { action: 'lookaside.gc', subject: 'look-aside cache', decision, detail };
  await db.transaction(async (sql) => {
    await sql.insertInto('audit_log').values(auditRow(context, entry)).execute();
    await enqueue(sql, DELETE_JOB, 'overdue');
  });
  return plan;
}

async function quarantineAll(db: Database, grace: number): Promise<number> {
  let files = 0;
  for (;;) {
    const { numUpdatedRows } = await db.sql
      .updateTable('sources')
      .set({ state: 'unreferenced', state_since: raw<Date>`now()` })
      .where(
        raw<boolean>`(component, file, hash_type, hash) in
          (${garbage(db, grace).select(SOURCE_KEY).limit(BATCH)})`,
      )
      .where('state', '=', 'stored')
      .where(raw<boolean>`not ${isReferenced}`)
      .executeTakeFirstOrThrow();
    await keepReferenced(db);
    files += Number(numUpdatedRows);
    if (numUpdatedRows < BATCH) return files;
  }
}

/** A push may have named a file in the very moment in which it went into quarantine. */
async function keepReferenced(db: Database): Promise<void> {
  await db.sql
    .updateTable('sources')
    .set({ state: 'stored', state_since: raw<Date>`now()` })
    .where('state', '=', 'unreferenced')
    .where(isReferenced)
    .execute();
}

/**
 * Deletes what was in quarantine for long enough. Its state says so before its object goes, so that
 * an upload of it is told to come again; what a server that died left half done is done again.
 */
export async function deleteOverdue(deps: GarbageDeps): Promise<void> {
  const { db, store, quarantine } = deps;
  await keepReferenced(db);
  for (;;) {
    await db.sql
      .updateTable('sources')
      .set({ state: 'deleting', state_since: raw<Date>`now()` })
      .where(
        raw<boolean>`(component, file, hash_type, hash) in
          (${overdue(db, quarantine).select(SOURCE_KEY).limit(BATCH)})`,
      )
      // Asked again of each row as it is now: an upload may have brought it back meanwhile.
      .where('state', '=', 'unreferenced')
      .where('state_since', '<', raw<Date>`now() - make_interval(secs => ${quarantine})`)
      .where(raw<boolean>`not ${isReferenced}`)
      .execute();
    const rows = await db.sql
      .selectFrom('sources')
      .select([...SOURCE_KEY, 'size'])
      .where('state', '=', 'deleting')
      .limit(BATCH)
      .execute();
    if (rows.length === 0) return;
    for (const row of rows) {
      await store.delete(objectKeyOf(row));
      await db.transaction(async (sql) => {
        await sql
          .deleteFrom('sources')
          .where(isSource(row))
          .where('state', '=', 'deleting')
          .execute();
        await sql
          .insertInto('audit_log')
          .values(
            serverAuditRow({
              action: 'source.delete',
              subject: `${row.component}/${row.file}`,
              decision: { allowed: true, rule: 'quarantine-ended', reason: '' },
              detail: { [row.hash_type]: row.hash, size: row.size },
            }),
          )
          .execute();
      });
    }
  }
}
