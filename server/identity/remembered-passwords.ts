import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Beyond this the one that was remembered first is forgotten. */
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly salt: Buffer;
  readonly hash: Buffer;
  /** By `performance.now()`. */
  readonly until: number;
}

/**
 * Passwords that were right a moment ago, so that the requests of one push try them once. In memory
 * only, each as a salted hash; it is a fast one, for what is kept for a minute lies beside the
 * requests that carry the same passwords in plain.
 */
export class RememberedPasswords {
  readonly #milliseconds: number;
  readonly #users = new Map<string, Remembered>();

  /** @param seconds 0: nothing is remembered */
  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000;
  }

  remember(user: string, password: string): void {
    if (this.#milliseconds === 0) return;
    this.#users.delete(user);
    const [oldest] = this.#users.keys();
    if (this.#users.size >= MAX_REMEMBERED && oldest !== undefined) this.#users.delete(oldest);
    const salt = randomBytes(16);
    this.#users.set(user, {
      salt,
      hash: hashOf(salt, password),
      until: performance.now() + this.#milliseconds,
    });
  }

  knows(user: string, password: string): boolean {
    const known = this.#users.get(user);
    if (known === undefined) return false;
    if (known.until <= performance.now()) {
      this.#users.delete(user);
      return false;
    }
    return timingSafeEqual(hashOf(known.salt, password), known.hash);
  }
}

const hashOf = (salt: Buffer, password: string): Buffer =>
  createHmac('sha256', salt).update(password).digest();
