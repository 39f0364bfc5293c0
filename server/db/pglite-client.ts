import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PGliteTransaction } from 'kysely';

export interface PgliteRequest {
  readonly id: number;
  /** null: close. */
  readonly sql: string | null;
  readonly parameters: unknown[];
}
export type PgliteAnswer =
  | { readonly id: number; readonly rows: unknown[]; readonly affectedRows: number | undefined }
  | {
      readonly id: number;
      readonly error: {
        readonly message: string;
        readonly code: string | undefined;
        readonly constraint: string | undefined;
      };
    };

interface Results<T> {
  readonly rows: T[];
  readonly affectedRows?: number;
  /** Asked for by kysely's type, used by nobody. */
  readonly fields: never[];
}
interface Waiting {
  readonly resolve: (results: Results<unknown>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * PGlite in a process of its own, in the shape that kysely's `PGliteDialect` wants: its statements
 * and syncs would stall every request beside them, and its memory would make every start of a git
 * slow, for which the kernel copies the page tables. One connection, so that a transaction has it
 * alone.
 */
export class PgliteClient {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  /** The end of the last transaction: what comes after waits for it. */
  #free: Promise<unknown> = Promise.resolve();
  ready = false;
  closed = false;
  readonly waitReady: Promise<void>;

  /** @param folder where it keeps its files; null: in memory */
  constructor(folder: string | null) {
    const program = fileURLToPath(new URL('pglite-process.ts', import.meta.url));
    this.#process = fork(program, folder === null ? [] : [folder], {
      serialization: 'advanced',
      env: {},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.waitReady = new Promise<void>((resolve, reject) => {
      this.#waiting.set(0, {
        resolve: () => {
          this.ready = true;
          resolve();
        },
        reject,
      });
    });
    this.#process.on('message', (answer) => this.#take(answer as PgliteAnswer));
    const lost = (error: unknown): void => {
      const expected = this.closed || !this.ready;
      this.closed = true;
      const reason = new Error('The embedded database ended.', { cause: error });
      for (const { reject } of this.#waiting.values()) reject(reason);
      this.#waiting.clear();
      // A server without its database serves nobody: it ends, and whoever runs it starts it again.
      if (!expected)
        queueMicrotask(() => {
          throw reason;
        });
    };
    this.#process.on('error', lost);
    this.#process.on('exit', lost);
  }

  async query<T>(sql: string, parameters: unknown[] = []): Promise<Results<T>> {
    await this.#free;
    return this.#send<T>(sql, parameters);
  }

  /** Runs `act` with the connection to itself; commits, or rolls back where it throws. */
  async transaction<T>(act: (transaction: PGliteTransaction) => Promise<T>): Promise<T> {
    const before = this.#free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    await before;
    try {
      await this.#send('begin', []);
      try {
        let failure: unknown = null;
        const result = await act({
          query: (sql, parameters = []) =>
            this.#send<never>(sql, parameters).catch((error: unknown) => {
              failure ??= error;
              throw error;
            }),
          // kysely rolls back by throwing out of `act`.
          rollback: () => Promise.reject(new Error('Throw instead.')),
        });
        // A commit after a failed statement rolls back without a word.
        if (failure !== null) throw failure;
        await this.#send('commit', []);
        return result;
      } catch (error) {
        await this.#send('rollback', []);
        throw error;
      }
    } finally {
      resolve();
    }
  }

  async close(): Promise<void> {
    await this.#free;
    await this.#send(null, []);
    this.closed = true;
    const gone = once(this.#process, 'exit');
    this.#process.disconnect();
    await gone;
  }

  #send<T>(sql: string | null, parameters: unknown[]): Promise<Results<T>> {
    if (this.closed) return Promise.reject(new Error('The embedded database is closed.'));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#process.send({ id, sql, parameters } satisfies PgliteRequest);
    });
  }

  #take(answer: PgliteAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer)
      waiting?.reject(Object.assign(new Error(answer.error.message), answer.error));
    else
      waiting?.resolve({
        rows: answer.rows,
        fields: [],
        ...(answer.affectedRows === undefined ? {} : { affectedRows: answer.affectedRows }),
      });
  }
}
