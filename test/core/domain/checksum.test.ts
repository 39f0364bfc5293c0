import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HASH_LENGTHS,
  HASH_TYPES,
  hashTypeByLength,
  parseChecksum,
  STRONG_HASH_TYPES,
} from '../../../core/domain/checksum.ts';
import { anyText, withHostilePart } from '../support/hostile-text.ts';
import { checksum, hexText } from '../support/names.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';

describe('a checksum', () => {
  it('has as many hex digits as its type has bits, by four', () => {
    expect(HASH_LENGTHS).toEqual({
      md5: 128 / 4,
      sha1: 160 / 4,
      sha224: 224 / 4,
      sha256: 256 / 4,
      sha384: 384 / 4,
      sha512: 512 / 4,
    });
  });

  it('of md5 or sha1 is too weak for new uploads', () => {
    expect(HASH_TYPES.filter((type) => !STRONG_HASH_TYPES.includes(type))).toEqual(['md5', 'sha1']);
  });

  it('comes back from its type and hex, in either case, in lower case', () => {
    fc.assert(
      fc.property(checksum, (sum) => {
        expect(parseChecksum(sum.type, sum.hex)).toEqual(sum);
        expect(parseChecksum(sum.type.toUpperCase(), sum.hex.toUpperCase())).toEqual(sum);
      }),
    );
  });

  it('of another length is refused, whatever the type', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HASH_TYPES), fc.nat(200), (type, length) => {
        const taken = isAccepted(() => parseChecksum(type, 'a'.repeat(length)));
        expect(taken).toBe(HASH_LENGTHS[type] === length);
      }),
    );
  });

  it('is lower-case hex of the right length whenever it is accepted', () => {
    const typeText = fc.constantFrom<string>(...HASH_TYPES);
    const hex = fc.constantFrom(...Object.values(HASH_LENGTHS)).chain(hexText);
    fc.assert(
      fc.property(
        fc.oneof({ weight: 3, arbitrary: typeText }, { weight: 1, arbitrary: anyText(typeText) }),
        fc.oneof({ weight: 3, arbitrary: hex }, { weight: 1, arbitrary: anyText(hex) }),
        (type, text) => {
          fc.pre(isAccepted(() => parseChecksum(type, text)));
          const sum = parseChecksum(type, text);
          expect(HASH_TYPES).toContain(sum.type);
          expect(sum.hex).toMatch(/^[0-9a-f]+$/);
          expect(sum.hex).toHaveLength(HASH_LENGTHS[sum.type]);
        },
      ),
    );
  });

  it('with a hostile part is refused with nothing but input_invalid', () => {
    fc.assert(
      fc.property(checksum, withHostilePart(hexText(128)), ({ type, hex }, hostile) => {
        expect(refusal(() => parseChecksum('sha512', hostile)).code).toBe('input_invalid');
        expect(refusal(() => parseChecksum(type, `${hex}\n`)).code).toBe('input_invalid');
        expect(refusal(() => parseChecksum(`${type}\n`, hex)).code).toBe('input_invalid');
      }),
    );
  });

  it.each([
    ['newline for the last digit', `${'a'.repeat(31)}\n`],
    ['a digit of another script', `${'a'.repeat(31)}\u0663`],
    ['a full-width letter', `${'a'.repeat(31)}\uff41`],
    ['a letter after f', `${'a'.repeat(31)}g`],
    ['0x', `0x${'a'.repeat(30)}`],
    ['nothing', ''],
  ])('of the right length but with %s is refused', (_, hex) => {
    expect(refusal(() => parseChecksum('md5', hex)).code).toBe('input_invalid');
  });

  it.each([
    '',
    'sha3-512',
    'sha-512',
    'sha512sum',
    'crc32',
    'constructor',
    '__proto__',
    '../md5',
    'md\u0435\u0035',
  ])('of the type %j is refused', (type) => {
    const error = refusal(() => parseChecksum(type, 'a'.repeat(32)));
    expect(error.code).toBe('input_invalid');
    expect(error.detail.remedy).toBe('Use sha512.');
  });

  it('says how many digits it wants', () => {
    const error = refusal(() => parseChecksum('SHA256', 'ab'));
    expect(error.message).toBe('"ab" is not a sha256 checksum.');
    expect(error.detail.remedy).toBe('A sha256 checksum has 64 hex digits.');
  });
});

describe('a bare checksum', () => {
  it.each(HASH_TYPES)('is a %s by its length', (type) => {
    expect(hashTypeByLength('a'.repeat(HASH_LENGTHS[type]))).toBe(type);
  });

  it('of another length is of no type', () => {
    expect(['', 'a', 'a'.repeat(33), 'a'.repeat(129)].map(hashTypeByLength)).toEqual(
      Array.from({ length: 4 }, () => null),
    );
  });
});
