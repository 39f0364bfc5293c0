/** One holder at a time for each key, in the order in which they came. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<void>>();

  /** @returns what gives the lock back */
  async take(key: string): Promise<() => void> {
    const before = this.#last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(key, promise);
    await before;
    return () => {
      if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    };
  }
}
