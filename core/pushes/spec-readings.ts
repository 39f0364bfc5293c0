import type { PushedSpec } from './pushed-spec.ts';

/** Characters of all readings that are kept, as JSON. */
const MAX_KEPT = 4 * 1024 * 1024;
/** Characters of one reading, as JSON: several times those of the largest packages. */
const MAX_READING = 1024 * 1024;

/** A reading, and the bytes of what was read. */
export interface KeptReading {
  readonly read: PushedSpec;
  readonly bytes: number;
}

/**
 * What specs were read as. A blob and the branch that it is read for say all that a reading hangs
 * on; neither ever changes its meaning.
 */
export class SpecReadings {
  /** The least recently used first. */
  readonly #kept = new Map<string, KeptReading & { readonly size: number }>();
  readonly #limit: number;
  #size = 0;

  /** @param limit characters of all together, as JSON */
  constructor(limit = MAX_KEPT) {
    this.#limit = limit;
  }

  find(key: string): KeptReading | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  keep(key: string, read: PushedSpec, bytes: number): void {
    const size = JSON.stringify(read).length;
    if (size > MAX_READING || this.#kept.has(key)) return;
    this.#kept.set(key, { read, bytes, size });
    this.#size += size;
    for (const [oldest, { size: freed }] of this.#kept) {
      if (this.#size <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#size -= freed;
    }
  }
}
