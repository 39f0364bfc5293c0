import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Authenticator } from './authenticator.ts';
import { basicPassword } from './basic-credentials.ts';

/** Wrong passwords that are answered at once, of one account and from one address. */
const FREE = { account: 5, address: 50 } as const;
/** Each one more doubles the wait, up to this: nobody is locked out for ever by a stranger. */
const LONGEST_WAIT_S = { account: 60, address: 300 } as const;
/** Seconds without a wrong password after which they are forgotten. */
const FORGOTTEN_S = 15 * 60;
/** Accounts, and addresses, that are counted; the one that failed longest ago goes first. */
const MAX_COUNTED = 10_000;
/** Logins of one account that wait for each other. */
const MAX_QUEUE = 50;

/** A web server in front, through which everybody comes: only it can tell addresses apart. */
const LOOPBACK = /^(|::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

type Kind = keyof typeof FREE;

interface Tally {
  failures: number;
  /** Being tried: they count as wrong until they are right, else many at once go through. */
  pending: number;
  /** Both in seconds of the clock. */
  last: number;
  blockedUntil: number;
}

/** Wrong passwords, counted by account and by address. */
export class FailedLogins {
  readonly #counted: Readonly<Record<Kind, Map<string, Tally>>> = {
    account: new Map(),
    address: new Map(),
  };
  readonly #now: () => number;

  /** @param now seconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  /**
   * A password is about to be tried.
   * @param address null: not counted
   * @throws DistGitError `too_many_attempts` with the seconds to wait
   */
  begin(account: string, address: string | null): void {
    const tallies = this.#tallies(account, address);
    const waits = tallies.map(([kind, { blockedUntil, pending }]) =>
      Math.max(blockedUntil - this.#now(), kind === 'address' && pending >= FREE.address ? 1 : 0),
    );
    const wait = Math.max(...waits);
    if (wait > 0) tooMany(Math.ceil(wait));
    for (const [, tally] of tallies) tally.pending++;
  }

  /** What came of it; null: nothing, the password was not tried. */
  end(account: string, address: string | null, right: boolean | null): void {
    for (const [kind, tally] of this.#tallies(account, address)) {
      tally.pending = Math.max(0, tally.pending - 1);
      // An address is not cleared by a login: whoever guesses may have an account too.
      if (right === true && kind === 'account') tally.failures = 0;
      if (right !== false) continue;
      tally.failures++;
      tally.last = this.#now();
      const over = tally.failures - FREE[kind];
      if (over >= 0)
        tally.blockedUntil = tally.last + Math.min(LONGEST_WAIT_S[kind], 2 ** Math.min(over, 20));
    }
  }

  /** How many accounts and addresses are counted. */
  get size(): number {
    return this.#counted.account.size + this.#counted.address.size;
  }

  #tallies(account: string, address: string | null): (readonly [Kind, Tally])[] {
    const tallies: (readonly [Kind, Tally])[] = [['account', this.#tally('account', account)]];
    if (address !== null) tallies.push(['address', this.#tally('address', address)]);
    return tallies;
  }

  #tally(kind: Kind, key: string): Tally {
    const all = this.#counted[kind];
    const known = all.get(key);
    if (known !== undefined) {
      const forgotten = this.#now() - known.last > FORGOTTEN_S && known.pending === 0;
      if (forgotten) known.failures = 0;
      all.delete(key);
      all.set(key, known);
      return known;
    }
    const [oldest] = all.keys();
    if (all.size >= MAX_COUNTED && oldest !== undefined) all.delete(oldest);
    const tally = { failures: 0, pending: 0, last: this.#now(), blockedUntil: 0 };
    all.set(key, tally);
    return tally;
  }
}

/**
 * Puts a limit around an authenticator that takes passwords. Logins of one account go one after
 * another, so that each knows what came of the one before; tokens pass by.
 */
export function limitPasswords(inner: Authenticator, failed = new FailedLogins()): Authenticator {
  const queues = new Map<string, { length: number; end: Promise<unknown> }>();
  return {
    name: inner.name,
    challenges: inner.challenges,
    async authenticate(credentials) {
      const given = basicPassword(credentials.authorization);
      if (given === null) return inner.authenticate(credentials);
      const account = given.user.slice(0, 100);
      const address = LOOPBACK.test(credentials.address) ? null : credentials.address;
      const queue = queues.get(account) ?? { length: 0, end: Promise.resolve() };
      if (queue.length >= MAX_QUEUE) tooMany(1, 'Too many logins of one account at once.');
      const attempt = async () => {
        failed.begin(account, address);
        let right: boolean | null = null;
        try {
          const principal = await inner.authenticate(credentials);
          right = principal === null ? null : true;
          return principal;
        } catch (error) {
          if (error instanceof DistGitError && error.code === 'credential_invalid') right = false;
          throw error;
        } finally {
          failed.end(account, address, right);
        }
      };
      const mine = queue.end.then(attempt);
      queue.length++;
      queue.end = mine.then(
        () => {},
        () => {},
      );
      queues.set(account, queue);
      try {
        return await mine;
      } finally {
        if (--queue.length === 0) queues.delete(account);
      }
    },
  };
}

function tooMany(seconds: number, message = 'Too many wrong passwords.'): never {
  throw new DistGitError('too_many_attempts', message, {
    detail: {
      retryAfter: seconds,
      remedy: `Wait ${seconds} seconds, then try again; tokens go on working.`,
    },
  });
}
