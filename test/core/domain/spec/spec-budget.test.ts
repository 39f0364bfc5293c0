import { describe, expect, it } from 'vitest';
import { MAX_SPEC } from '../../../../core/domain/spec/budget.ts';
import { END, expanded, HEAD, reading, refusal } from '../../support/spec-reading.ts';

/** So often that it fills the largest spec that is read, with room for a head and an end. */
const filling = (piece: string): string =>
  piece.repeat(Math.floor((MAX_SPEC - 8000) / piece.length));
/** A macro whose text is that of `leaf` a million times. */
const often = (leaf: string): string =>
  `%define m0 ${leaf}\n${Array.from({ length: 20 }, (_, n) => `%define m${n + 1} %m${n}%m${n}\n`).join('')}URL: %m20\n`;

describe('whatever takes long counts as work', () => {
  it.each([
    ['lines', HEAD + filling('\n') + END],
    ['conditions', HEAD + filling('%if "a" == "b"\n%endif\n') + END],
    ['sections', HEAD + END + filling('%post\n')],
    ['lists of files', HEAD + END + filling('%files\n')],
    ['patches', `${HEAD}${END}%patchlist\n${filling('a\n')}`],
    ['dependencies', `${HEAD}BuildRequires: ${filling('a ')}\n${END}`],
    ['arguments', `${HEAD}%define p() %1\n%p ${filling('a ')}\n${END}`],
    ['options', `${HEAD}%define p(a) %1\n%p -${filling('a')}\n${END}`],
    ['commands', HEAD + filling('%global x %(echo a | tr a b)\n') + END],
    ['Lua at the end of each other', `${HEAD}URL: x${filling('%lua ')}\n${END}`],
    [
      'tags that one macro makes',
      `${HEAD}%{expand:${'x'.repeat(9000)}\n${filling('Requires: a\n').slice(0, 600_000)}\n}%{expand:\n\n}\n${END}`.replace(
        'x'.repeat(9000),
        ' '.repeat(9000),
      ),
    ],
    ['parentheses', HEAD + often(`%[${'('.repeat(60)}1${')'.repeat(60)}]`) + END],
    [
      'a long name',
      `${HEAD}%define ${'n'.repeat(5000)} %{nil}\n${often(`%${'n'.repeat(5000)}`)}${END}`,
    ],
    [
      'definitions',
      `${HEAD}${often(`%define a ${'x'.repeat(3000)}\\\n%{nil}`).replace('URL: ', '')}${END}`,
    ],
    [
      'comments',
      `${HEAD}${often(`%dnl ${'x'.repeat(3000)}\\\n%{nil}`).replace('URL: ', '')}${END}`,
    ],
    ['filters', HEAD + often(`%(echo ${'a'.repeat(300)} ${'| tr a b '.repeat(70)})`) + END],
  ])('%s', (_, text) => {
    expect(refusal(text)).toMatch(/^too_large: To read the spec takes more work/);
  });

  // Each took minutes, or for ever.
  it.each([
    ['spaces within a definition', `${HEAD}%define a x${filling(' ')}x\n${END}`],
    ['ends of line within a definition', `${HEAD}%define a ${filling('\\\n')}x\n${END}`],
    [
      'lines of a macro that makes more lines of them',
      `${HEAD}${END}%{expand:${'a\n'.repeat(60_000)}}%{expand:\n\n}\n`,
    ],
    ['empty lines of a macro', `${HEAD}${END}%{expand:${'\n'.repeat(100_000)}}\n`],
  ])('and what does not is read: %s', (_, text) => {
    expect(refusal(text)).toBeNull();
  });

  it('has room for the largest specs that there are', () => {
    const code = Array.from(
      { length: 3000 },
      (_, n) => `%if 0%{?with_${n}}\nBuildRequires: library-${n}-devel >= 1.2.3\n%endif\n`,
    ).join('');
    const entry = '* Mon Jan 01 2024 Ann <ann@example.org> - 1-2\n- Rebuild it for a reason\n\n';
    const text = `${HEAD}${code}${END}%changelog\n`;
    const all = text + entry.repeat(Math.floor((MAX_SPEC - text.length) / entry.length));
    expect(all.length).toBeGreaterThan(MAX_SPEC - 1000);
    expect(refusal(all)).toBeNull();
    expect(reading(all).name.value).toEqual({ known: true, text: 'a' });
  });
});

describe('a command whose variables hold each other', () => {
  const doubled = (times: number): string =>
    `a0=x;${Array.from({ length: times }, (_, n) => `a${n + 1}=$a${n}$a${n};`).join('')}echo $a${times}`;

  it('prints what it prints', () => {
    expect(expanded(`%(${doubled(6)})`)).toBe('x'.repeat(64));
  });

  it('is not run where that is much', () => {
    for (const times of [10, 12, 40, 70])
      expect(expanded(`%(${doubled(times)})`)).toMatch(/^<%\(a0=x;/);
  });

  it('is not run where it prints much, or its filters make much of it', () => {
    const long = 'a'.repeat(400);
    for (const command of [
      `x=${long};echo $x $x $x`,
      `x=${long};echo $x;echo $x;echo $x`,
      `echo ${long} | sed s/a/aaaa/g`,
    ])
      expect(expanded(`%(${command})`)).toMatch(/is not run>$/);
  });
});

describe('an expression', () => {
  it('that asks and asks is refused as nested too deeply', () => {
    expect(
      refusal(`${HEAD}%if ${'1?'.repeat(100_000)}1${':1'.repeat(100_000)}\n%endif\n${END}`),
    ).toBe('check_failed: Line 6: the expression is nested too deeply.');
  });

  it('may ask as often as anybody needs', () => {
    const text = `${HEAD}%if ${'0?1:'.repeat(150)}1\nEpoch: 7\n%endif\n${END}`;
    expect(reading(text).epoch?.value).toEqual({ known: true, text: '7' });
    expect(refusal(`${HEAD}%if ${'('.repeat(190)}1${')'.repeat(190)}\n%endif\n${END}`)).toBeNull();
  });
});
