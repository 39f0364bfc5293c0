/** Who is about to come to a statement, where others wait for him. */
export class Coming {
  readonly #coming = new Set<Promise<void>>();

  /** @returns to be called when he came, or will not come */
  add(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#coming.add(promise);
    return () => {
      this.#coming.delete(promise);
      resolve();
    };
  }

  /** Waits for those who are coming now, for so many milliseconds at the most. */
  async all(atMostMs: number): Promise<void> {
    if (this.#coming.size === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, atMostMs);
    await Promise.race([Promise.all(this.#coming), late]);
    clearTimeout(timer);
  }
}
