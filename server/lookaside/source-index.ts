import { type Insertable, sql as raw } from 'kysely';
import type { SourceAddress, SourceContent } from '../../core/domain/lookaside-path.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { type AuditEntry, auditRow, type RequestContext } from '../access/audit.ts';
import { batched } from '../db/batched.ts';
import { Coming } from '../db/coming.ts';
import type { Database } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';
import { isOneOfSources, isSource, SOURCE_KEY, type SourceKey, sourceKey } from './source-key.ts';

export interface StoredSource {
  /** Bytes. */
  readonly size: number;
  /** The uploader's modification time of the file. */
  readonly mtime: Date;
}

/** Milliseconds that a record waits for others at the most: less than a disk takes to store a file. */
const GATHER_MS = 10;

type SourceRow = Insertable<Tables['sources']>;
type AuditRow = Insertable<Tables['audit_log']>;

/** What the look-aside cache has. Questions and records that come at once share statements. */
export class SourceIndex {
  /** What is known of a file; null: the cache does not have it, or not where it can be had. */
  readonly find: (address: SourceAddress) => Promise<StoredSource | null>;
  /** A file of the component that has this content, whatever its name; null: there is none. */
  readonly findContent: (content: SourceContent) => Promise<SourceAddress | null>;
  readonly #record: (rows: { source: SourceRow; audit: AuditRow }) => Promise<boolean>;

  readonly #db: Database;
  readonly #coming = new Coming();

  constructor(db: Database) {
    this.#db = db;
    this.find = batched((addresses) => findSources(db, addresses));
    this.findContent = batched((contents) => findContents(db, contents));
    this.#record = batched(
      (rows) => recordSources(db, rows),
      () => this.#coming.all(GATHER_MS),
    );
  }

  /**
   * Says that a record is about to come, so that it shares a statement with others: it costs little
   * more for ten files than for one.
   * @returns to be called when it came, or will not come
   */
  announce(): () => void {
    return this.#coming.add();
  }

  /** Takes back what `record` recorded, where its object turned out to be gone. */
  async forget(address: SourceAddress): Promise<void> {
    await this.#db.sql
      .deleteFrom('sources')
      .where(isSource(sourceKey(address)))
      .where('state', '=', 'stored')
      .execute();
  }

  async has(address: SourceAddress): Promise<boolean> {
    return (await this.find(address)) !== null;
  }

  /**
   * Records a stored file and its audit entry, both or none.
   * @returns false where the file was recorded already
   */
  record(
    context: RequestContext,
    address: SourceAddress,
    source: StoredSource & { readonly user: NonNullable<SourceRow['uploaded_by']> },
    decision: AuditEntry['decision'],
  ): Promise<boolean> {
    const { component, file, checksum } = address;
    return this.#record({
      source: {
        ...sourceKey(address),
        size: source.size,
        mtime: source.mtime,
        uploaded_by: source.user,
      },
      audit: auditRow(context, {
        action: 'upload',
        subject: `${component}/${file}`,
        decision,
        detail: { [checksum.type]: checksum.hex, size: source.size },
      }),
    });
  }
}

const keyText = (key: SourceKey): string =>
  `${key.component}/${key.file}/${key.hash_type}/${key.hash}`;

async function findSources(
  db: Database,
  addresses: readonly SourceAddress[],
): Promise<(StoredSource | null)[]> {
  const keys = addresses.map(sourceKey);
  const rows = await db.sql
    .selectFrom('sources')
    .select([...SOURCE_KEY, 'size', 'mtime'])
    .where(isOneOfSources(keys))
    .where('state', '=', 'stored')
    .execute();
  const found = new Map(rows.map((row) => [keyText(row), { size: row.size, mtime: row.mtime }]));
  return keys.map((key) => found.get(keyText(key)) ?? null);
}

async function findContents(
  db: Database,
  contents: readonly SourceContent[],
): Promise<(SourceAddress | null)[]> {
  const tuples = contents.map(
    ({ component, checksum }) => raw`(${component}, ${checksum.type}, ${checksum.hex})`,
  );
  const rows = await db.sql
    .selectFrom('sources')
    .select(SOURCE_KEY)
    .where(raw<boolean>`(component, hash_type, hash) in (${raw.join(tuples)})`)
    .where('state', '=', 'stored')
    .orderBy('file')
    .execute();
  return contents.map(({ component, checksum }) => {
    // The same checksum is the same content: any name will do.
    const found = rows.find(
      (row) =>
        row.component === component && row.hash_type === checksum.type && row.hash === checksum.hex,
    );
    return found === undefined
      ? null
      : { component, file: parseSourceFileName(found.file), checksum };
  });
}

async function recordSources(
  db: Database,
  rows: readonly { source: SourceRow; audit: AuditRow }[],
): Promise<boolean[]> {
  // The same file twice in one statement counts once, for whoever came first.
  const seen = new Set<string>();
  const first = rows.map(({ source }) => {
    const key = keyText(source);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  // One statement is one round trip and one transaction: all rows or none.
  const inserted = await db.sql
    .with('audit', (sql) => sql.insertInto('audit_log').values(rows.map(({ audit }) => audit)))
    .insertInto('sources')
    .values(rows.filter((_, index) => first[index]).map(({ source }) => source))
    // What was in quarantine is back, as this upload brought it.
    .onConflict((conflict) =>
      conflict
        .columns(SOURCE_KEY)
        .doUpdateSet({
          state: 'stored',
          state_since: raw<Date>`now()`,
          size: raw<number>`excluded.size`,
          mtime: raw<Date>`excluded.mtime`,
          uploaded_by: raw<UserName>`excluded.uploaded_by`,
          uploaded_at: raw<Date>`excluded.uploaded_at`,
        })
        .where('sources.state', 'not in', ['stored', 'deleting']),
    )
    .returning(SOURCE_KEY)
    .execute();
  const isNew = new Set(inserted.map(keyText));
  return rows.map(({ source }, index) => first[index] === true && isNew.has(keyText(source)));
}
