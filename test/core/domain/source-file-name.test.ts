import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSourceFileName } from '../../../core/domain/source-file-name.ts';
import { anyText, withHostilePart } from '../support/hostile-text.ts';
import { fileText } from '../support/names.ts';
import { isAccepted, refusal } from '../support/outcomes.ts';

describe('a source file name', () => {
  it.each([
    'Python-3.3.2.tar.xz',
    'gcc-c++.patch',
    'foo~rc1^git.tgz',
    'a b.zip',
    'foo (1).tar.gz',
    'x@1.2,3=4:5%6.bin',
    '_service',
    '0',
    'sources.tar',
    'Sources',
  ])('accepts %s', (name) => {
    expect(parseSourceFileName(name)).toBe(name);
  });

  it('is returned unchanged whenever the rule allows it', () => {
    fc.assert(
      fc.property(fileText, (text) => {
        expect(parseSourceFileName(text)).toBe(text);
      }),
    );
  });

  it('is one path segment of printable ASCII whenever it is accepted', () => {
    fc.assert(
      fc.property(anyText(fileText), (text) => {
        fc.pre(isAccepted(() => parseSourceFileName(text)));
        expect(text).toMatch(/^[\x20-\x7e]{1,255}$/);
        expect(text).not.toMatch(/[/\\]|^[ .~-]| $/);
        expect(text).not.toBe('sources');
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused with nothing but name_invalid', () => {
    fc.assert(
      fc.property(withHostilePart(fileText), (text) => {
        expect(refusal(() => parseSourceFileName(text)).code).toBe('name_invalid');
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['the folder itself', '.'],
    ['the folder above', '..'],
    ['a path', 'a/b'],
    ['a path up', '../a'],
    ['a path at the root', '/etc/passwd'],
    ['a path of another system', 'a\\b'],
    ['a hidden file', '.gitignore'],
    ['an option', '-rf'],
    ['a home folder', '~root'],
    ['a space in front', ' a'],
    ['a space behind', 'a '],
    ['a newline behind', 'a\n'],
    ['a newline within', 'a\nb'],
    ['a NUL', 'a\0b'],
    ['a tab', 'a\tb'],
    ['a quote', "a'b"],
    ['a negation in .gitignore', '!a'],
    ['a comment in .gitignore', '#a'],
    ['a pattern', 'a*'],
    ['a look-alike letter', 'pyth\u043en.tar'],
    ['a letter with an accent', 'caf\u00e9.tar'],
    ['the file sources itself', 'sources'],
  ])('refuses %s', (_, text) => {
    expect(refusal(() => parseSourceFileName(text)).code).toBe('name_invalid');
  });

  it('has at most 255 characters', () => {
    expect(parseSourceFileName('a'.repeat(255))).toHaveLength(255);
    expect(refusal(() => parseSourceFileName('a'.repeat(256))).code).toBe('name_invalid');
  });
});
