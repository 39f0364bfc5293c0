import type { PushedSpec } from './pushed-spec.ts';

/** Size of all readings that are kept, see `sizeOf`. */
const MAX_KEPT = 4 * 1024 * 1024;
/** Size of one reading: several times that of the largest packages. */
const MAX_READING = 1024 * 1024;
/** Characters that an entry of a list takes as much memory as, and a package with all its tags. */
const ENTRY = 200;
const PACKAGE = 1000;

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

  /** @param limit size of all together */
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
    const size = sizeOf(read);
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

/**
 * About how much memory a reading takes, in characters. Its texts are shared: a line that names
 * thousands of packages is one text, however many dependencies it is the text of.
 */
function sizeOf({ text, spec }: PushedSpec): number {
  const characters = text?.length ?? 0;
  if (spec === null) return characters;
  const { sources, patches, buildRequires, packages, sections, gaps, expanded } = spec;
  const entries = [sources, patches, buildRequires, sections, gaps];
  return (
    characters +
    (expanded.known ? expanded.text.length : 0) +
    ENTRY * entries.reduce((sum, { length }) => sum + length, 0) +
    PACKAGE * packages.length
  );
}
