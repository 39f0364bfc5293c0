import { batched } from './batched.ts';
import type { Database } from './database.ts';

/**
 * Milliseconds that the count is taken to stand, so that one request asks once. Changes made by
 * this process end it at once; where there is no other process it stands until then.
 */
const STANDS_MS = 5;
/** What was loaded first goes first where there is more: components and users of a large site fit. */
const MAX_ENTRIES = 100_000;

interface Entry {
  readonly value: unknown;
  /** Milliseconds since 1970: what hangs on a date changes without a write. */
  readonly until: number;
}

/**
 * Keeps what permission hangs on, and is never stale: triggers count every change of the tables
 * behind it in `access_version`, in the transaction of the change, and every use asks for the count
 * first: the cheapest of queries, shared by those who ask at once. So a revoked token or a withdrawn
 * approval counts from the next request on, on every server of the database.
 */
export class VersionedCache {
  readonly #entries = new Map<string, Entry>();
  readonly #db: Database;
  readonly #askVersion: (nothing: null) => Promise<number>;
  #known = 0;
  #asked = 0;
  #writes = -1;

  constructor(db: Database) {
    this.#db = db;
    this.#askVersion = batched(async (askers) => {
      const row = await db.sql.selectFrom('access_version').select('version').executeTakeFirst();
      return askers.map(() => row?.version ?? 0);
    });
  }

  /**
   * @param load reads from the database; null is an answer that is not kept. `until`: when it would
   * change by itself
   */
  async get<T>(
    key: string,
    load: () => Promise<{ readonly value: T; readonly until: Date | null } | null>,
  ): Promise<T | null> {
    const version = await this.#version();
    if (version !== this.#known) {
      this.#entries.clear();
      this.#known = version;
    }
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.until > Date.now()) return entry.value as T;
    const loaded = await load();
    if (loaded === null) return null;
    // Read under `version` or later: should that have changed, the next use finds out.
    if (version === this.#known) {
      const [oldest] = this.#entries.size >= MAX_ENTRIES ? this.#entries.keys() : [];
      if (oldest !== undefined) this.#entries.delete(oldest);
      this.#entries.set(key, {
        value: loaded.value,
        until: loaded.until?.getTime() ?? Number.POSITIVE_INFINITY,
      });
    }
    return loaded.value;
  }

  async #version(): Promise<number> {
    const { writes } = this.#db;
    const now = performance.now();
    const stands = this.#db.alone || now - this.#asked < STANDS_MS;
    if (writes === this.#writes && stands) return this.#known;
    const version = await this.#askVersion(null);
    this.#asked = now;
    this.#writes = writes;
    return version;
  }
}
