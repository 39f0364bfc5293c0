import { sql as raw } from 'kysely';
import { decide } from '../../core/access/decide.ts';
import { parseBranchRef } from '../../core/domain/branch-name.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { NamedSource } from '../../core/pushes/named-sources.ts';
import type { RefUpdate } from '../../core/pushes/push-facts.ts';
import type { RequestContext } from '../access/audit.ts';
import { auditRow } from '../access/audit.ts';
import { type Component, collectionsOf } from '../components/find-component.ts';
import { BUILD_JOB } from '../components/koji-jobs.ts';
import type { Database } from '../db/database.ts';
import { jobRow } from '../jobs/job-queue.ts';
import { recordReferences } from '../lookaside/source-references.ts';

/** Seconds: the pushes of that time share one run of maintenance. */
const MAINTENANCE_DELAY = 600;

/** The push passed its checks; git moves the refs next. Durable before git may go on. */
export async function recordChecked(
  db: Database,
  context: RequestContext & { readonly principal: { readonly kind: 'user' } },
  push: string,
  component: Component,
  updates: readonly RefUpdate[],
  named: readonly NamedSource[],
): Promise<void> {
  const { principal } = context;
  const decision = decide(principal, {
    action: 'push',
    component: component.name,
    collections: collectionsOf(component.branches),
  });
  const entry = auditRow(context, {
    action: 'push',
    subject: component.name,
    decision,
    detail: { push, refs: updates.map(({ ref }) => ref) },
  });
  const refs = updates.map(({ ref, oldOid, newOid }) => ({
    push,
    ref,
    old_oid: oldOid,
    new_oid: newOid,
  }));
  // Before the push is recorded: should it come to nothing, a file is kept that need not be.
  if (named.length > 0) await recordReferences(db.sql, component.name, named);
  // One statement is one round trip and one transaction: all rows or none.
  await db.sql
    .with('audit', (sql) => sql.insertInto('audit_log').values(entry))
    .with('refs', (sql) => sql.insertInto('push_ref_updates').values(refs))
    .insertInto('pushes')
    .values({ id: push, component: component.name, user_name: principal.name, state: 'checked' })
    .execute();
}

/**
 * git moved these refs. Changes nothing when the push is settled already: it is recorded once,
 * whether by the hook or by the sweeper.
 */
export async function recordApplied(
  db: Database,
  push: { readonly id: string; readonly component: ComponentName },
  refs: readonly string[],
): Promise<boolean> {
  const settled = await db.sql
    .with('settled', (sql) =>
      sql
        .updateTable('pushes')
        .set({ state: 'applied', settled_at: raw<Date>`now()` })
        .where('id', '=', push.id)
        .where('state', '=', 'checked')
        .returning('id'),
    )
    .with('unmoved', (sql) =>
      sql
        .deleteFrom('push_ref_updates')
        .where('push', '=', push.id)
        .where('ref', 'not in', refs)
        .where((where) => where.exists(where.selectFrom('settled').select('id'))),
    )
    .with('maintenance', (sql) =>
      sql
        .insertInto('jobs')
        .values(jobRow('repository.maintain', push.component, MAINTENANCE_DELAY))
        .onConflict((conflict) => conflict.doNothing()),
    )
    .with('builds', (sql) =>
      sql
        .insertInto('jobs')
        .columns(['kind', 'subject'])
        .expression((from) =>
          from
            .selectFrom('settled')
            .select([raw.lit(BUILD_JOB).as('kind'), 'settled.id as subject'])
            .where((where) =>
              where.exists(
                where
                  .selectFrom('auto_builds')
                  .select('collection')
                  .where('collection', 'in', collectionsIn(refs)),
              ),
            ),
        ),
    )
    .selectFrom('settled')
    .select('id')
    .executeTakeFirst();
  return settled !== undefined;
}

/** Of the branches among these refs; never none, for the sake of SQL. */
function collectionsIn(refs: readonly string[]): CollectionName[] {
  const names = refs.map((ref) => parseBranchRef(ref)?.collection ?? ('' as CollectionName));
  return [...new Set(names)];
}

/** git never moved a ref for this push. */
export async function recordAbandoned(db: Database, push: string): Promise<void> {
  await db.sql
    .updateTable('pushes')
    .set({ state: 'abandoned', settled_at: raw<Date>`now()` })
    .where('id', '=', push)
    .where('state', '=', 'checked')
    .execute();
}
