import { sql as raw } from 'kysely';
import { decide } from '../../core/access/decide.ts';
import type { RefUpdate } from '../../core/pushes/push-facts.ts';
import type { RequestContext } from '../access/audit.ts';
import { recordAudit } from '../access/audit.ts';
import { type Component, collectionsOf } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';
import { enqueue } from '../jobs/job-queue.ts';

/** Seconds: the pushes of that time share one run of maintenance. */
const MAINTENANCE_DELAY = 600;

/** The push passed its checks; git moves the refs next. Durable before git may go on. */
export async function recordChecked(
  db: Database,
  context: RequestContext & { readonly principal: { readonly kind: 'user' } },
  push: string,
  component: Component,
  updates: readonly RefUpdate[],
): Promise<void> {
  const { principal } = context;
  const decision = decide(principal, {
    action: 'push',
    component: component.name,
    collections: collectionsOf(component.branches),
  });
  await db.transaction(async (sql) => {
    await sql
      .insertInto('pushes')
      .values({
        id: push,
        component: component.name,
        user_name: principal.name,
        state: 'checked',
      })
      .execute();
    await sql
      .insertInto('push_ref_updates')
      .values(
        updates.map(({ ref, oldOid, newOid }) => ({
          push,
          ref,
          old_oid: oldOid,
          new_oid: newOid,
        })),
      )
      .execute();
    await recordAudit(sql, context, {
      action: 'push',
      subject: component.name,
      decision,
      detail: { push, refs: updates.map(({ ref }) => ref) },
    });
  });
}

/**
 * git moved these refs. Changes nothing when the push is settled already: it is recorded once,
 * whether by the hook or by the sweeper.
 */
export async function recordApplied(
  db: Database,
  push: string,
  refs: readonly string[],
): Promise<boolean> {
  return db.transaction(async (sql) => {
    const settled = await sql
      .updateTable('pushes')
      .set({ state: 'applied', settled_at: raw<Date>`now()` })
      .where('id', '=', push)
      .where('state', '=', 'checked')
      .returning('component')
      .executeTakeFirst();
    if (settled === undefined) return false;
    await sql
      .deleteFrom('push_ref_updates')
      .where('push', '=', push)
      .where('ref', 'not in', refs)
      .execute();
    await enqueue(sql, 'repository.maintain', settled.component, MAINTENANCE_DELAY);
    return true;
  });
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
