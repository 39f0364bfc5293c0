import { randomBytes } from 'node:crypto';
import { HubFault, type Row, say } from './store.ts';

export interface Session {
  readonly id: number;
  key: string;
  readonly user: Row;
  /** 0 a password, 2 a certificate, 3 a ticket. */
  readonly authtype: number;
  /** Of the last call that was committed. */
  callnum: number | null;
  expired: boolean;
  closed: boolean;
  exclusive: boolean;
}

/** What a request says of its session; the values are as they came. */
export interface SessionArguments {
  readonly id: string;
  readonly key: string;
  readonly callnum: string | null;
}

const auth = (text: string): HubFault => new HubFault(1002, text);
const newKey = (user: Row): string => `${say(user.id)}-${randomBytes(15).toString('base64url')}`;

export class Sessions {
  readonly #all: Session[] = [];

  open(user: Row, authtype: number): Session {
    const id = this.#all.length + 1;
    const rest = { callnum: null, expired: false, closed: false, exclusive: false };
    const session = { id, key: newKey(user), user, authtype, ...rest };
    this.#all.push(session);
    return session;
  }

  /** Those that no logout has closed. */
  get live(): readonly Session[] {
    return this.#all.filter(({ closed }) => !closed);
  }

  expireAll(): void {
    for (const session of this.#all) session.expired = true;
  }

  byId(id: string): Session | undefined {
    return this.#all.find((session) => String(session.id) === id);
  }

  /** The session that a call belongs to, as far as the call is let in. */
  check(given: SessionArguments, method: string, isRenewal: boolean): Session {
    const session = this.byId(given.id);
    if (session === undefined || session.key !== given.key || session.closed)
      throw auth('Invalid session or bad credentials');
    if (session.expired && !isRenewal)
      throw new HubFault(1007, `session "${session.id}" has expired`);
    const { callnum: last, id } = session;
    const number = given.callnum === null ? null : Number(given.callnum);
    if (last !== null && number !== null && last > number)
      throw new HubFault(1008, `${last} > ${number} (session ${id})`);
    if (last !== null && last === number)
      throw new HubFault(
        1009,
        `unable to retry call ${number} (method ${method}) for session ${id}`,
      );
    const isLocked = this.live.some(
      (other) => other !== session && other.exclusive && other.user === session.user,
    );
    if (isLocked) throw new HubFault(1006, 'User locked by another session');
    return session;
  }

  /** @param id of another, which is of the same user */
  close(own: Session | null, id: number | null, isAdmin: boolean): void {
    if (own === null) throw auth('Not logged in');
    const other = id === null ? own : this.byId(String(id));
    if (other === undefined || (other.user !== own.user && !isAdmin))
      throw new HubFault(1004, 'only admins or owner may logout other session');
    other.closed = true;
    other.exclusive = false;
  }

  renew(session: Session): Session {
    if (!session.expired) throw auth('Already logged in');
    session.key = newKey(session.user);
    session.expired = false;
    return session;
  }
}
