import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { HashType } from '../../core/domain/checksum.ts';
import type { HashAnswer, HashRequest } from './hash-worker.ts';

/** Bytes of a slot. */
const SLOT = 256 * 1024;
/** Up to so many bytes a file is hashed where it is: handing it over would cost as much. */
const INLINE = SLOT;
/** Slots of one file that may wait for the worker: bounds the memory. */
const MAX_WAITING = 2;
/** Free slots that a worker keeps. */
const MAX_FREE = 32;

export interface FileHash {
  /** Takes a piece in; waits where the hashing has fallen behind. */
  update(piece: Buffer): Promise<void>;
  /** @returns lower-case hex */
  digest(): Promise<string>;
  /** Called in place of `digest` where the file broke off. */
  abandon(): void;
}

interface Slot {
  readonly index: number;
  readonly bytes: Buffer;
  /** Called when the worker has read it. */
  read: () => void;
}

function inlineHash(type: HashType): FileHash {
  const hash = createHash(type);
  return {
    update: async (piece) => {
      hash.update(piece);
    },
    digest: async () => hash.digest('hex'),
    abandon: () => {},
  };
}

/** One thread that hashes, and the memory that is shared with it. */
class HashThread {
  readonly #worker = new Worker(new URL('hash-worker.ts', import.meta.url));
  readonly #slots = new Map<number, Slot>();
  readonly #free: Slot[] = [];
  readonly #digests = new Map<number, PromiseWithResolvers<string>>();
  #next = 0;

  /** @param died called once, when the thread is of no use any more */
  constructor(died: () => void) {
    this.#worker.unref();
    this.#worker.on('message', (answer: HashAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => {
      died();
      for (const { reject } of this.#digests.values()) reject(error);
    });
  }

  open(type: HashType): FileHash {
    const id = this.#next++;
    const digest = Promise.withResolvers<string>();
    this.#digests.set(id, digest);
    let slot: Slot | null = null;
    let filled = 0;
    let waiting = 0;
    let wake = (): void => {};
    let dead = false;
    const isBehind = (): boolean => waiting > MAX_WAITING && !dead;
    // Whoever abandons the file does not wait for its digest.
    digest.promise.catch(() => {
      dead = true;
      wake();
    });
    const flush = (): void => {
      if (slot === null) return;
      waiting++;
      slot.read = () => {
        waiting--;
        wake();
      };
      this.#send({ id, type, slot: slot.index, bytes: filled });
      slot = null;
      filled = 0;
    };
    return {
      update: async (piece) => {
        for (let at = 0; at < piece.length; ) {
          slot ??= this.#takeSlot();
          const copied = piece.copy(slot.bytes, filled, at);
          at += copied;
          filled += copied;
          if (filled < SLOT) continue;
          flush();
          while (isBehind())
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          if (dead) await digest.promise;
        }
      },
      digest: () => {
        flush();
        this.#send({ id, type, end: 'digest' });
        return digest.promise;
      },
      abandon: () => {
        this.#digests.delete(id);
        if (slot !== null) this.#giveSlot(slot);
        slot = null;
        this.#send({ id, type, end: 'abandon' });
      },
    };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(answer: HashAnswer): void {
    if ('hex' in answer) {
      this.#digests.get(answer.id)?.resolve(answer.hex);
      this.#digests.delete(answer.id);
      return;
    }
    const slot = this.#slots.get(answer.slot);
    if (slot === undefined) return;
    this.#giveSlot(slot);
    slot.read();
  }

  #takeSlot(): Slot {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const index = this.#next++;
    const memory = new SharedArrayBuffer(SLOT);
    const slot = { index, bytes: Buffer.from(memory), read: () => {} };
    this.#slots.set(index, slot);
    this.#send({ slot: index, memory });
    return slot;
  }

  #giveSlot(slot: Slot): void {
    if (this.#free.length < MAX_FREE) {
      this.#free.push(slot);
      return;
    }
    this.#slots.delete(slot.index);
    this.#send({ slot: slot.index, memory: null });
  }

  #send(request: HashRequest): void {
    this.#worker.postMessage(request);
  }
}

/**
 * Hashes files on other cores, so that an upload is received and written while it is hashed, and a
 * large one does not stall the requests beside it. Bytes are copied to memory that the threads
 * share: that takes a tenth of the time that hashing them would, and leaves no garbage.
 */
export class HashPool {
  readonly #threads: HashThread[] = [];
  #next = 0;

  constructor(threads = Math.max(1, availableParallelism() - 1)) {
    for (let index = 0; index < threads; index++) this.#start(index);
  }

  /**
   * @param size bytes to come at the most, where that is known
   * @throws Error after `close`
   */
  open(type: HashType, size: number | null): FileHash {
    if (size !== null && size <= INLINE) return inlineHash(type);
    const thread = this.#threads[this.#next++ % this.#threads.length];
    if (thread === undefined) throw new Error('The hash pool is closed.');
    return thread.open(type);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }

  /** A thread that dies fails its own files, and is replaced for those to come. */
  #start(index: number): void {
    const thread = new HashThread(() => {
      if (this.#threads[index] === thread) this.#start(index);
    });
    this.#threads[index] = thread;
  }
}
