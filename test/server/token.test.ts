import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashSecret, newToken, parseToken, secretMatches } from '../../server/identity/token.ts';
import { forgedToken, secretOf } from '../support/token-parts.ts';

describe('a token', () => {
  it('says what it is, and is read back', () => {
    for (let n = 0; n < 100; n++) {
      const { id, token, secretHash } = newToken();
      expect(token).toMatch(/^sclt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/);
      const parsed = parseToken(token);
      expect(parsed?.id).toBe(id);
      expect(secretMatches(parsed?.secret ?? '', secretHash)).toBe(true);
    }
  });

  it('is never the same twice, and has 256 random bits', () => {
    const tokens = Array.from({ length: 200 }, () => newToken());
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(200);
    const secrets = tokens.map(({ token }) => Buffer.from(secretOf(token), 'base64url'));
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(200);
    for (const secret of secrets) expect(secret).toHaveLength(32);
  });

  it('is told from one with a slip in it, without asking the database', () => {
    for (let place = 5; place < 70; place++) {
      const { token } = newToken();
      const slip = token[place] === '0' ? '1' : '0';
      expect(parseToken(token.slice(0, place) + slip + token.slice(place + 1))).toBeNull();
    }
  });

  it('keeps nothing of its secret in what is stored', () => {
    const { token, secretHash } = newToken();
    expect(secretHash).toHaveLength(32);
    expect(secretHash.equals(Buffer.from(secretOf(token), 'base64url'))).toBe(false);
  });

  it.each([
    '',
    'sclt_',
    'sclt__',
    'hello',
    newToken().token.slice(1),
    `${newToken().token}x`,
    `${newToken().token}\n`,
    ` ${newToken().token}`,
    newToken().token.toUpperCase(),
    newToken().token.replace('sclt', 'ghp'),
    newToken().token.replaceAll('_', '-'),
    forgedToken('g'.repeat(12), 'A'.repeat(43)),
    forgedToken('a'.repeat(12), `${'A'.repeat(42)}=`),
    forgedToken('a'.repeat(12), 'A'.repeat(44)),
  ])('is not %j', (text) => {
    expect(parseToken(text)).toBeNull();
  });

  it('is nothing that is not exactly one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseToken(text)).toBeNull();
      }),
    );
  });
});

describe('a secret', () => {
  it('matches its own hash and no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(secretMatches(a, hashSecret(a))).toBe(true);
        expect(secretMatches(a, hashSecret(b))).toBe(a === b);
        // As the embedded database gives it: not a Buffer.
        expect(secretMatches(a, new Uint8Array(hashSecret(a)))).toBe(true);
      }),
    );
  });

  it('matches no hash with any one bit changed', () => {
    const hash = hashSecret('secret');
    for (let bit = 0; bit < hash.length * 8; bit++) {
      const other = Buffer.from(hash);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(secretMatches('secret', other)).toBe(false);
    }
  });

  it('matches no hash that is cut, longer or empty', () => {
    const hash = hashSecret('secret');
    for (const other of [hash.subarray(1), Buffer.concat([hash, Buffer.of(0)]), Buffer.alloc(0)])
      expect(secretMatches('secret', other)).toBe(false);
  });
});
