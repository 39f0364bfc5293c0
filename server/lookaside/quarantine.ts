import { sql as raw } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type RequestContext, recordAudit } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database } from '../db/database.ts';
import { isSource } from './source-key.ts';

/** Files that can not be had: unused, damaged or missing; the latest first. For site admins. */
export async function listQuarantine(
  db: Database,
  context: RequestContext,
  { component, limit }: ApiParsed<'listQuarantine'>,
): Promise<ApiOutput<'listQuarantine'>> {
  await authorize(db, context, { action: 'administer' }, 'look-aside cache');
  const rows = await db.sql
    .selectFrom('sources')
    .selectAll()
    .where('state', '!=', 'stored')
    .$if(component !== undefined, (query) => query.where('component', '=', component ?? null))
    .orderBy('state_since', 'desc')
    .limit(limit)
    .execute();
  return {
    items: rows.map((row) => ({
      component: row.component,
      file: row.file,
      hashType: row.hash_type,
      hash: row.hash,
      size: row.size,
      state: row.state,
      since: row.state_since.toISOString(),
    })),
  };
}

/**
 * Takes an unused file out of quarantine, with its old bytes.
 * @throws DistGitError `not_found`, `conflict` where only an upload can bring it back
 */
export async function restoreSource(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'restoreSource'>,
): Promise<ApiOutput<'restoreSource'>> {
  const subject = `${input.component}/${input.file}`;
  const decision = await authorize(db, context, { action: 'administer' }, subject);
  const { component, file, hash } = input;
  const key = { component, file, hash_type: input.hashType, hash };
  return db.transaction(async (sql) => {
    const row = await sql
      .selectFrom('sources')
      .select('state')
      .where(isSource(key))
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined)
      fail(
        'not_found',
        `${subject} is not in the look-aside cache by this ${input.hashType}.`,
        '"centpkg lookaside quarantine" lists what is in quarantine.',
      );
    if (row.state !== 'unreferenced')
      fail(
        'conflict',
        row.state === 'stored'
          ? `${subject} is not in quarantine.`
          : `${subject} is ${row.state}: there is nothing to restore.`,
        'Upload the file again to bring it back.',
      );
    await sql
      .updateTable('sources')
      .set({ state: 'stored', state_since: raw<Date>`now()` })
      .where(isSource(key))
      .execute();
    await recordAudit(sql, context, {
      action: 'source.restore',
      subject,
      decision,
      detail: { [input.hashType]: input.hash },
    });
    return { ...input, state: 'stored' as const };
  });
}
