import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { HashType } from '../../core/domain/checksum.ts';
import type { BodyResult, BodyStep, FileEnd, ThreadAnswer, ThreadRequest } from './body-thread.ts';

/** Threads that write. They wait for the disk more than they compute: as many as Node itself has. */
const WRITERS = 4;
/** Bytes of a slot. */
const SLOT = 512 * 1024;
/** Bytes from which a slot is handed to a thread that has nothing else to do. */
const EARLY = 256 * 1024;
/** Slots of one body that may wait for their thread: bounds the memory. */
const MAX_WAITING = 1;
/**
 * Free slots that a thread keeps: those of ten bodies. Memory that two threads see is free when both
 * have collected their garbage, which this thread hardly ever does.
 */
const MAX_FREE = 32;
/** Of a thread, which makes little garbage; by itself V8 would take ten times as much. */
const YOUNG_MIB = 4;

export interface BodyHash {
  /** Takes a piece in; waits where the thread has fallen behind. */
  update(piece: Buffer): Promise<void>;
  /** @returns lower-case hex */
  digest(): Promise<string>;
  /** Called in place of `digest` where the body broke off. */
  abandon(): Promise<void>;
}

/** A new file, hashed while it is written. */
export interface BodyFile {
  /** Takes a piece in; waits where the disk has fallen behind. @throws what the disk failed with */
  update(piece: Buffer): Promise<void>;
  /**
   * Moves it to its path, durably, unless that is taken or its hash is not what it must be: then
   * it stays where it is, closed.
   */
  commit(end: FileEnd): Promise<BodyResult>;
  /** Called where it is not, or could not be, committed: returns when it is closed. */
  abandon(): Promise<void>;
}

interface Slot {
  readonly index: number;
  readonly bytes: Buffer;
}

/** One thread, and the memory that is shared with it. */
class BodyThread {
  readonly #worker = new Worker(new URL('body-thread.ts', import.meta.url), {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  readonly #slots = new Map<number, Slot>();
  readonly #free: Slot[] = [];
  /** Steps that are not answered, in their order. */
  readonly #waiting: PromiseWithResolvers<BodyResult | null>[] = [];
  #failure: Error | null = null;
  #next = 0;
  /** Bodies that have not ended. */
  bodies = 0;

  /** @param died called when the thread is of no use any more, perhaps twice */
  constructor(died: () => void) {
    this.#worker.unref();
    this.#worker.on('message', ({ slot, result, error }: ThreadAnswer) => {
      const step = this.#waiting.shift();
      if (this.isIdle) this.#worker.unref();
      if (slot !== null) this.#giveBack(slot);
      if (error === null) step?.resolve(result);
      else step?.reject(Object.assign(new Error(error.message), { code: error.code }));
    });
    const end = (error: Error): void => {
      this.#failure ??= error;
      died();
      for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', () => end(new Error('The body pool was closed.')));
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  begin(type: HashType | null, staged: string | null): Body {
    this.bodies++;
    return new Body(this, { id: this.#next++, type, staged });
  }

  /** @returns when the thread has done it @throws what the step fails with, or the thread */
  step(step: BodyStep): Promise<BodyResult | null> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    // It keeps the process alive as long as somebody waits for it.
    if (this.isIdle) this.#worker.ref();
    const answer = Promise.withResolvers<BodyResult | null>();
    this.#waiting.push(answer);
    this.#send(step);
    return answer.promise;
  }

  takeSlot(): Slot {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const index = this.#next++;
    const memory = new SharedArrayBuffer(SLOT);
    const slot = { index, bytes: Buffer.from(memory) };
    this.#slots.set(index, slot);
    this.#send({ slot: index, memory });
    return slot;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  giveSlot(slot: Slot): void {
    if (this.#free.length < MAX_FREE) {
      this.#free.push(slot);
      return;
    }
    this.#slots.delete(slot.index);
    this.#send({ slot: slot.index, memory: null });
  }

  #giveBack(index: number): void {
    const slot = this.#slots.get(index);
    if (slot !== undefined) this.giveSlot(slot);
  }

  #send(request: ThreadRequest): void {
    this.#worker.postMessage(request);
  }
}

/** A body on its way through a thread. */
class Body implements BodyHash, BodyFile {
  readonly #thread: BodyThread;
  readonly #what: Pick<BodyStep, 'id' | 'type' | 'staged'>;
  #slot: Slot | null = null;
  #filled = 0;
  #begun = false;
  #left = false;
  /** Slots that the thread has not read yet. */
  #unread = 0;
  #wake = (): void => {};
  #failure: { readonly error: unknown } | null = null;

  constructor(thread: BodyThread, what: Pick<BodyStep, 'id' | 'type' | 'staged'>) {
    this.#thread = thread;
    this.#what = what;
  }

  async update(piece: Buffer): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      this.#slot ??= this.#thread.takeSlot();
      const copied = piece.copy(this.#slot.bytes, this.#filled, at);
      at += copied;
      this.#filled += copied;
      const early = this.#filled >= EARLY && this.#thread.isIdle;
      if (this.#filled < SLOT && !early) continue;
      this.#hand();
      while (this.#unread > MAX_WAITING && this.#failure === null)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      if (this.#failure !== null) throw this.#failure.error;
    }
  }

  async digest(): Promise<string> {
    const { type } = this.#what;
    if (this.#begun || type === null) return (await this.#end('digest')).hex;
    // Little enough to be hashed here: handing it over would cost as much.
    try {
      const bytes = this.#slot?.bytes.subarray(0, this.#filled) ?? '';
      return createHash(type).update(bytes).digest('hex');
    } finally {
      this.#leave();
    }
  }

  commit(end: FileEnd): Promise<BodyResult> {
    return this.#end(end);
  }

  async abandon(): Promise<void> {
    if (this.#left) return;
    // A thread that died has let go of everything.
    if (this.#begun) await this.#step('abandon').catch(() => {});
    this.#leave();
  }

  #hand(): void {
    this.#unread++;
    this.#step(null)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#unread--;
        this.#wake();
      });
  }

  async #end(end: 'digest' | FileEnd): Promise<BodyResult> {
    try {
      const result = await this.#step(end);
      if (this.#failure !== null) throw this.#failure.error;
      if (result === null) throw new Error('A body ended without a result.');
      return result;
    } finally {
      this.#leave();
    }
  }

  #step(end: BodyStep['end']): Promise<BodyResult | null> {
    this.#begun = true;
    const slot = this.#slot;
    const piece = slot === null ? null : { slot: slot.index, bytes: this.#filled };
    this.#slot = null;
    this.#filled = 0;
    return this.#thread.step({ ...this.#what, piece, end });
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#thread.bodies--;
    if (this.#slot !== null) this.#thread.giveSlot(this.#slot);
    this.#slot = null;
  }
}

/**
 * Hashes bodies on other cores, and writes them to files there, so that they are received
 * meanwhile, and a large one does not stall the requests beside it. Bytes are copied to memory that
 * the threads share: that takes a tenth of the time that hashing them would, and leaves no garbage.
 * One step of a thread does what would be a dozen questions to Node's own pool.
 */
export class BodyPool {
  readonly #threads = new Set<BodyThread>();
  readonly #max: number;
  #closed = false;

  /** @param threads at the most; they start as they are needed */
  constructor(threads = WRITERS) {
    this.#max = threads;
  }

  /** @throws Error after `close` */
  hash(type: HashType): BodyHash {
    return this.#thread().begin(type, null);
  }

  /**
   * @param staged a path that is not there; it is, until it is committed
   * @param type null: it is not hashed
   * @throws Error after `close`
   */
  file(staged: string, type: HashType | null): BodyFile {
    return this.#thread().begin(type, staged);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map((thread) => thread.close()));
    this.#threads.clear();
  }

  /** One that has nothing to do; a new one while there may be more; or who has least to do. */
  #thread(): BodyThread {
    if (this.#closed) throw new Error('The body pool is closed.');
    const busy = ({ bodies, isIdle }: BodyThread): number => bodies + (isIdle ? 0 : 0.5);
    const [idlest] = [...this.#threads].sort((one, other) => busy(one) - busy(other));
    if (idlest !== undefined && (idlest.bodies === 0 || this.#threads.size >= this.#max))
      return idlest;
    // One that dies fails its own bodies, and another takes its place.
    const thread: BodyThread = new BodyThread(() => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }
}
