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
    const moved = await movedRefs(db, repositories, push.id, push.component);
    if (moved.length > 0) {
      if (await recordApplied(db, push.id, moved)) settled++;
    } else if (push.created_at.getTime() < now - ABANDON_SECONDS * 1000) {
      await recordAbandoned(db, push.id);
      settled++;
    }
  }
  return settled;
}

async function movedRefs(
  db: Database,
  repositories: Repositories,
  push: string,
  component: ComponentName,
): Promise<string[]> {
  const updates = await db.sql
    .selectFrom('push_ref_updates')
    .select(['ref', 'new_oid'])
    .where('push', '=', push)
    .execute();
  const moved: string[] = [];
  for (const update of updates) {
    const log = await repositories.refLog(component, update.ref);
    if (log.some(({ oid, mark }) => oid === update.new_oid && mark === pushMark(push)))
      moved.push(update.ref);
  }
  return moved;
}
