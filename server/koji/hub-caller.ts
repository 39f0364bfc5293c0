import { setTimeout as pause } from 'node:timers/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { type Attempt, HubLine, type HubOptions, type HubUpload } from './hub-line.ts';
import { type HubSession, sessionOf } from './hub-session.ts';
import { FAULT, faultError, kojiFault } from './koji-fault.ts';
import { encodeCall } from './xmlrpc-encode.ts';
import { XmlRpcError, type XmlRpcValue } from './xmlrpc-value.ts';

/** Does a call change anything at the hub? */
export type Effect = 'read' | 'write';

export type Outcome =
  | { readonly kind: 'answered'; readonly value: XmlRpcValue }
  /** The hub has committed the call, and its answer is lost. */
  | { readonly kind: 'committed' };

/** A hub takes no longer body, by its `MaxRequestLength`. */
const MAX_REQUEST = 4 * 1024 * 1024;
/** The hub did not look at the call: the session is none of its any more, or is out of step. */
const SESSION_FAULTS: ReadonlySet<number> = new Set([
  FAULT.auth,
  FAULT.authExpired,
  FAULT.sequence,
]);
/** The hub takes no earlier call of this session: the session is over, or its numbers are past. */
const OVER_FAULTS: ReadonlySet<number> = new Set([...SESSION_FAULTS, FAULT.retry]);
/** May come before the hub looks at the call's number, and so tell nothing of earlier tries. */
const EARLY_FAULTS: ReadonlySet<number> = new Set([FAULT.python, FAULT.authLock]);

/**
 * Calls of one login, one at a time, each with a number of its own. The hub stores the number of
 * what it commits and refuses that number from then on, so that a call whose answer is lost can be
 * sent again: either it was not done, or the hub says that it was. Where even that can not be told,
 * the old login is ended before anything else is asked, so that no late copy of the call is done.
 */
export class HubCaller {
  readonly #options: HubOptions;
  readonly #line: HubLine;
  #session: HubSession | null = null;
  /** Logins of which a call may still be on its way. */
  readonly #doubtful = new Set<HubSession>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#line = new HubLine(options);
  }

  /**
   * @throws DistGitError with Koji's words where it refuses, see `faultOfError`; `unavailable`
   *   where it can not be reached, and where it is not known whether a write was done
   */
  call(effect: Effect, method: string, params: readonly XmlRpcValue[]): Promise<Outcome> {
    return this.#inTurn(() => {
      const body = bodyOf(method, params);
      return this.#send(effect, (session, number) => this.#line.call(session, number, body));
    });
  }

  /**
   * The hub commits nothing for it, and the same piece at the same place may come twice: to the
   * caller it is a read.
   * @throws DistGitError as `call`
   */
  upload(upload: HubUpload): Promise<Outcome> {
    return this.#inTurn(() =>
      this.#send('read', (session, number) => this.#line.upload(session, number, upload)),
    );
  }

  /** Ends the login, as far as the hub can be reached. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      const all = new Set(this.#doubtful);
      if (this.#session !== null) all.add(this.#session);
      this.#session = null;
      for (const session of all) await this.#logOut(session);
      this.#line.close();
    });
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #send(
    effect: Effect,
    attemptBy: (session: HubSession, number: number) => Promise<Attempt>,
  ): Promise<Outcome> {
    if (this.#closed) throw unreachable('The connection to Koji is closed.');
    let session = await this.#loggedIn();
    let number = session.nextCall++;
    let isNewLogin = false;
    // Some earlier try may have been done.
    let inDoubt = false;
    for (let tries = 1; ; tries++) {
      const attempt = await attemptBy(session, number);
      if (attempt.kind === 'value') return { kind: 'answered', value: attempt.value };
      if (attempt.kind === 'lost') inDoubt ||= attempt.sent;
      else if (attempt.kind === 'refused') throw this.#given(effect, inDoubt, session, attempt);
      else {
        const { code } = attempt.fault;
        if (code === FAULT.retry && effect === 'write') return { kind: 'committed' };
        if (SESSION_FAULTS.has(code) || code === FAULT.retry) {
          this.#session = null;
          const isUnsure = effect === 'write' && (inDoubt || code === FAULT.sequence);
          if (isUnsure || isNewLogin) throw this.#given(effect, isUnsure, session, attempt);
          isNewLogin = true;
          session = await this.#loggedIn();
          number = session.nextCall++;
          continue;
        }
        if (code !== FAULT.offline)
          throw this.#given(effect, inDoubt && EARLY_FAULTS.has(code), session, attempt);
      }
      if (tries >= this.#options.attempts) throw this.#given(effect, inDoubt, session, attempt);
      await this.#pause(tries);
    }
  }

  /** What is thrown where a call is given up. */
  #given(effect: Effect, inDoubt: boolean, session: HubSession, attempt: Attempt): DistGitError {
    if (effect === 'read' || !inDoubt) return failure(attempt);
    this.#doubtful.add(session);
    this.#session = null;
    return unreachable(
      'The answer of Koji is lost, and whether it has done what was asked is not known.',
      failure(attempt),
      'Look at what Koji has before anything is asked again.',
    );
  }

  async #loggedIn(): Promise<HubSession> {
    for (const session of this.#doubtful) {
      await this.#end(session);
      this.#doubtful.delete(session);
    }
    this.#session ??= await this.#logIn();
    return this.#session;
  }

  async #logIn(): Promise<HubSession> {
    const body = encodeCall('sslLogin', []);
    for (let tries = 1; ; tries++) {
      const attempt = await this.#line.login(body);
      if (attempt.kind === 'value') return sessionIn(attempt);
      const isPassing =
        attempt.kind === 'lost' ||
        (attempt.kind === 'fault' && attempt.fault.code === FAULT.offline);
      if (!isPassing || tries >= this.#options.attempts) throw loginFailure(attempt);
      await this.#pause(tries);
    }
  }

  /**
   * Ends a login for good: a late call of it is not done. The hub lets it wait for a call that is
   * being done.
   * @throws where that is not sure
   */
  async #end(session: HubSession): Promise<void> {
    const attempt = await this.#logOut(session);
    const isOver = attempt.kind === 'fault' && OVER_FAULTS.has(attempt.fault.code);
    if (attempt.kind !== 'value' && !isOver) throw failure(attempt);
  }

  #logOut(session: HubSession): Promise<Attempt> {
    return this.#line.call(session, session.nextCall++, encodeCall('logout', []));
  }

  async #pause(tries: number): Promise<void> {
    await pause(this.#options.pauseMs * 2 ** (tries - 1));
  }
}

function bodyOf(method: string, params: readonly XmlRpcValue[]): string {
  let body: string;
  try {
    body = encodeCall(method, params);
  } catch (error) {
    if (!(error instanceof XmlRpcError)) throw error;
    throw new DistGitError('input_invalid', `This can not be said to Koji: ${error.message}`, {
      cause: error,
    });
  }
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_REQUEST)
    throw new DistGitError('too_large', `Koji takes ${MAX_REQUEST} bytes at once, not ${bytes}.`, {
      detail: { remedy: 'Ask for less at once.' },
    });
  return body;
}

function sessionIn(attempt: Attempt & { kind: 'value' }): HubSession {
  try {
    return sessionOf(attempt.value);
  } catch (error) {
    const remedy = 'Ask a site admin for a hub of Koji 1.31 or later.';
    throw unreachable('Koji gave no session that the server can use.', error, remedy);
  }
}

function loginFailure(attempt: Attempt): DistGitError {
  if (attempt.kind !== 'refused') return failure(attempt);
  return unreachable(
    `The web server of Koji refused the login, with HTTP status ${attempt.status}.`,
    undefined,
    "Ask a site admin to look at the server's certificate for Koji, and at Koji's URL.",
  );
}

function failure(attempt: Attempt): DistGitError {
  if (attempt.kind === 'fault') return faultError(kojiFault(attempt.fault));
  if (attempt.kind === 'refused')
    return unreachable(
      `The web server of Koji refused the call, with HTTP status ${attempt.status}.`,
      undefined,
      "Ask a site admin to look at Koji's URL.",
    );
  const why = attempt.kind === 'lost' ? attempt.why : 'no answer';
  return unreachable('Koji can not be reached.', new Error(why));
}

function unreachable(message: string, cause?: unknown, remedy = 'Try again later.'): DistGitError {
  return new DistGitError('unavailable', message, {
    detail: { remedy },
    ...(cause === undefined ? {} : { cause }),
  });
}
