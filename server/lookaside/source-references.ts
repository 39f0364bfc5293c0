import { type Insertable, sql as raw } from 'kysely';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { NamedSource } from '../../core/pushes/named-sources.ts';
import type { Sql } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';

/** Rows of one statement: PostgreSQL takes 65,535 parameters. */
const MAX_ROWS = 5000;

/**
 * Records which commits name which sources; what is known already stays as it is. Never removed:
 * branches only move forward, so that a commit which was pushed once stays reachable.
 */
export async function recordReferences(
  sql: Sql,
  component: ComponentName,
  named: readonly NamedSource[],
): Promise<void> {
  const rows: Insertable<Tables['source_references']>[] = named.map(
    ({ ref, commit, file, checksum }) => ({
      component,
      file,
      hash_type: checksum.type,
      hash: checksum.hex,
      ref,
      commit,
    }),
  );
  for (let at = 0; at < rows.length; at += MAX_ROWS)
    await sql
      .insertInto('source_references')
      .values(rows.slice(at, at + MAX_ROWS))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

/** For `where`: some commit names the source. */
export const isReferenced = raw<boolean>`exists (
  select from source_references r
  where r.component = sources.component and r.file = sources.file
    and r.hash_type = sources.hash_type and r.hash = sources.hash)`;
