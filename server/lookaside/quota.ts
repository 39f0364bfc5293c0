import { sql as raw } from 'kysely';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import type { SigName } from '../../core/domain/sig.ts';
import type { Component } from '../components/find-component.ts';
import type { Database, Sql } from '../db/database.ts';

/**
 * How much of a file every SIG of the component has room for.
 * @param size bytes of the file at the most; null: not known
 * @returns bytes; infinite where no SIG has a quota
 * @throws DistGitError `storage_full` where a quota is used up, or the file is larger than its rest
 */
export async function quotaLeft(
  db: Database,
  component: Component,
  size: number | null,
): Promise<number> {
  let left = Number.POSITIVE_INFINITY;
  const quotas = new Map(component.branches.map(({ sig, quota }) => [sig, quota]));
  for (const [sig, quota] of quotas) {
    if (quota === null) continue;
    const { bytes } = await sigUsage(db.sql, sig);
    const rest = quota - bytes;
    if (rest <= 0 || (size !== null && size > rest))
      throw new DistGitError(
        'storage_full',
        `SIG ${sig} has used ${formatBytes(bytes)} of its ${formatBytes(quota)} in the look-aside cache.`,
        {
          detail: {
            remedy: `Nothing was stored. Ask a site admin for more: centpkg sig quota ${sig} SIZE`,
          },
        },
      );
    left = Math.min(left, rest);
  }
  return left;
}

/** Files and bytes of all components in the SIG's collections; a component counts once. */
export async function sigUsage(
  sql: Sql,
  sig: SigName,
): Promise<{ readonly files: number; readonly bytes: number }> {
  return sql
    .selectFrom('source_usage')
    .select([
      raw<number>`coalesce(sum(files), 0)::bigint`.as('files'),
      raw<number>`coalesce(sum(bytes), 0)::bigint`.as('bytes'),
    ])
    .where('component', 'in', (inner) =>
      inner
        .selectFrom('component_collections')
        .innerJoin('collections', 'collections.name', 'component_collections.collection')
        .select('component_collections.component')
        .where('collections.sig', '=', sig),
    )
    .executeTakeFirstOrThrow();
}
