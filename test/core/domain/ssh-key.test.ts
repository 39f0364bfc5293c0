import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseSshFingerprint,
  parseSshPublicKey,
  SSH_KEY_TYPES,
} from '../../../core/domain/ssh-key.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';
import { keyBlob, keyFields, wireNumber, wireString } from '../support/ssh-wire.ts';

const line = (type: string, blob: Buffer): string => `${type} ${blob.toString('base64')}`;
const types = fc.constantFrom(...SSH_KEY_TYPES);
const accepted = (text: string): boolean => isAccepted(() => parseSshPublicKey(text));

describe('a public SSH key', () => {
  it('of every type is taken, with and without a comment', () => {
    fc.assert(
      fc.property(
        types,
        fc.nat(255),
        fc.constantFrom('', 'ann@laptop', 'a b'),
        (type, n, about) => {
          const blob = keyBlob(type, n);
          expect(parseSshPublicKey(`${line(type, blob)} ${about}\n`)).toEqual({
            type,
            base64: blob.toString('base64'),
            comment: about,
          });
        },
      ),
    );
  });

  it('is refused wherever it is cut, and with anything behind it', () => {
    fc.assert(
      fc.property(types, fc.nat(400), (type, cut) => {
        const blob = keyBlob(type);
        fc.pre(cut < blob.length);
        expect(accepted(line(type, blob.subarray(0, cut)))).toBe(false);
        expect(accepted(line(type, Buffer.concat([blob, Buffer.alloc(cut + 1)])))).toBe(false);
      }),
    );
  });

  it('is refused where its type is not the one in front', () => {
    for (const said of SSH_KEY_TYPES)
      for (const is of SSH_KEY_TYPES) expect(accepted(line(said, keyBlob(is)))).toBe(said === is);
  });

  it('is refused for lengths, curves and points of another type', () => {
    for (const said of SSH_KEY_TYPES)
      for (const is of SSH_KEY_TYPES) {
        const blob = Buffer.concat([wireString(said), keyFields(is, 1)]);
        expect(accepted(line(said, blob))).toBe(said === is);
      }
    const compressed = Buffer.concat([
      wireString('ecdsa-sha2-nistp256'),
      wireString('nistp256'),
      wireString(Buffer.alloc(65, 2)),
    ]);
    expect(accepted(line('ecdsa-sha2-nistp256', compressed))).toBe(false);
  });

  it.each([
    [1024, false],
    [2048, false],
    [3071, false],
    [3072, true],
    [4096, true],
    [16_384, true],
    [16_385, false],
  ])('of RSA with %i bits: %s', (bits, taken) => {
    const text = line('ssh-rsa', keyBlob('ssh-rsa', 0, bits));
    expect(accepted(text)).toBe(taken);
    if (!taken) expect(refusal(() => parseSshPublicKey(text)).message).toContain(`${bits} bits`);
  });

  it.each([
    ['an even exponent', wireNumber(65_536n)],
    ['the exponent one', wireNumber(1n)],
    ['a negative exponent', wireString(Buffer.of(0x80, 1))],
    ['an exponent with a needless zero', wireString(Buffer.of(0, 3))],
    ['no exponent', wireString('')],
  ])('of RSA with %s is refused', (_, exponent) => {
    const blob = Buffer.concat([wireString('ssh-rsa'), exponent, wireNumber((1n << 3071n) + 1n)]);
    expect(accepted(line('ssh-rsa', blob))).toBe(false);
  });

  it.each([
    ['DSA', line('ssh-dss', keyBlob('ssh-ed25519')), 'DSA'],
    ['a certificate', line('ssh-ed25519-cert-v01@openssh.com', Buffer.of(1)), 'certificate'],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n', 'private key'],
    ['options', `restrict ${line('ssh-ed25519', keyBlob('ssh-ed25519'))}`, 'options'],
    [
      'options with a command',
      `command="id" ${line('ssh-ed25519', keyBlob('ssh-ed25519'))}`,
      'options',
    ],
    ['an unknown type', 'ssh-foo AAAA', 'ssh-foo'],
    [
      'two keys',
      `${line('ssh-ed25519', keyBlob('ssh-ed25519'))}\n${line('ssh-ed25519', keyBlob('ssh-ed25519'))}`,
      'one line',
    ],
    ['no key', 'ssh-ed25519', 'no public'],
    ['nothing', '', 'no public'],
    ['base64 that is none', 'ssh-ed25519 ****', 'damaged'],
    ['base64 with blanks at its end', `ssh-ed25519 AAAA=`, 'damaged'],
    ['a comment with an escape', `${line('ssh-ed25519', keyBlob('ssh-ed25519'))} \u001b[2J`, 'odd'],
  ])('is refused: %s', (_, text, word) => {
    const error = refusal(() => parseSshPublicKey(text));
    expect(error.message).toContain(word);
    expect(error.detail.remedy).toMatch(/\w/);
  });

  it('is refused with a reason, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(refusal(() => parseSshPublicKey(text)).detail.remedy).toMatch(/\w/);
      }),
    );
  });
});

describe('a fingerprint', () => {
  it('is 43 characters of base64 behind SHA256:', () => {
    const good = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
    expect(parseSshFingerprint(good)).toBe(good);
    for (const bad of [
      good.slice(1),
      `${good}=`,
      good.slice(0, -1),
      good.replace('+', ' '),
      'MD5:aa',
    ])
      expect(refusal(() => parseSshFingerprint(bad)).code).toBe('name_invalid');
  });
});
