import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { Database } from '../db/database.ts';
import type { RequestContext } from './audit.ts';
import { authorize } from './authorize.ts';

/** Newest first; the next page is `before` the last id of this one. For site admins. */
export async function listAudit(
  db: Database,
  context: RequestContext,
  { before, limit }: ApiParsed<'listAudit'>,
): Promise<ApiOutput<'listAudit'>> {
  await authorize(db, context, { action: 'administer' }, 'audit log');
  let query = db.sql.selectFrom('audit_log').selectAll().orderBy('id', 'desc').limit(limit);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.execute();
  return {
    items: rows.map((row) => ({
      id: row.id,
      at: row.at.toISOString(),
      actor: row.actor,
      credential: row.credential,
      address: row.address,
      requestId: row.request_id,
      action: row.action,
      subject: row.subject,
      allowed: row.allowed,
      rule: row.rule,
      detail: row.detail,
    })),
  };
}
