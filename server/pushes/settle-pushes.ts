import type { ComponentName } from '../../core/domain/component-name.ts';
import type { Database } from '../db/database.ts';
import type { Repositories } from '../git/repositories.ts';
import { pushMark } from './push-mark.ts';
import { recordAbandoned, recordApplied } from './record-push.ts';

/** A push that was checked so many seconds ago has moved its refs, if its server still lives. */
const STALE_SECONDS = 10;
/** git may outlive its server; after so long it does no more. */
const ABANDON_SECONDS = 600;

/**
 * Settles pushes whose server died between the check and the record: the reflog tells exactly
 * which refs a push has moved, even when the same commit was pushed again since.
 * @returns how many were settled
 */
export async function settlePushes(db: Database, repositories: Repositories): Promise<number> {
  const now = Date.now();
  const stale = await db.sql
    .selectFrom('pushes')
    .select(['id', 'component', 'created_at'])
    .where('state', '=', 'checked')
    .where('created_at', '<', new Date(now - STALE_SECONDS * 1000))
    .orderBy('created_at')
    .limit(100)
    .execute();
  let settled = 0;
  for (const push of stale) {
    const updates = await db.sql
      .selectFrom('push_ref_updates')
      .select(['ref', 'new_oid as newOid'])
      .where('push', '=', push.id)
      .execute();
    const moved = await movedRefs(repositories, push, updates);
    if (moved.length > 0) {
      if (await recordApplied(db, push, moved)) settled++;
    } else if (push.created_at.getTime() < now - ABANDON_SECONDS * 1000) {
      await recordAbandoned(db, push.id);
      settled++;
    }
  }
  return settled;
}

/** The refs that git has moved for this very push. */
export async function movedRefs(
  repositories: Repositories,
  push: { readonly id: string; readonly component: ComponentName },
  updates: readonly { readonly ref: string; readonly newOid: string }[],
): Promise<string[]> {
  const mark = pushMark(push.id);
  const moved: string[] = [];
  for (const { ref, newOid } of updates)
    if (await repositories.wasMoved(push.component, ref, { oid: newOid, mark })) moved.push(ref);
  return moved;
}
