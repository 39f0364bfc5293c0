import { fail } from '../../core/api/distgit-error.ts';
import type { UploadId } from '../../core/domain/upload-id.ts';

/** A line that brought nothing for so long may be cut by who asks for the same upload. */
const STALLED_MS = 5000;

/** Who works on an upload. */
interface Holder {
  /** When bytes came last; `performance.now()`. */
  heard: number;
  /** Breaks the line off; null while nothing is received. */
  cut: (() => void) | null;
  readonly released: Promise<void>;
}

/** One request at a time works on an upload. */
export class UploadHolds {
  readonly #held = new Map<UploadId, Holder>();

  has(id: UploadId): boolean {
    return this.#held.has(id);
  }

  /**
   * A line that is dead, but not known to be (a network that went away), is cut here: its client
   * asks anew, and need not wait for the idle limit.
   * @throws DistGitError `locked` while somebody works on the upload: its offset moves
   */
  async requireFree(id: UploadId): Promise<void> {
    const holder = this.#held.get(id);
    if (holder === undefined) return;
    if (holder.cut !== null && performance.now() - holder.heard > STALLED_MS) {
      holder.cut();
      await holder.released;
    }
    this.#refuseHeld(id);
  }

  /** @throws DistGitError `locked` at once for a second */
  async hold<T>(id: UploadId, act: () => Promise<T>): Promise<T> {
    await this.requireFree(id);
    // Somebody else may have waited, too.
    this.#refuseHeld(id);
    const { promise: released, resolve } = Promise.withResolvers<void>();
    this.#held.set(id, { heard: performance.now(), cut: null, released });
    try {
      return await act();
    } finally {
      this.#held.delete(id);
      resolve();
    }
  }

  /** Bytes came for an upload that is held. @param cut null: none are waited for any more */
  heard(id: UploadId, cut: (() => void) | null): void {
    const holder = this.#held.get(id);
    if (holder === undefined) return;
    holder.heard = performance.now();
    holder.cut = cut;
  }

  #refuseHeld(id: UploadId): void {
    if (this.#held.has(id))
      fail(
        'locked',
        'This upload is being received or stored by another request.',
        'Ask for its offset again in a moment.',
      );
  }
}
