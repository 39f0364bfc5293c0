import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByRule, quoted } from '../../../core/domain/text.ts';
import { anyText } from '../support/hostile-text.ts';
import { refusal } from '../support/outcomes.ts';

describe('a name quoted in a message', () => {
  it('is one line of printable ASCII, whatever it holds', () => {
    fc.assert(
      fc.property(anyText(fc.string({ unit: 'grapheme' })), (text) => {
        expect(quoted(text)).toMatch(/^"[\x20-\x7e]*"$/);
      }),
    );
  });

  it('shows each control character and each look-alike as its code', () => {
    expect(quoted('\0\u001b\u007f\u009b\u0430\u202e\ud800')).toBe(
      '"\\u0000\\u001b\\u007f\\u009b\\u0430\\u202e\\ud800"',
    );
  });

  it('reads back as the name where it was not cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        fc.pre(text.length <= 80);
        expect(JSON.parse(quoted(text))).toBe(text);
      }),
    );
  });

  it('is cut at 80 characters', () => {
    expect(quoted('a'.repeat(80))).toBe(`"${'a'.repeat(80)}"`);
    expect(quoted('a'.repeat(81))).toBe(`"${'a'.repeat(77)}..."`);
  });
});

describe('the shape that all name parsers share', () => {
  it('returns what is valid', () => {
    expect(parseByRule('Thing', 'x', true, 'Any.')).toBe('x');
  });

  it('refuses with the fact and the rule', () => {
    const error = refusal(() => parseByRule('Thing', 'x\n', false, 'A thing has no newline.'));
    expect(error.code).toBe('name_invalid');
    expect(error.message).toBe('Thing "x\\n" is not valid.');
    expect(error.detail.remedy).toBe('A thing has no newline.');
  });
});
