import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, parseEvr } from '../../../../core/domain/spec/version-compare.ts';
import { END, expanded, HEAD, reading, refusal } from '../../support/spec-reading.ts';

/** Pieces that macros, conditions and tags are made of. */
const PIECES = [
  '%',
  '%%',
  '{',
  '}',
  '%{',
  '%(',
  ')',
  '%[',
  ']',
  '?',
  '!',
  ':',
  ' ',
  '\n',
  '\\',
  '\\\n',
  '"',
  '-',
  'a',
  'b1',
  '_x',
  '0',
  '1',
  '%a',
  '%{a}',
  '%{?a:',
  '%{!?a:',
  '%1',
  '%*',
  '%#',
  '%{-f}',
  '%{-f*}',
  '%define a ',
  '%define a(f:) ',
  '%global b1 ',
  '%undefine a',
  '%if ',
  '%elif ',
  '%else\n',
  '%endif\n',
  '%ifarch ',
  '%include ',
  '&&',
  '||',
  '==',
  '<',
  '>=',
  '+',
  '/',
  '*',
  'v"1"',
  '%{expand:',
  '%{lua:',
  '%dnl ',
  '%{basename:',
  '%{quote:',
  '%{S:0}',
  '%{expr:',
  '%(echo a)',
  '%(id)',
  'Name: x\n',
  'Version: 1\n',
  'Source0: ',
  'Patch: ',
  'BuildRequires: ',
  '(a or b)',
  '>= 1',
  'BuildArch: noarch\n',
  '%package ',
  '%package -n ',
  '%description ',
  '%files\n',
  '%sourcelist\n',
  '%prep\n',
  '%changelog\n',
  '\r\n',
  '\t',
  '\0',
  '\x1f',
  '\ud800',
  '\udc00',
  'é',
  '🐎',
  '#',
] as const;
const soup = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 60 })
  .map((pieces) => pieces.join(''));
const plain = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);

describe('any text', () => {
  it('is read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(soup, fc.constantFrom('', HEAD), fc.constantFrom('', END), (text, head, end) => {
        const why = refusal(head + text + end);
        expect(why === null || /^(check_failed|too_large): /.test(why), why ?? '').toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is read the same way each time', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const spec = HEAD + text;
        expect(refusal(spec)).toBe(refusal(spec));
      }),
    );
  });

  it('gives no text with a mark, and only lines that there are', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const spec = HEAD + END + text;
        if (refusal(spec) !== null) return;
        const read = reading(spec);
        expect(JSON.stringify(read)).not.toMatch(/\\ud[89a-f]/);
        const lines = spec.split('\n').length;
        for (const { line } of [
          ...read.sources,
          ...read.buildRequires,
          ...read.sections,
          ...read.gaps,
        ])
          expect(line >= 1 && line <= lines).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a macro', () => {
  it('that is defined stands for its text', () => {
    fc.assert(
      fc.property(plain, plain, (name, text) => {
        fc.pre(!['name', 'version', 'release', 'expand', 'quote'].includes(name));
        expect(
          expanded(
            `%{x${name}}-%x${name}-%{?x${name}:y}%{!?x${name}:n}`,
            `%global x${name} ${text}\n`,
          ),
        ).toBe(`${text}-${text}-y`);
      }),
    );
  });

  it('without a per cent sign is no macro', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-$&-~]{0,40}$/), (text) => {
        expect(expanded(text)).toBe(text);
      }),
    );
  });

  it('that is escaped stays', () => {
    fc.assert(
      fc.property(plain, (name) => {
        expect(expanded(`%%{${name}}`)).toBe(`%{${name}}`);
      }),
    );
  });
});

describe('the order of versions', () => {
  const version = fc.stringMatching(/^[0-9a-z.~^_]{0,8}$/);
  const sign = (one: string, other: string) => Math.sign(compareVersions(one, other));

  it('is the same from both sides', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        expect(sign(one, other) + sign(other, one)).toBe(0);
      }),
    );
  });

  it('takes an epoch and a release apart, and loses nothing', () => {
    fc.assert(
      fc.property(fc.option(fc.nat(99)), version, fc.option(plain), (epoch, text, release) => {
        const evr = `${epoch === null ? '' : `${epoch}:`}${text}${release === null ? '' : `-${release}`}`;
        expect(parseEvr(evr)).toEqual({
          epoch: epoch === null ? null : String(epoch),
          version: text,
          release,
        });
      }),
    );
  });
});
