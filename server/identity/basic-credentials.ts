import { TOKEN_PREFIX } from './token.ts';

/** A user name and a password as HTTP Basic sends them. */
export interface BasicPassword {
  readonly user: string;
  readonly password: string;
}

/** What HTTP Basic carries (RFC 7617: up to the first colon is the name); null: another scheme. */
export function basicPair(authorization: string | null): BasicPassword | null {
  const value = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (value === undefined) return null;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon === -1 ? null : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** The same where the password is one that somebody chose: a token goes nowhere as a password. */
export function basicPassword(authorization: string | null): BasicPassword | null {
  const pair = basicPair(authorization);
  return pair === null || pair.password.startsWith(`${TOKEN_PREFIX}_`) ? null : pair;
}
