import type { Selectable } from 'kysely';
import type { ApiOutput } from '../../core/api/schemas.ts';
import type { Sql } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';

export type ResultRow = Selectable<Tables['build_results']>;

export const resultView = (row: ResultRow): ApiOutput<'recordResult'> => ({
  id: row.id,
  test: row.test,
  outcome: row.outcome,
  url: row.url,
  recordedBy: row.recorded_by,
  recordedAt: row.recorded_at.toISOString(),
});

/** The newest result of each test of some builds, by the number of their row; tests by name. */
export async function newestResults(
  sql: Sql,
  records: readonly number[],
): Promise<Map<number, ResultRow[]>> {
  const found = new Map<number, ResultRow[]>();
  if (records.length === 0) return found;
  const rows = await sql
    .selectFrom('build_results')
    .distinctOn(['record', 'test'])
    .selectAll()
    .where('record', 'in', records)
    .orderBy('record')
    .orderBy('test')
    .orderBy('id', 'desc')
    .execute();
  for (const row of rows) found.set(row.record, [...(found.get(row.record) ?? []), row]);
  return found;
}
