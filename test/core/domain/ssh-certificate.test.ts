import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSshCertificate } from '../../../core/domain/ssh-certificate.ts';
import { SSH_KEY_TYPES } from '../../../core/domain/ssh-key.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';
import { keyFields, wireString, wireUint32, wireUint64 } from '../support/ssh-wire.ts';

interface Content {
  type: string;
  serial: bigint;
  kind: number;
  keyId: string;
  principals: readonly string[];
  after: bigint;
  before: bigint;
  critical: readonly (readonly [string, string])[];
  rsaBits: number;
}
const GOOD: Content = {
  type: 'ssh-ed25519',
  serial: 42n,
  kind: 1,
  keyId: 'ann@laptop',
  principals: ['ann'],
  after: 1_000n,
  before: 2_000_000_000n,
  critical: [],
  rsaBits: 3072,
};

function certificate(change: Partial<Content> = {}): Buffer {
  const one = { ...GOOD, ...change };
  const sk = one.type.startsWith('sk-');
  const name = `${sk ? one.type.replace('@openssh.com', '') : one.type}-cert-v01@openssh.com`;
  const options = one.critical.flatMap(([key, value]) => [
    wireString(key),
    wireString(value === '' ? '' : wireString(value)),
  ]);
  return Buffer.concat([
    wireString(name),
    wireString(Buffer.alloc(32, 9)),
    keyFields(one.type, 3, one.rsaBits),
    wireUint64(one.serial),
    wireUint32(one.kind),
    wireString(one.keyId),
    wireString(Buffer.concat(one.principals.map(wireString))),
    wireUint64(one.after),
    wireUint64(one.before),
    wireString(Buffer.concat(options)),
    wireString(Buffer.concat([wireString('permit-pty'), wireString('')])),
    wireString(''),
    wireString('the key of the authority'),
    wireString('the signature'),
  ]);
}
const parse = (change: Partial<Content> = {}) =>
  parseSshCertificate(certificate(change).toString('base64'));

describe("a user's SSH certificate", () => {
  it('is read for every type of key', () => {
    for (const type of SSH_KEY_TYPES)
      expect(parse({ type })).toEqual({
        serial: 42n,
        keyId: 'ann@laptop',
        principals: ['ann'],
        validFrom: '1970-01-01T00:16:40.000Z',
        validUntil: '2033-05-18T03:33:20.000Z',
      });
  });

  it('tells serial, key id and principals as they are', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.stringMatching(/^[!-~]{0,100}$/),
        fc.array(fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())),
        (serial, keyId, principals) => {
          expect(parse({ serial, keyId, principals })).toMatchObject({ serial, keyId, principals });
        },
      ),
    );
  });

  it('without limits of time is valid always', () => {
    const { validFrom, validUntil } = parse({ after: 0n, before: 2n ** 64n - 1n });
    expect([validFrom, validUntil]).toEqual([null, null]);
    expect(parse({ before: 2n ** 64n - 2n }).validUntil).toBe('+275760-09-13T00:00:00.000Z');
  });

  it('has a key id that no log or terminal stumbles over', () => {
    expect(parse({ keyId: 'a b\n\u001b[2J\u0430' }).keyId).toBe('a?b??[2J?');
    expect(parse({ keyId: 'x'.repeat(5000) }).keyId).toHaveLength(100);
  });

  it.each([
    ["a host's", { kind: 2 }],
    ['of no kind', { kind: 0 }],
    ['with a command of its own', { critical: [['force-command', '/bin/sh']] as const }],
    ['with an option that nobody knows', { critical: [['x@example.org', '']] as const }],
    ['for RSA of 2048 bits', { type: 'ssh-rsa', rsaBits: 2048 }],
  ])('is refused: %s', (_, change) => {
    expect(refusal(() => parse(change)).detail.remedy).toMatch(/\w/);
  });

  it('may be bound to addresses, and to a touch of the key', () => {
    const critical = [
      ['source-address', '192.0.2.0/24'],
      ['verify-required', ''],
    ] as const;
    expect(parse({ critical }).principals).toEqual(['ann']);
  });

  it('is refused wherever it is cut, and with anything behind it', () => {
    const whole = certificate();
    for (let cut = 0; cut < whole.length; cut++) {
      const read = (): unknown => parseSshCertificate(whole.subarray(0, cut).toString('base64'));
      expect([cut, isAccepted(read)]).toEqual([cut, false]);
    }
    const longer = Buffer.concat([whole, Buffer.of(0)]).toString('base64');
    expect(isAccepted(() => parseSshCertificate(longer))).toBe(false);
  });
});
