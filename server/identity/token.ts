import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** So that a leaked token can be recognised wherever it turns up. */
export const TOKEN_PREFIX = 'sclt';

export interface NewToken {
  /** Public: names the token in lists and in the audit log. */
  readonly id: string;
  /** What the user keeps: `sclt_<id>_<secret>_<crc32>`; never stored. */
  readonly token: string;
  readonly secretHash: Buffer;
}

/**
 * A secret of 256 random bits: too many to guess, so that one round of SHA-256 is enough to store
 * it, and a check costs microseconds.
 */
export function newToken(): NewToken {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const body = `${TOKEN_PREFIX}_${id}_${secret}`;
  return { id, token: `${body}_${checksum(body)}`, secretHash: hashSecret(secret) };
}

/** CRC-32 of all before it: whoever searches for leaks can tell a real token, and we a typo. */
function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}

/** Null: not a token of ours, or mistyped. */
export function parseToken(text: string): { id: string; secret: string } | null {
  const match = /^(sclt_([0-9a-f]{12})_([A-Za-z0-9_-]{43}))_([0-9a-f]{8})$/.exec(text);
  if (match === null) return null;
  const [, body = '', id = '', secret = '', given] = match;
  return checksum(body) === given ? { id, secret } : null;
}

export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Takes the same time wherever the two differ. */
export function secretMatches(secret: string, stored: Uint8Array): boolean {
  const given = hashSecret(secret);
  return stored.length === given.length && timingSafeEqual(given, stored);
}
