import { sql as raw, type Selectable } from 'kysely';
import type { HashType } from '../../core/domain/checksum.ts';
import { lookasideKey, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import type { SourceFileName } from '../../core/domain/source-file-name.ts';
import type { Tables } from '../db/tables.ts';
import type { ObjectKey } from '../storage/object-store.ts';

/** The columns that name a file of the look-aside cache, in every table that tells of one. */
export const SOURCE_KEY = ['component', 'file', 'hash_type', 'hash'] as const;
export type SourceKey = Pick<Selectable<Tables['sources']>, (typeof SOURCE_KEY)[number]>;

export const sourceKey = ({ component, file, checksum }: SourceAddress): SourceKey => ({
  component,
  file,
  hash_type: checksum.type,
  hash: checksum.hex,
});

/** For `where`: the row tells of this file. */
export const isSource = (key: SourceKey) => isOneOfSources([key]);

/** For `where`: the row tells of one of these files. */
export function isOneOfSources(keys: readonly SourceKey[]) {
  const tuples = keys.map(
    (key) => raw`(${key.component}, ${key.file}, ${key.hash_type}, ${key.hash})`,
  );
  return raw<boolean>`(component, file, hash_type, hash) in (${raw.join(tuples)})`;
}

/** Where the object store has it. */
export function objectKeyOf(row: SourceKey): ObjectKey {
  const checksum = { type: row.hash_type as HashType, hex: row.hash };
  const file = row.file as SourceFileName;
  return lookasideKey({ component: row.component, file, checksum }) as ObjectKey;
}
