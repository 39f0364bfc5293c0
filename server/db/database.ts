import { AsyncLocalStorage } from 'node:async_hooks';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Pool, types as pgTypes } from 'pg';
import * as foundation from './migrations/001-foundation.ts';
import * as references from './migrations/002-references.ts';
import * as origins from './migrations/003-origins.ts';
import * as uploadAudit from './migrations/004-upload-audit.ts';
import * as directory from './migrations/005-directory.ts';
import * as sshKeys from './migrations/006-ssh-keys.ts';
import * as accessRequests from './migrations/007-access-requests.ts';
import * as webSessions from './migrations/008-web-sessions.ts';
import * as collectionSettings from './migrations/009-collection-settings.ts';
import * as koji from './migrations/010-koji.ts';
import * as builds from './migrations/011-builds.ts';
import * as endOfLife from './migrations/012-end-of-life.ts';
import * as srpmResults from './migrations/013-srpm-results.ts';
import * as buildIntents from './migrations/014-build-intents.ts';
import { PgliteClient } from './pglite-client.ts';
import type { Tables } from './tables.ts';

/** What a query runs on: the pool, or one transaction. Use cases take it first. */
export type Sql = Kysely<Tables>;

const MIGRATIONS = {
  '001-foundation': foundation,
  '002-references': references,
  '003-origins': origins,
  '004-upload-audit': uploadAudit,
  '005-directory': directory,
  '006-ssh-keys': sshKeys,
  '007-access-requests': accessRequests,
  '008-web-sessions': webSessions,
  '009-collection-settings': collectionSettings,
  '010-koji': koji,
  '011-builds': builds,
  '012-end-of-life': endOfLife,
  '013-srpm-results': srpmResults,
  '014-build-intents': buildIntents,
};

/**
 * Owns the connections. The root handle is private: PGlite has one connection, so that a query
 * beside an open transaction would wait for it for ever; here it is an immediate error instead.
 */
export class Database {
  readonly #root: Sql;
  readonly #insideTransaction = new AsyncLocalStorage<true>();
  readonly #late = new Set<Promise<unknown>>();

  /** Transactions that this process has ended: whoever keeps something can tell that time passed. */
  writes = 0;

  /**
   * Nobody else writes to this database: every change ends a transaction here. It has one
   * connection, so that a statement sees what was asked before it.
   */
  readonly alone: boolean;

  constructor(root: Sql, alone: boolean) {
    this.#root = root;
    this.alone = alone;
  }

  /** For single statements. @throws Error inside a transaction */
  get sql(): Sql {
    if (this.#insideTransaction.getStore() === true)
      throw new Error('A query outside of the transaction that is open; use its own handle.');
    return this.#root;
  }

  /** Commits what `act` does through its handle, or none of it. Nothing external belongs inside. */
  transaction<T>(act: (sql: Sql) => Promise<T>): Promise<T> {
    const root = this.sql;
    return this.#insideTransaction
      .run(true, () => root.transaction().execute(act))
      .finally(() => {
        this.writes++;
      });
  }

  /** Brings the schema up to date; safe when several servers start at once. */
  async migrate(): Promise<void> {
    const migrator = new Migrator({
      db: this.#root,
      provider: { getMigrations: async () => MIGRATIONS },
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined)
      throw new Error('The database could not be migrated.', { cause: error });
  }

  /** Something is being written that nobody waits for; `close` does. */
  closesAfter(work: Promise<unknown>): void {
    this.#late.add(work);
    const ended = (): boolean => this.#late.delete(work);
    work.then(ended, ended);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#late);
    await this.#root.destroy();
  }
}

/** bigint arrives as text from PostgreSQL; sizes and ids stay below 2^53. */
const BIGINT = pgTypes.builtins.INT8;

/** @param folder where PGlite keeps its files; null: in memory */
export async function openPglite(folder: string | null): Promise<Database> {
  const pglite = new PgliteClient(folder);
  await pglite.waitReady;
  return new Database(new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) }), true);
}

export function openPostgres(url: string, poolSize: number): Database {
  const types = {
    getTypeParser: (
      oid: Parameters<typeof pgTypes.getTypeParser>[0],
      format?: 'text' | 'binary',
    ) => (oid === BIGINT && format !== 'binary' ? Number : pgTypes.getTypeParser(oid, format)),
  };
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    types,
    connectionTimeoutMillis: 10_000,
  });
  // An idle connection that breaks is replaced by the pool; the next query tells of an outage.
  pool.on('error', () => {});
  // One in use tells its query; without a listener it would end the process as well.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Database(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }), false);
}
