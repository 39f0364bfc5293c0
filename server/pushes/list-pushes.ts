import { sql as raw } from 'kysely';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { Database } from '../db/database.ts';

type PushView = ApiOutput<'listPushes'>['items'][number];

/** Newest first. */
export async function listPushes(
  db: Database,
  { component, limit }: ApiParsed<'listPushes'>,
): Promise<ApiOutput<'listPushes'>> {
  let query = db.sql
    .selectFrom('pushes')
    .select([
      'id',
      'component',
      'user_name',
      'state',
      'created_at',
      raw<PushView['updates']>`(select json_agg(json_build_object(
          'ref', u.ref, 'oldOid', u.old_oid, 'newOid', u.new_oid) order by u.ref)
        from push_ref_updates u where u.push = pushes.id)`.as('updates'),
    ])
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit);
  if (component !== undefined) query = query.where('component', '=', component);
  const items = (await query.execute()).map((row) => ({
    id: row.id,
    component: row.component,
    user: row.user_name,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    updates: row.updates,
  }));
  return { items };
}
