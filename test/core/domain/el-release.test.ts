import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EL_RELEASES, parseElRelease } from '../../../core/domain/el-release.ts';
import { anyText } from '../support/hostile-text.ts';
import { elRelease } from '../support/names.ts';
import { refusal, refusalOrNull } from '../support/outcomes.ts';

describe('an EL release', () => {
  it('is one of eight', () => {
    expect(EL_RELEASES).toEqual(['6', '7', '8', '8s', '9', '9s', '10', '10s']);
  });

  it.each(EL_RELEASES)('%s may be written with el before it', (release) => {
    expect([parseElRelease(release), parseElRelease(`el${release}`)]).toEqual([release, release]);
  });

  it('accepts these forms and no others', () => {
    const forms = EL_RELEASES.flatMap((release) => [release, `el${release}`]);
    fc.assert(
      fc.property(anyText(fc.constantFrom(...forms)), (text) => {
        const error = refusalOrNull(() => parseElRelease(text));
        expect(error === null).toBe(forms.some((form) => form === text));
      }),
    );
  });

  it.each(['', '5', '7s', '07', '7.9', 'el', 'elel7', 'EL7', '9S', '7\n', ' 7', '7 ', '\uff17'])(
    'refuses %j and lists what is known',
    (text) => {
      const error = refusal(() => parseElRelease(text));
      expect(error.code).toBe('name_invalid');
      expect(error.detail.remedy).toBe('Known are: 6, 7, 8, 8s, 9, 9s, 10, 10s.');
    },
  );

  it('is not looked up in a prototype', () => {
    fc.assert(
      fc.property(
        elRelease,
        fc.constantFrom('constructor', 'toString', 'length'),
        (release, key) => {
          expect(refusal(() => parseElRelease(key)).code).toBe('name_invalid');
          expect(refusal(() => parseElRelease(`${release}${key}`)).code).toBe('name_invalid');
        },
      ),
    );
  });
});
