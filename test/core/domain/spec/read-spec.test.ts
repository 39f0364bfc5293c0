import { describe, expect, it } from 'vitest';
import { specNvr } from '../../../../core/domain/spec/spec-nvr.ts';
import { END, expanded, HEAD, reading, refusal, shown } from '../../support/spec-reading.ts';

describe('where a spec says what it says', () => {
  const spec = reading(
    [
      '%{?scl:%scl_package tool}',
      'Name: %{?scl_prefix}tool',
      'Epoch: 1',
      'Version: 2.0',
      'Release: 3%{?dist}',
      'Summary: A tool',
      'License: MIT',
      'URL: https://example.org/%{version}',
      'Source0: %{url}/tool-%{version}.tar.gz#/tool.tgz',
      '%if 0%{?rhel} == 7',
      'Patch3: seven.patch',
      '%endif',
      'BuildRequires: gcc, %{?scl_prefix}make >= 3',
      '%description',
      '%package -n other',
      'Summary: Other',
      '%description -n other',
      '%changelog',
      '* Mon Jan 01 2024 Ann <ann@example.org> - 2.0-3',
    ].join('\n'),
    'rh-box1',
  );

  it('gives each field with its line, its text and what it is', () => {
    expect(spec.name).toEqual({
      raw: '%{?scl_prefix}tool',
      value: { known: true, text: 'rh-box1-tool' },
      line: 2,
    });
    expect(spec.sources).toEqual([
      {
        number: 0,
        raw: '%{url}/tool-%{version}.tar.gz#/tool.tgz',
        value: { known: true, text: 'https://example.org/2.0/tool-2.0.tar.gz#/tool.tgz' },
        fileName: { known: true, text: 'tool.tgz' },
        line: 9,
      },
    ]);
    expect(spec.patches.map(({ number, line }) => [number, line])).toEqual([[3, 11]]);
    expect(spec.buildRequires.map(({ value, line }) => [shown(value), line])).toEqual([
      ['scl-utils-build', 1],
      ['gcc', 13],
      ['rh-box1-make >= 3', 13],
    ]);
    expect(spec.packages.map(({ name, line }) => [shown(name), line])).toEqual([
      ['rh-box1-tool', 1],
      ['other', 15],
    ]);
    expect(spec.sections.map(({ name, raw, line }) => [name, raw, line])).toEqual([
      ['%description', '%description', 14],
      ['%package', '%package -n other', 15],
      ['%description', '%description -n other', 17],
      ['%changelog', '%changelog', 18],
    ]);
    expect(specNvr(spec)).toBe('rh-box1-tool-2.0-3.el7');
    expect(spec.gaps).toEqual([]);
  });
});

describe('what can not be known is said', () => {
  it.each([
    ['%(id -u)', '<%(id -u) is not run>'],
    ['%(cat /etc/passwd)', '<%(cat /etc/passwd) is not run>'],
    ['%{lua: print(1)}', '<Lua is not run>'],
    ['%[lua:f(1)]', '<Lua is not run>'],
    ['%{getenv:HOME}', '<%{getenv:...} asks the machine that builds>'],
    ['%{exists:/etc}', '<%{exists:...} asks the machine that builds>'],
    ['%{getncpus}', '<%{getncpus} asks the machine that builds>'],
    ['%{load:/etc/hosts}', '<%{load:...} reads a file that is not here>'],
    ['%{nowhere}', '<%nowhere is not defined>'],
    ['%{nowhere:x}', '<%nowhere is not defined>'],
    ['%nowhere', '<%nowhere is not defined>'],
    ['%{?nowhere}', ''],
    ['%{!?nowhere:there}', 'there'],
  ])('%s gives %s', (text, value) => {
    expect(expanded(text)).toBe(value);
  });

  it('goes where the text goes: into macros, arguments and further', () => {
    const before = '%global one %(id)\n%global two a%{one}b\n%define three() [%{1}]\n';
    expect(expanded('%{two}', before)).toBe('<%(id) is not run>');
    expect(expanded('%{three %{two}}', before)).toBe('<%(id) is not run>');
    expect(expanded('%{?one:known}', before)).toBe('known');
    expect(expanded('%[%{one} == 1]', before)).toBe('<%(id) is not run>');
    expect(expanded('%[0 && %{one}]', before)).toBe('0');
  });

  it.each([
    ['%if %(id)', '<%(id) is not run>'],
    ['%if 0%{nowhere} > 3', '<%nowhere is not defined>'],
    ['%if "%{nowhere}" == "x"', '<%nowhere is not defined>'],
    ['%if 1 && %(id)', '<%(id) is not run>'],
    ['%if 0 || ! %(id)', '<%(id) is not run>'],
    ['%ifarch %{nowhere}', '<%nowhere is not defined>'],
    ['%if 0 && %(id)', 'kept'],
    ['%if 0\n%elif %(id)', '<%(id) is not run>'],
    ['%ifarch x86_64 %{nowhere}', 'changed'],
    ['%if 1 || %(id)', 'changed'],
  ])('under %j a macro is %s', (condition, value) => {
    const before = `%global m kept\n${condition}\n%global m changed\n%endif\n`;
    expect(expanded('%{m}', before)).toBe(value);
  });

  it('tells of every list that may lack something', () => {
    const spec = reading(
      `${HEAD}%nowhere\n%if %(id)\nSource: x\nBuildRequires: y\nVersion: 3\n%package sub\nSummary: z\n%endif\n${END}`,
    );
    expect(spec.gaps.map(({ line }) => line)).toEqual([6, 8, 11]);
    expect(shown(spec.version.value)).toBe('<%(id) is not run>');
    expect(spec.sources.map(({ fileName }) => shown(fileName))).toEqual(['<%(id) is not run>']);
    expect(spec.buildRequires.map(({ value }) => shown(value))).toEqual(['<%(id) is not run>']);
    expect(specNvr(spec)).toBeNull();
  });

  it('keeps the file name of a source whose folder is unknown', () => {
    const spec = reading(`${HEAD}Source: https://%(hostname)/x/%{version}.tgz\n${END}`);
    expect(spec.sources.map((file) => [shown(file.value), shown(file.fileName)])).toEqual([
      ['<%(hostname) is not run>', '1.tgz'],
    ]);
  });

  it('reads no other file', () => {
    const spec = reading(`${HEAD}%include /etc/passwd\n${END}`);
    expect(spec.gaps).toEqual([{ line: 6, why: '%include reads another file' }]);
    expect(shown(spec.expanded)).toBe('<%include reads another file>');
  });

  it('does not take a lone surrogate for a mark of its own', () => {
    expect(expanded('\udc00\ud800')).toBe('<it is not UTF-8>');
  });
});

describe('a spec that asks too much is refused', () => {
  const doubling = (verb: string) =>
    Array.from({ length: 60 }, (_, n) => `%${verb} m${n + 1} %{m${n}}%{m${n}}\n`).join('');

  it.each([
    ['twice as much with every macro', `%define m0 x\n${doubling('define')}URL: %{m60}\n`],
    ['twice as much with every definition', `%global m0 x\n${doubling('global')}`],
    [
      'macros within macros that nobody defines',
      `${'%{a:'.repeat(100_000)}${'}'.repeat(100_000)}\n`,
    ],
    ['a macro that calls itself twice', '%define r() %{?1:%r %1 %1}%{?1:%r %1}\n%r a\n'],
    ['more sources than anybody has', 'Source: x\n'.repeat(100_000)],
    ['more than a megabyte', '#'.repeat(1024 * 1024)],
  ])('%s', (_, text) => {
    expect(refusal(text + HEAD + END)).toMatch(/^(too_large|check_failed): /);
  });

  it.each([
    ['parentheses', `%if ${'('.repeat(100_000)}\n%endif\n`],
    ['negations', `%if ${'!'.repeat(100_000)}1\n%endif\n`],
    ['rich dependencies', `BuildRequires: ${'('.repeat(100_000)}\n`],
    ['a macro that is itself', '%define m %{m}\nURL: %{m}\n'],
    ['an expression in an expression', `URL: ${'%['.repeat(1000)}1${']'.repeat(1000)}\n`],
    [
      'parentheses in expressions',
      `%define m0 1\n${Array.from({ length: 60 }, (_, n) => `%define m${n + 1} %[${'('.repeat(150)}%{m${n}}${')'.repeat(150)}]\n`).join('')}URL: %{m60}\n`,
    ],
    ['an open bracket', '%{?x:\n'.repeat(10_000)],
  ])('%s without end', (_, text) => {
    expect(refusal(text + HEAD + END)).toMatch(/^check_failed: Line \d+: /);
  });

  it.each([
    ['conditions in each other', `${'%if 1\n'.repeat(20_000)}${'%endif\n'.repeat(20_000)}`],
    ['macros', Array.from({ length: 20_000 }, (_, n) => `%global v${n} ${n}\n`).join('')],
    ['spaces', `Group:${' '.repeat(900_000)}x\n`],
    ['words', `BuildRequires: ${'a '.repeat(100_000)}\n`],
    ['a list of conditions', `%if ${'1 || '.repeat(20_000)}1\n%endif\n`],
    ['arguments', `%define w() %#\nGroup: %w ${'a '.repeat(50_000)}\n`],
  ])('and many %s are read', (_, text) => {
    expect(refusal(text + HEAD + END)).toBeNull();
  });
});
