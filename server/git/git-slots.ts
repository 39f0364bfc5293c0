/** Decompressed bytes of a fetch request: wants and haves, no content. */
export const MAX_FETCH_REQUEST = 64 * 1024 * 1024;

/** How many gits serve requests at once; the others wait in line. */
export class GitSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
