import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_SIG_POLICIES,
  directoryGroup,
  parseSigName,
  parseUserName,
} from '../../../core/domain/sig.ts';
import { anyText, withHostilePart } from '../support/hostile-text.ts';
import { sigText } from '../support/names.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';

describe('a SIG name', () => {
  it('is returned unchanged whenever the rule allows it', () => {
    fc.assert(
      fc.property(sigText, (text) => {
        expect(parseSigName(text)).toBe(text);
      }),
    );
  });

  it('has lower-case letters, digits and inner dashes only, whatever was asked', () => {
    fc.assert(
      fc.property(anyText(sigText), (text) => {
        fc.pre(isAccepted(() => parseSigName(text)));
        expect(text).toMatch(/^[a-z0-9][a-z0-9-]*$/);
        expect(text.endsWith('-')).toBe(false);
        expect(text.length).toBeLessThanOrEqual(32);
      }),
    );
  });

  it('is refused with nothing but name_invalid', () => {
    fc.assert(
      fc.property(withHostilePart(sigText), (text) => {
        expect(refusal(() => parseSigName(text)).code).toBe('name_invalid');
      }),
    );
  });

  it.each(['', '-', 'core-', '-core', 'Core', 'co_re', 'co.re', 'core\n', 's\u0441lo', 'core/os'])(
    'refuses %j',
    (text) => {
      expect(refusal(() => parseSigName(text)).code).toBe('name_invalid');
    },
  );

  it('has at most 32 characters', () => {
    expect(parseSigName('a'.repeat(32))).toHaveLength(32);
    expect(refusal(() => parseSigName('a'.repeat(33))).code).toBe('name_invalid');
  });
});

describe("a SIG's group in the directory", () => {
  it('is sig-<name>', () => {
    expect(directoryGroup(parseSigName('sclo'))).toBe('sig-sclo');
  });

  it('differs for two SIGs, also where one name begins the other', () => {
    fc.assert(
      fc.property(sigText, sigText, (a, b) => {
        fc.pre(a !== b);
        expect(directoryGroup(parseSigName(a))).not.toBe(directoryGroup(parseSigName(b)));
      }),
    );
    expect(directoryGroup(parseSigName('core'))).not.toBe(directoryGroup(parseSigName('coreos')));
  });
});

describe('the policies of a SIG', () => {
  it("default to the proposal's preferred variants", () => {
    expect(DEFAULT_SIG_POLICIES).toEqual({ commit: 'approved', koji: 'members' });
  });
});

describe('a user name', () => {
  const userText = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_-])?$/);

  it.each(['ann', 'a', '_robot', 'ann.lee', 'ann-lee', 'a1'])('accepts %s', (text) => {
    expect(parseUserName(text)).toBe(text);
  });

  it('is returned unchanged whenever the rule allows it', () => {
    fc.assert(
      fc.property(userText, (text) => {
        expect(parseUserName(text)).toBe(text);
      }),
    );
  });

  it('is lower-case ASCII without a path in it, whatever was asked', () => {
    fc.assert(
      fc.property(anyText(userText), (text) => {
        fc.pre(isAccepted(() => parseUserName(text)));
        expect(text).toMatch(/^[a-z0-9_][a-z0-9_.-]{0,63}$/);
        expect(text).not.toContain('..');
      }),
    );
  });

  it('is refused with nothing but name_invalid', () => {
    fc.assert(
      fc.property(withHostilePart(userText), (text) => {
        expect(refusal(() => parseUserName(text)).code).toBe('name_invalid');
      }),
    );
  });

  it.each(['', '.', '..', 'Ann', 'ann.', '.ann', '-ann', 'a..b', 'ann\n', 'ann@x', 'a'.repeat(65)])(
    'refuses %j',
    (text) => {
      expect(refusal(() => parseUserName(text)).code).toBe('name_invalid');
    },
  );
});
