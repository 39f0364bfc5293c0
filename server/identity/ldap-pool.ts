import type { LdapConnection } from './ldap-connection.ts';
import { LdapFault } from './ldap-connection.ts';

/** Milliseconds: what was not used for longer may be dead without a sign. */
const KEPT_MS = 60_000;

/** Connections that are used again, no more than `size` at once; whoever comes later waits. */
export class LdapPool {
  readonly #connect: () => Promise<LdapConnection>;
  readonly #idle: { readonly connection: LdapConnection; readonly since: number }[] = [];
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param connect opens a connection, ready for use */
  constructor(connect: () => Promise<LdapConnection>, size: number) {
    this.#connect = connect;
    this.#free = size;
  }

  /**
   * Lends a connection to `act`. Where one that was kept turns out to be dead, `act` runs once more
   * on a new one: it must not mind.
   * @throws LdapFault, and whatever `act` throws
   */
  async use<T>(act: (connection: LdapConnection) => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const kept = this.#kept();
      if (kept !== undefined) {
        try {
          return await this.#run(kept, act);
        } catch (error) {
          if (!(error instanceof LdapFault)) throw error;
        }
      }
      return await this.#run(await this.#connect(), act);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  close(): void {
    for (const { connection } of this.#idle.splice(0)) connection.close();
  }

  #kept(): LdapConnection | undefined {
    for (let one = this.#idle.pop(); one !== undefined; one = this.#idle.pop()) {
      const { connection, since } = one;
      if (connection.open && performance.now() - since < KEPT_MS) return connection;
      connection.close();
    }
    return undefined;
  }

  async #run<T>(
    connection: LdapConnection,
    act: (connection: LdapConnection) => Promise<T>,
  ): Promise<T> {
    try {
      const result = await act(connection);
      if (connection.open) this.#idle.push({ connection, since: performance.now() });
      return result;
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

/**
 * Tries servers in their order, beginning with the one that answered last.
 * @returns opens a connection to the first that answers; throws what the last one said
 */
export function failOver(
  urls: readonly string[],
  connect: (url: string) => Promise<LdapConnection>,
): () => Promise<LdapConnection> {
  let preferred = 0;
  return async () => {
    let last: unknown = new LdapFault('no server is configured');
    for (const offset of urls.keys()) {
      const index = (preferred + offset) % urls.length;
      try {
        const connection = await connect(urls[index] ?? '');
        preferred = index;
        return connection;
      } catch (error) {
        last = error;
      }
    }
    throw last;
  };
}
