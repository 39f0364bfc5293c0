import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { Database } from '../db/database.ts';
import { buildView } from './build-rows.ts';
import { parkedPushes } from './parked-pushes.ts';
import { newestResults, resultView } from './result-rows.ts';

/**
 * Newest first, each with the newest result of each of its tests, and the pushes whose builds could
 * not be asked for.
 */
export async function listBuilds(
  db: Database,
  input: ApiParsed<'listBuilds'>,
): Promise<ApiOutput<'listBuilds'>> {
  const { component, branch, state, limit } = input;
  let query = db.sql.selectFrom('builds').selectAll().orderBy('id', 'desc').limit(limit);
  if (component !== undefined) query = query.where('component', '=', component);
  if (state !== undefined) query = query.where('state', '=', state);
  if (branch !== undefined)
    query = query.where('collection', '=', branch.collection).where('release', '=', branch.release);
  const rows = await query.execute();
  const results = await newestResults(
    db.sql,
    rows.map(({ id }) => id),
  );
  const items = rows.map((row) => {
    const own = results.get(row.id) ?? [];
    return Object.assign(buildView(row), { results: own.map(resultView) });
  });
  return { items, parked: state === undefined ? await parkedPushes(db, input) : [] };
}
