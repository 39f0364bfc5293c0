import { EventEmitter, once } from 'node:events';
import ldap from 'ldapjs';
import { escapeDnValue } from './distinguished-name.ts';

// The only file that knows ldapjs.

export interface LdapOptions {
  /** PEM; null: the certificate authorities that Node.js knows. */
  readonly ca: string | null;
  /** On `ldap://`: TLS before anything else is sent. */
  readonly starttls: boolean;
  /** Milliseconds for each answer. */
  readonly timeoutMs: number;
}

/** An entry as it was found; attribute names in lower case. */
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

export interface LdapSearch {
  readonly base: string;
  readonly scope: 'one' | 'sub';
  /** Entries where `attribute` has any of `values`. Values are sent as they are, never as text. */
  readonly attribute: string;
  readonly values: readonly string[];
  readonly wanted: readonly string[];
}

/** The server can not be reached, does not answer in time, or answers what makes no sense. */
export class LdapFault extends Error {}

/** What a server says where the password is not right, or the account may not log in. */
const REFUSED_BIND: ReadonlySet<unknown> = new Set([
  19, // constraintViolation: too many tries, as 389 Directory Server says it
  32, // noSuchObject
  34, // invalidDNSyntax
  48, // inappropriateAuthentication: it has no password
  49, // invalidCredentials
  50, // insufficientAccessRights
  53, // unwillingToPerform: locked, as FreeIPA says it
]);

const SIZE_LIMIT_EXCEEDED = 4;

/** One connection, for one request at a time. */
export class LdapConnection {
  readonly #client: ldap.Client;
  readonly #url: string;
  #open = true;

  private constructor(client: ldap.Client, url: string) {
    this.#client = client;
    this.#url = url;
    client.on('error', () => this.close());
    client.on('close', () => this.close());
  }

  /** @throws LdapFault */
  static async to(url: string, options: LdapOptions): Promise<LdapConnection> {
    const { protocol, hostname } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    // `host`: what the certificate must be for, with StartTLS too.
    const tls = { host, ...(options.ca === null ? {} : { ca: options.ca }) };
    const client = ldap.createClient({
      url,
      tlsOptions: tls,
      timeout: options.timeoutMs,
      connectTimeout: options.timeoutMs,
      reconnect: false,
      // A request on a connection that ended is an error, and does not wait for ever.
      queueDisable: true,
    });
    // Those that come later find nobody waiting, and must not end the process.
    const quiet = (): void => {};
    client.on('error', quiet);
    try {
      await inTime(connected(client), options.timeoutMs);
      if (protocol === 'ldap:' && options.starttls)
        await inTime(
          called((done) => client.starttls({ ...tls }, [], done)),
          options.timeoutMs,
        );
    } catch (error) {
      client.destroy();
      throw faultOf(error, url);
    }
    return new LdapConnection(client, url);
  }

  get open(): boolean {
    return this.#open;
  }

  /** @returns false: refused. @throws LdapFault; Error for an empty password */
  async bind(dn: string, password: string): Promise<boolean> {
    // RFC 4513, 5.1.2: such a bind succeeds without proving anything.
    if (dn === '' || password === '') throw new Error('A bind without a name or a password.');
    try {
      await called((done) => this.#client.bind(dn, password, done));
      return true;
    } catch (error) {
      if (REFUSED_BIND.has((error as { code?: unknown }).code)) return false;
      throw this.#failed(error);
    }
  }

  /**
   * Everything that matches, and never a part.
   * @returns null: it is more than the server wants to send
   * @throws LdapFault
   */
  async search(search: LdapSearch): Promise<LdapEntry[] | null> {
    const filters = search.values.map(
      (value) => new ldap.EqualityFilter({ attribute: search.attribute, value }),
    );
    try {
      const found = await called<EventEmitter>((done) =>
        this.#client.search(
          search.base,
          {
            scope: search.scope,
            filter: new ldap.OrFilter({ filters }),
            attributes: [...search.wanted],
          },
          done,
        ),
      );
      const entries: LdapEntry[] = [];
      found.on('searchEntry', (entry: ldap.SearchEntry) => entries.push(entryOf(entry)));
      await once(found, 'end');
      return entries;
    } catch (error) {
      if ((error as { code?: unknown }).code === SIZE_LIMIT_EXCEEDED) return null;
      throw this.#failed(error);
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#client.destroy();
  }

  #failed(error: unknown): LdapFault {
    this.close();
    return faultOf(error, this.#url);
  }
}

function entryOf({ objectName, attributes }: ldap.SearchEntry): LdapEntry {
  return {
    dn: nameOf(objectName),
    attributes: new Map(
      attributes.map(({ type, values }) => [type.toLowerCase(), [values].flat().map(String)]),
    ),
  };
}

/** Part by part: what ldapjs writes as the whole loses backslashes, and is another name then. */
function nameOf(objectName: unknown): string {
  const name = objectName as {
    readonly length: number;
    rdnAt(index: number): { keys(): Iterable<string>; getValue(key: string): unknown };
  };
  const rdns = Array.from({ length: name.length }, (_, index) => {
    const rdn = name.rdnAt(index);
    return [...rdn.keys()].map((key) => `${key}=${escapeDnValue(String(rdn.getValue(key)))}`);
  });
  return rdns.map((rdn) => rdn.join('+')).join(',');
}

function connected(client: ldap.Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    for (const event of ['connectError', 'connectRefused', 'connectTimeout', 'error', 'close'])
      client.once(event, (error: unknown) => reject(error as Error));
  });
}

function called<T = unknown>(
  act: (done: (error: Error | null, result?: unknown) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    act((error, result) => {
      // Some come back with undefined.
      if (error instanceof Error) reject(error);
      else resolve(result as T);
    });
  });
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Only the words: errors of libraries carry more than a log should have. */
function faultOf(error: unknown, url: string): LdapFault {
  const { message = 'it ended', name = '' } = (error ?? {}) as Partial<Error>;
  return new LdapFault(`${url}: ${[name, message].filter((word) => word !== '').join(': ')}`);
}
