import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literalSpecName } from '../../../../core/domain/spec/name-tag.ts';
import { anyText } from '../../support/hostile-text.ts';
import { componentText } from '../../support/names.ts';

describe('the name that a spec states', () => {
  it.each([
    ['Name: python\n', 'python'],
    ['Name:python', 'python'],
    ['name\t:\tpython\t\r\n', 'python'],
    ['NAME: python', 'python'],
    ['Name: %{?scl_prefix}python\n', 'python'],
    ['Name: %{scl_prefix}python\n', 'python'],
    ['%global x 1\nSummary: An interpreter\nName:      gcc-c++\nVersion: 1\n', 'gcc-c++'],
    ['Name: first\nName: second\n', 'first'],
  ])('of %j is %s', (spec, name) => {
    expect(literalSpecName(spec)).toBe(name);
  });

  it.each([
    '',
    'Version: 1\n',
    '# Name: python\n',
    'PkgName: python\n',
    'Name python\n',
    'Name:\n',
    'Name: two words\n',
    'Name: %scl_name\n',
    'Name: %{scl_name}\n',
    'Name: %{?scl_prefix}%{pkg_name}\n',
    'Name: python%{?suffix}\n',
    'Name: %(id)\n',
    'Name: x%{?scl_prefix}python\n',
    'Name: %{lua: os.exit(1)}\n',
  ])('of %j can not be judged without running it', (spec) => {
    expect(literalSpecName(spec)).toBeNull();
  });

  it('is any component, with the prefix or without', () => {
    fc.assert(
      fc.property(
        componentText,
        fc.constantFrom('', '%{?scl_prefix}', '%{scl_prefix}'),
        fc.constantFrom('\n', '\r\n'),
        (name, prefix, end) => {
          const spec = ['%{?scl:%scl_package x}', `Name: ${prefix}${name}`, 'Version: 1'].join(end);
          expect(literalSpecName(spec)).toBe(name);
        },
      ),
    );
  });

  it('holds neither macro nor white space, whatever the spec', () => {
    fc.assert(
      fc.property(anyText(componentText), (text) => {
        expect(literalSpecName(`Name: ${text}`) ?? 'null').toMatch(/^[^%\s]+$/);
      }),
    );
  });

  it('is found in a large spec without delay', () => {
    const start = performance.now();
    expect(literalSpecName(`${'Name: '.repeat(200_000)}\n${'Name \t'.repeat(200_000)}`)).toBeNull();
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
