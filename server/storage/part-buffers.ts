import { spentMemory } from './spent-memory.ts';

/**
 * Memory for the parts of large bodies, used again and again: as garbage it would wait for a
 * collection of the whole heap, and for a while be as much as the body itself.
 */
export class PartBuffers {
  readonly #size: number;
  readonly #most: number;
  readonly #free: Buffer[] = [];
  #out = 0;

  /**
   * @param size bytes of each
   * @param most that are handed out to bodies which have one already
   */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** For a body that has none: it must get on, however slow the others are. */
  takeFirst(): Buffer {
    this.#out++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  /** For a body that has some; null: it waits for one of its own. */
  takeMore(): Buffer | null {
    return this.#out < this.#most ? this.takeFirst() : null;
  }

  give(buffer: Buffer): void {
    this.#out--;
    if (this.#out + this.#free.length < this.#most) this.#free.push(buffer);
  }
}

/** What is in a buffer, and whether the body ended there. */
export interface Filled {
  readonly bytes: number;
  readonly ended: boolean;
}

/** The pieces of a body, cut to parts. */
export class PartReader {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #spent = spentMemory();
  #rest: Buffer[];

  /** @param start pieces that were read already */
  constructor(start: readonly Buffer[], pieces: AsyncIterator<Buffer>) {
    this.#rest = [...start];
    this.#pieces = pieces;
  }

  /** Reads until the buffer is full or the body has ended. */
  async fill(buffer: Buffer): Promise<Filled> {
    let bytes = 0;
    while (bytes < buffer.length) {
      const piece = this.#rest.shift() ?? (await this.#next());
      if (piece === null) return { bytes, ended: true };
      const taken = piece.copy(buffer, bytes);
      if (taken < piece.length) this.#rest.unshift(piece.subarray(taken));
      else this.#spent(piece);
      bytes += taken;
    }
    return { bytes, ended: false };
  }

  async #next(): Promise<Buffer | null> {
    const { value, done } = await this.#pieces.next();
    return done === true ? null : value;
  }
}
