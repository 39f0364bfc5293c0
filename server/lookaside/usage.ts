import { sql as raw } from 'kysely';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type RequestContext, recordAudit } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database } from '../db/database.ts';
import { sigUsage } from './quota.ts';

/** Everything that the cache has. */
export function totalUsage(db: Database): Promise<{ files: number; bytes: number }> {
  return db.sql
    .selectFrom('source_usage')
    .select([
      raw<number>`coalesce(sum(files), 0)::bigint`.as('files'),
      raw<number>`coalesce(sum(bytes), 0)::bigint`.as('bytes'),
    ])
    .executeTakeFirstOrThrow();
}

/** By SIG; a component of two SIGs counts for both, and once in the total. */
export async function showUsage(db: Database): Promise<ApiOutput<'showUsage'>> {
  const total = await totalUsage(db);
  const sigs = await db.sql.selectFrom('sigs').select(['name', 'quota']).orderBy('name').execute();
  const items = [];
  for (const { name, quota } of sigs)
    items.push({ sig: name, ...(await sigUsage(db.sql, name)), quota });
  return { total, items };
}

/** @throws DistGitError `not_found`, `not_allowed`: quotas are the site admins' */
export async function setQuota(
  db: Database,
  context: RequestContext,
  { sig, quota }: ApiParsed<'setQuota'>,
): Promise<ApiOutput<'setQuota'>> {
  const decision = await authorize(db, context, { action: 'administer' }, `SIG ${sig}`);
  return db.transaction(async (sql) => {
    const { numUpdatedRows } = await sql
      .updateTable('sigs')
      .set({ quota })
      .where('name', '=', sig)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n)
      throw new DistGitError('not_found', `There is no SIG ${sig}.`, {
        detail: { remedy: '"centpkg sig list" shows what is there.' },
      });
    await recordAudit(sql, context, {
      action: 'sig.quota',
      subject: sig,
      decision,
      detail: { quota },
    });
    return { sig, ...(await sigUsage(sql, sig)), quota };
  });
}
