import type { ApiOutput } from '../../core/api/schemas.ts';
import type { Database } from '../db/database.ts';
import type { RequestContext } from './audit.ts';
import { authorize } from './authorize.ts';

/** Waiting, running and parked jobs. For site admins. */
export async function listJobs(
  db: Database,
  context: RequestContext,
): Promise<ApiOutput<'listJobs'>> {
  await authorize(db, context, { action: 'administer' }, 'jobs');
  const rows = await db.sql.selectFrom('jobs').selectAll().orderBy('id').limit(1000).execute();
  const now = Date.now();
  return {
    items: rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      subject: row.subject,
      state: row.leased_until !== null && row.leased_until.getTime() > now ? 'running' : row.state,
      attempts: row.attempts,
      runAt: row.run_at.toISOString(),
      lastError: row.last_error,
    })),
  };
}
