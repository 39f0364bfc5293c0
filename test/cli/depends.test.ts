import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { EL_RELEASES } from '../../core/domain/el-release.ts';
import { anyText } from '../core/support/hostile-text.ts';
import { collectionText } from '../core/support/names.ts';
import { askedBy } from './support/run-command.ts';

type Release = { release: string; depends: { collection: string; level: string }[] };

/** The releases that `collection create` asks for with these `--depends`. */
async function releases(depends: readonly string[], el = ['6', '7']): Promise<Release[]> {
  const asked = await askedBy('collection create', ['x'], { sig: 'sclo', el, depends });
  return asked.releases as Release[];
}
/** The DistGitError that it is refused with; null where it is taken. */
const refusal = (promise: Promise<unknown>): Promise<DistGitError | null> =>
  promise.then(
    () => null,
    (error: unknown) => {
      if (error instanceof DistGitError) return error;
      throw error;
    },
  );
const candidate = (collection: string) => ({ collection, level: 'candidate' });

describe('--depends', () => {
  it('is a collection, on all releases or on one, on its candidate or release level', async () => {
    expect(await releases(['a', '7:b', 'c@release', '6:d@release', 'e@candidate'])).toEqual([
      {
        release: '6',
        depends: [
          candidate('a'),
          { collection: 'c', level: 'release' },
          { collection: 'd', level: 'release' },
          candidate('e'),
        ],
      },
      {
        release: '7',
        depends: [
          candidate('a'),
          candidate('b'),
          { collection: 'c', level: 'release' },
          candidate('e'),
        ],
      },
    ]);
  });

  it('keeps whatever name a collection may have', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(collectionText, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...EL_RELEASES),
        fc.boolean(),
        async (names, release, only) => {
          const depends = names.map((name) => (only ? `${release}:${name}` : name));
          expect(await releases(depends, [release])).toEqual([
            { release, depends: names.map(candidate) },
          ]);
        },
      ),
    );
  });

  it.each([
    '',
    ':',
    '7:',
    '@release',
    'a@',
    'a@testing',
    '5:a',
    'a:b',
    '7:a:b',
    'a@release@release',
    '7 :a',
    '-a',
    'el7:a',
  ])('%j is refused as wrong input', async (text) => {
    const error = await refusal(releases([text]));
    expect(error?.kind.exit).toBe(2);
  });

  it('is taken or refused, whatever is written, and what is taken is a name of a collection', async () => {
    await fc.assert(
      fc.asyncProperty(anyText(collectionText), async (text) => {
        const error = await refusal(releases([text]));
        if (error === null) expect(text).toMatch(/^(\d+s?:)?[\w.+-]+(@(candidate|release))?$/);
        else expect(error.kind.exit).toBe(2);
      }),
    );
  });

  it.each([
    ['collection create', ['x'], { sig: 'sclo', el: ['6', '7'] }],
    ['collection add-release', ['x', '7'], {}],
    ['collection depend', ['x', '7'], {}],
  ])('of "%s" for a release that it is not about is refused', async (name, args, options) => {
    const error = await refusal(askedBy(name, args, { ...options, depends: ['8:a'] }));
    expect(error?.code).toBe('usage');
    expect(error?.message).toContain('8');
  });

  it('of "collection depend" replaces what is there, by nothing where none is given', async () => {
    expect(await askedBy('collection depend', ['x', '7'], {})).toEqual({
      collection: 'x',
      release: '7',
      depends: [],
    });
  });
});
