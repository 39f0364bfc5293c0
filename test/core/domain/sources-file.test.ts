import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import {
  formatSourcesFile,
  parseSourcesFile,
  withSources,
} from '../../../core/domain/sources-file.ts';
import { quoted } from '../../../core/domain/text.ts';
import { anyText } from '../support/hostile-text.ts';
import { file, fileText, hexText, sourceEntries } from '../support/names.ts';
import { refusal, refusalOrNull } from '../support/outcomes.ts';

const SHA = 'a1'.repeat(64);
const MD5 = 'b2'.repeat(16);

/** What `parseSourcesFile` finds wrong, as `line N: ...`. */
const wrong = (text: string): string[] => {
  const error = refusal(() => parseSourcesFile(text));
  expect(error.code).toBe('check_failed');
  return (error.detail.problems ?? []).map(({ path, message }) => `${path}: ${message}`);
};

describe('the sources file', () => {
  it('comes back from its entries, and they from it', () => {
    fc.assert(
      fc.property(sourceEntries, (entries) => {
        const text = formatSourcesFile(entries);
        expect(parseSourcesFile(text)).toEqual(entries);
        expect(formatSourcesFile(parseSourcesFile(text))).toBe(text);
      }),
    );
  });

  it('is written in the BSD form, a newline at the end of each line', () => {
    const entries = parseSourcesFile(`SHA512 (a.tar) = ${SHA}\nSHA512 (b c.zip) = ${SHA}`);
    expect(formatSourcesFile(entries)).toBe(`SHA512 (a.tar) = ${SHA}\nSHA512 (b c.zip) = ${SHA}\n`);
    expect(formatSourcesFile([])).toBe('');
  });

  it('is read in the old form, which is never written', () => {
    fc.assert(
      fc.property(fileText, hexText(32), (file, hex) => {
        const entries = parseSourcesFile(`${hex}  ${file}\n`);
        expect(entries).toEqual([{ file, checksum: { type: 'md5', hex } }]);
        expect(formatSourcesFile(entries)).toBe(`MD5 (${file}) = ${hex}\n`);
      }),
    );
  });

  it.each(['', '\n', '\n\n', '  \n\t\n', '\r\n'])('may be empty: %j', (text) => {
    expect(parseSourcesFile(text)).toEqual([]);
  });

  it('takes either case of the type and the hex, and blank lines between', () => {
    expect(
      parseSourcesFile(`\nsha512 (a) = ${SHA.toUpperCase()}\n\nSHA512 (b) = ${SHA}\n`),
    ).toEqual([
      { file: 'a', checksum: { type: 'sha512', hex: SHA } },
      { file: 'b', checksum: { type: 'sha512', hex: SHA } },
    ]);
  });

  it.each([
    `SHA512 (a) = ${SHA} `,
    ` SHA512 (a) = ${SHA}`,
    `SHA512  (a) = ${SHA}`,
    `SHA512(a)=${SHA}`,
    `SHA512 (a) = ${SHA}\r`,
    `SHA512 (a) = ${SHA}\u2028`,
    `\ufeffSHA512 (a) = ${SHA}`,
    `SHA512 () = ${SHA}`,
    `SHA512 (a)`,
    `SHA512 (a) = `,
    `SHA-512 (a) = ${SHA}`,
    `${MD5} a`,
    `${MD5}\ta`,
    `${MD5} *a`,
    `${SHA}  a`,
    `# a comment`,
    `<<<<<<< HEAD`,
    `\0`,
  ])('does not take the line %j', (line) => {
    expect(wrong(`${line}\n`)).toEqual([
      `line 1: ${quoted(line)} is not "SHA512 (file) = checksum"`,
    ]);
  });

  it.each([
    ['../a', 'File name "../a" is not valid.'],
    ['a/b', 'File name "a/b" is not valid.'],
    ['.gitignore', 'File name ".gitignore" is not valid.'],
    ['sources', 'File name "sources" is not valid.'],
    ['a\0', 'File name "a\\u0000" is not valid.'],
  ])('does not take the file %j in either form', (file, message) => {
    expect(wrong(`SHA512 (${file}) = ${SHA}\n`)).toEqual([`line 1: ${message}`]);
    expect(wrong(`${MD5}  ${file}\n`)).toEqual([`line 1: ${message}`]);
  });

  it('does not take an unknown hash type or a checksum of another length', () => {
    expect(wrong(`CRC32 (a) = ${SHA}\nSHA256 (b) = ${SHA}\n`)).toEqual([
      'line 1: Hash type "CRC32" is not known.',
      `line 2: "${SHA.slice(0, 77)}..." is not a sha256 checksum.`,
    ]);
  });

  it('does not mix the two forms, nor hash types: rpkg refuses such a file', () => {
    expect(wrong(`SHA512 (a) = ${SHA}\n${MD5}  b\n`)).toEqual([
      'line 2: the old md5 form is mixed with the sha512 form',
    ]);
    expect(wrong(`${MD5}  b\nMD5 (a) = ${MD5}\n`)).toEqual([
      'line 2: the md5 form is mixed with the old md5 form',
    ]);
    expect(wrong(`SHA512 (a) = ${SHA}\nSHA256 (b) = ${SHA.slice(64)}\n`)).toEqual([
      'line 2: the sha256 form is mixed with the sha512 form',
    ]);
  });

  it('does not list a file twice', () => {
    expect(wrong(`SHA512 (a) = ${SHA}\n\nSHA512 (a) = ${SHA}\n`)).toEqual([
      'line 3: a is listed twice',
    ]);
  });

  it('is refused with every bad line at once', () => {
    expect(wrong(`x\nSHA512 (a) = ${SHA}\nSHA512 (../a) = ${SHA}\nSHA512 (a) = ${SHA}\ny`)).toEqual(
      [
        'line 1: "x" is not "SHA512 (file) = checksum"',
        'line 3: File name "../a" is not valid.',
        'line 4: a is listed twice',
        'line 5: "y" is not "SHA512 (file) = checksum"',
      ],
    );
  });

  it('is refused with nothing but a DistGitError, and gives safe names only', () => {
    const line = fc.tuple(fileText, hexText(128)).map(([file, hex]) => `SHA512 (${file}) = ${hex}`);
    const lines = fc.array(fc.oneof(line, anyText(line)), { maxLength: 4 });
    fc.assert(
      fc.property(lines, (lines) => {
        const text = lines.join('\n');
        const error = refusalOrNull(() => parseSourcesFile(text));
        const entries = error === null ? parseSourcesFile(text) : [];
        expect(error?.code ?? 'check_failed').toBe('check_failed');
        expect(entries.filter(({ file }) => /[/\\\0\n]|^\./.test(file))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the length of the sources file', () => {
  const linesOf = (count: number): string =>
    formatSourcesFile(
      Array.from({ length: count }, (_, index) => ({
        file: file(`f${index}`),
        checksum: { type: 'md5', hex: MD5 },
      })),
    );

  it('is at most 10000 lines', () => {
    const error = refusal(() => parseSourcesFile(linesOf(10_001)));
    expect(error).toBeInstanceOf(DistGitError);
    expect(error.message).toBe('sources has more than 10000 lines.');
    expect(parseSourcesFile(linesOf(9_999))).toHaveLength(9_999);
  });

  it('may be 10000 lines', () => {
    expect(parseSourcesFile(linesOf(10_000))).toHaveLength(10_000);
  });
});

describe('adding to the sources file', () => {
  it('puts an entry in place of one of the same file, and new ones at the end', () => {
    const old = parseSourcesFile(`SHA512 (a) = ${SHA}\nSHA512 (b) = ${SHA}\n`);
    const added = parseSourcesFile(
      `SHA512 (c) = ${SHA}\nSHA512 (a) = ${'0'.repeat(128)}\nSHA512 (d) = ${SHA}\n`,
    );
    expect(withSources(old, added).map(({ file, checksum }) => file + checksum.hex[0])).toEqual([
      'a0',
      'ba',
      'ca',
      'da',
    ]);
  });

  it('lists every file once, with what was added last, and takes nothing else away', () => {
    fc.assert(
      fc.property(sourceEntries, sourceEntries, (old, added) => {
        const both = withSources(old, added);
        const names = both.map(({ file }) => file);
        expect(new Set(names).size).toBe(names.length);
        expect(both).toEqual(expect.arrayContaining(added));
        expect(names.slice(0, old.length)).toEqual(old.map(({ file }) => file));
        expect(withSources(both, added)).toEqual(both);
      }),
    );
  });
});
