import type { Request, Response } from 'express';

/** The cookies of the pages; no other route reads them. */
export interface CookieNames {
  /** The session's id. */
  readonly session: string;
  /** Before the login, so that its form has something to be bound to. */
  readonly login: string;
}

/** `__Host-`: browsers take such a cookie only over TLS, for this host alone and from itself. */
export function cookieNames(secure: boolean): CookieNames {
  const prefix = secure ? '__Host-' : '';
  return { session: `${prefix}distgit-session`, login: `${prefix}distgit-login` };
}

/**
 * Reads a secret of 256 bits from a cookie.
 * @returns null where there is none, where it has another shape, and where the name came twice: one
 * of those was not set by us
 */
export function secretCookie(req: Request, name: string): string | null {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const [value, second] = pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  if (value === undefined || second !== undefined) return null;
  return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
}

/** Sets a cookie that ends with the browser, or, with null, takes it back. */
export function setCookie(res: Response, name: string, value: string | null): void {
  const attributes = [
    `${name}=${value ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(name.startsWith('__Host-') ? ['Secure'] : []),
    ...(value === null ? ['Max-Age=0'] : []),
  ];
  res.append('Set-Cookie', attributes.join('; '));
}
