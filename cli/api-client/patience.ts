import { setTimeout as pause } from 'node:timers/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ErrorCode } from '../../core/api/error-table.ts';

/** Tries in a row that brought nothing. */
const ATTEMPTS = 8;
const LONGEST_MS = 10_000;
/** A server that stores a large file says so all the time; it is asked again, for an hour. */
const BUSY_MS = 2000;
const BUSY_TIMES = 1800;

/** What may pass by itself. 409: the offset was not what we thought, and is asked for again. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'client_gone',
  'conflict',
  'locked',
]);

/** How long an upload is tried again: as long as it comes forward, or the server works on it. */
export class Patience {
  readonly #unit: number;
  #furthest = -1;
  #fruitless = 0;
  #busy = 0;

  /** @param unit milliseconds of the shortest wait */
  constructor(unit = 400) {
    this.#unit = unit;
  }

  /** So many bytes are there. */
  reached(offset: number): void {
    this.#busy = 0;
    if (offset <= this.#furthest) return;
    this.#furthest = offset;
    this.#fruitless = 0;
  }

  /**
   * Waits until the next try.
   * @param say called with what is waited for, before the wait
   * @throws `error` where another try is of no use
   */
  async wait(error: unknown, say: (text: string) => void, signal: AbortSignal): Promise<void> {
    if (!(error instanceof DistGitError) || !PASSING.has(error.code)) throw error;
    if (error.code === 'locked') {
      if (this.#busy++ === 0) say('the server is still at work on it, waiting');
      if (this.#busy > BUSY_TIMES) throw error;
      await pause(Math.min(BUSY_MS, this.#unit * 2 ** this.#busy), undefined, { signal });
      return;
    }
    if (++this.#fruitless >= ATTEMPTS) throw error;
    say(`broken off, trying again (${this.#fruitless} of ${ATTEMPTS - 1})`);
    const ms = Math.min(LONGEST_MS, this.#unit * 2 ** (this.#fruitless - 1));
    await pause(ms, undefined, { signal });
  }
}
