import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { HashType } from '../../core/domain/checksum.ts';
import type { HashAnswer, HashRequest } from './hash-worker.ts';

/** Up to so many bytes a file is hashed where it is: handing it over would cost as much. */
const INLINE = 8 * 1024 * 1024;
/** Bytes that go to a worker at once. */
const PIECE = 256 * 1024;
/** Pieces of one file that may wait for its worker: bounds the memory. */
const MAX_WAITING = 4;

export interface FileHash {
  /** Takes a piece in; waits where the hashing has fallen behind. */
  update(piece: Buffer): Promise<void>;
  /** @returns lower-case hex */
  digest(): Promise<string>;
  /** Called in place of `digest` where the file broke off. */
  abandon(): void;
}

interface OpenFile {
  waiting: number;
  wake: () => void;
  readonly digested: (hex: string) => void;
  readonly failed: (error: Error) => void;
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

/**
 * Hashes files on other cores, so that an upload is received and written while it is hashed, and a
 * large one does not stall the requests beside it. Pieces are copied to the worker: that takes a
 * tenth of the time that hashing them would.
 */
export class HashPool {
  readonly #workers: Worker[] = [];
  readonly #open = new Map<number, OpenFile>();
  #next = 0;

  constructor(workers = Math.max(1, availableParallelism() - 1)) {
    for (let index = 0; index < workers; index++) this.#workers.push(this.#startWorker());
  }

  /** @param size bytes to come at the most, where that is known */
  open(type: HashType, size: number | null): FileHash {
    return size !== null && size <= INLINE ? inlineHash(type) : this.#workerHash(type);
  }

  #workerHash(type: HashType): FileHash {
    const id = this.#next++;
    const worker = this.#workers[id % this.#workers.length];
    if (worker === undefined) throw new Error('The hash pool is closed.');
    const send = (request: HashRequest): void => worker.postMessage(request);
    const { promise: digest, resolve: digested, reject: failed } = Promise.withResolvers<string>();
    // Whoever abandons the file does not wait for its digest.
    digest.catch(() => {});
    const file: OpenFile = { waiting: 0, wake: () => {}, digested, failed };
    this.#open.set(id, file);
    let gathered: Buffer[] = [];
    let bytes = 0;
    const flush = (): void => {
      file.waiting++;
      send({ id, type, pieces: gathered });
      gathered = [];
      bytes = 0;
    };
    return {
      update: async (piece) => {
        gathered.push(piece);
        bytes += piece.length;
        if (bytes < PIECE) return;
        flush();
        while (file.waiting > MAX_WAITING)
          await new Promise<void>((resolve, reject) => {
            file.wake = resolve;
            digest.catch(reject);
          });
      },
      digest: () => {
        flush();
        send({ id, type, end: 'digest' });
        return digest;
      },
      abandon: () => {
        this.#open.delete(id);
        send({ id, type, end: 'abandon' });
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('hash-worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', ({ id, hex }: HashAnswer) => {
      const file = this.#open.get(id);
      if (file === undefined) return;
      if (hex === null) {
        file.waiting--;
        file.wake();
        return;
      }
      this.#open.delete(id);
      file.digested(hex);
    });
    worker.on('error', (error) => {
      const index = this.#workers.indexOf(worker);
      if (index === -1) return;
      for (const [id, file] of this.#open)
        if (id % this.#workers.length === index) {
          this.#open.delete(id);
          file.failed(error instanceof Error ? error : new Error(String(error)));
        }
      this.#workers[index] = this.#startWorker();
    });
    return worker;
  }
}
