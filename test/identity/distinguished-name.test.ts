import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asciiLower,
  commonNameBelow,
  escapeDnValue,
  normalDn,
} from '../../server/identity/distinguished-name.ts';
import { HOSTILE_PARTS } from '../core/support/hostile-text.ts';

const BASE = 'ou=groups,dc=example,dc=org';
const anyValue = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc
    .array(
      fc.constantFrom('\\', ',', '+', '=', ' ', '"', '#', '\\2c', '\\,', 'uid=ann', '\0', 'é'),
      {
        minLength: 1,
      },
    )
    .map((parts) => parts.join('')),
);

describe('a value that is escaped for a distinguished name', () => {
  it('comes back as it was, and nothing of it is read as more', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(commonNameBelow(`cn=${escapeDnValue(value)},${BASE}`, BASE)).toBe(asciiLower(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('is another name whenever it is another value', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (one, other) => {
        const same =
          normalDn(`uid=${escapeDnValue(one)}`) === normalDn(`uid=${escapeDnValue(other)}`);
        expect(same).toBe(asciiLower(one) === asciiLower(other));
      }),
      { numRuns: 1000 },
    );
  });

  it('holds nothing that means something anywhere', () => {
    for (const part of HOSTILE_PARTS)
      expect(escapeDnValue(part)).toMatch(/^([A-Za-z0-9._-]|\\[0-9a-f]{2})*$/);
  });
});

describe('names that mean the same', () => {
  it.each([
    ['CN=Sig-Core, OU=Groups , DC=Example,dc=ORG', `cn=sig-core,${BASE}`],
    [`cn=a\\2cb,${BASE}`, `cn=a\\,b,${BASE}`],
    [`cn=\\c3\\a9,${BASE}`, `cn=é,${BASE}`],
    ['cn=a+uid=b,dc=x', 'UID=b + CN=A,dc=x'],
    ['cn=a\\\\b,dc=x', 'cn=a\\5cb,dc=x'],
    ['cn=\\ a\\ ,dc=x', 'cn=\\20a\\20,dc=x'],
    ['cn= a ,dc=x', 'cn=a,dc=x'],
    ['cn=a\\\\  ,dc=x', 'cn=a\\\\,dc=x'],
  ])('have one spelling: %j and %j', (one, other) => {
    expect(normalDn(one)).not.toBeNull();
    expect(normalDn(one)).toBe(normalDn(other));
  });

  it.each([
    ['cn=a\\2cb,dc=x', 'cn=a,cn=b,dc=x'],
    ['cn=a\\\\2cb,dc=x', 'cn=a\\2cb,dc=x'],
    ['cn=sig-core,dc=x', 'cn=sig-coreos,dc=x'],
    ['cn=sig-kore,dc=x', 'cn=sig-\u212aore,dc=x'],
    ['cn=a,dc=x', 'uid=a,dc=x'],
    ['cn=a+uid=b,dc=x', 'cn=a,uid=b,dc=x'],
    ['cn=\\ a,dc=x', 'cn=a,dc=x'],
  ])('are others than these: %j and %j', (one, other) => {
    expect(normalDn(one)).not.toBe(normalDn(other));
  });

  it.each([
    'nonsense',
    'cn=',
    'cn=a,',
    'cn=a,,dc=x',
    '=a',
    'cn=a\\',
    'cn=a\\zz',
    'cn="a,b"',
    'cn=\\ff',
  ])('are not made of what is no name: %j', (text) => {
    expect(normalDn(text)).toBeNull();
  });
});

describe('the name of a group', () => {
  it.each([
    ['lies deeper', `cn=sig-core,ou=more,${BASE}`],
    ['lies elsewhere', 'cn=sig-core,ou=elsewhere,dc=example,dc=org'],
    ['lies above', 'cn=sig-core,dc=example,dc=org'],
    ['only ends alike', `cn=sig-core,xou=groups,dc=example,dc=org`],
    ['is called by more', `cn=sig-core+ou=x,${BASE}`],
    ['is called by something else', `ou=sig-core,${BASE}`],
    ['is the base', BASE],
    ['is no name', 'sig-core'],
  ])('is that of none which %s', (_, dn) => {
    expect(commonNameBelow(dn, BASE)).toBeNull();
  });

  it('is in lower case of ASCII, and no more', () => {
    expect(commonNameBelow(`CN=Sig-Core,${BASE}`, BASE)).toBe('sig-core');
    expect(commonNameBelow(`cn=sig-\u212aore,${BASE}`, BASE)).toBe('sig-\u212aore');
  });
});
