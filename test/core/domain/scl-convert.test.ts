import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertSpec } from '../../../core/domain/scl-convert/scl-convert.ts';

const ORDINARY = `%global srcname six
%bcond_without check
%global long() \\
Requires: %{name} \\
%{nil}

Name:           python-%{srcname}
Version:        1.9.0
Release:        2%{?dist}
Summary:        Compatibility of %{name}
License:        MIT
URL:            https://example.org/%{name}
Source0:        %{name}-%{version}.tar.gz
# Requires: commented
BuildRequires:  python-devel, gcc >= 4.8, make
BuildRequires:  pkgconfig(zlib)
Requires:       python >= 3.3 bash
Requires:       %{name}-libs%{?_isa} = %{version}-%{release}
Requires:       (foo or bar)
Requires(post): /sbin/ldconfig
Recommends:     python-docs
Provides:       six = %{version}, bundled(thing) = 1
Provides:       %{name}-alias = 1
Obsoletes:      old-six < 1

%description
%{name} helps.

%package libs
Summary: Libraries
Requires: python-six = %{version}

%description libs
Libraries.

%package -n six-tools
Summary: Tools

%description -n six-tools
Tools.

%prep
%setup -q

%build
cat > helper << EOF
text
EOF

%install
mkdir -p %{buildroot}%{_bindir} /usr/share/fixed

%if %{with check}
%check
true
%endif

%post -n six-tools
echo %{name}

%files
/usr/bin/fixed
%{_unitdir}/%{name}.service

%files -n six-tools
%{_bindir}/six

%files -n %{name}-libs
%{_libdir}/lib%{name}.so

%changelog
* Tue Nov 03 2015 Ann <ann@example.org> - 1.9.0-2
- Requires: python; %{name}
`;

const CONVERTED = `%{?scl:%scl_package python-six}
%{!?scl:%global pkg_name python-six}

%global srcname six
%bcond_without check
%global long() \\
Requires: %{name} \\
%{nil}

Name:           %{?scl_prefix}python-%{srcname}
%{?scl:Requires: %{scl}-runtime}
%{?scl:BuildRequires: %{scl}-runtime}
Version:        1.9.0
Release:        2%{?dist}
Summary:        Compatibility of %{pkg_name}
License:        MIT
URL:            https://example.org/%{pkg_name}
Source0:        %{pkg_name}-%{version}.tar.gz
# Requires: commented
BuildRequires:  %{?scl_prefix}python-devel, gcc >= 4.8, make
BuildRequires:  pkgconfig(zlib)
Requires:       %{?scl_prefix}python >= 3.3 bash
Requires:       %{name}-libs%{?_isa} = %{version}-%{release}
Requires:       (foo or bar)
Requires(post): /sbin/ldconfig
Recommends:     python-docs
Provides:       %{?scl_prefix}six = %{version}, bundled(thing) = 1
Provides:       %{name}-alias = 1
Obsoletes:      %{?scl_prefix}old-six < 1

%description
%{pkg_name} helps.

%package libs
Summary: Libraries
Requires: %{?scl_prefix}python-six = %{version}

%description libs
Libraries.

%package -n %{?scl_prefix}six-tools
Summary: Tools

%description -n %{?scl_prefix}six-tools
Tools.

%prep
%setup -n %{pkg_name}-%{version} -q

%build
%{?scl:scl enable %{scl} - << \\SCL_EOF}
%{?scl:set -ex}
cat > helper << EOF
text
EOF
%{?scl:SCL_EOF}

%install
%{?scl:scl enable %{scl} - << \\EOF}
%{?scl:set -ex}
mkdir -p %{buildroot}%{_bindir} /usr/share/fixed
%{?scl:EOF}

%if %{with check}
%check
%{?scl:scl enable %{scl} - << \\EOF}
%{?scl:set -ex}
true
%{?scl:EOF}
%endif

%post -n %{?scl_prefix}six-tools
echo %{pkg_name}

%files
/usr/bin/fixed
%{_unitdir}/%{pkg_name}.service

%files -n %{?scl_prefix}six-tools
%{_bindir}/six

%files -n %{name}-libs
%{_libdir}/lib%{pkg_name}.so

%changelog
* Tue Nov 03 2015 Ann <ann@example.org> - 1.9.0-2
- Requires: python; %{name}
`;

describe('an ordinary spec', () => {
  const converted = convertSpec(ORDINARY, ['python', 'python-devel']);

  it('is converted line by line', () => {
    expect(converted.spec).toBe(CONVERTED);
    expect(converted.component).toBe('python-six');
  });

  it('is told of what was not converted', () => {
    const told = converted.notes.map(({ line, text }) => `${line}: ${text}`);
    expect(told).toEqual([
      '19: "(foo or bar)" is left as it is: is it the collection\'s?',
      expect.stringMatching(/^51: \/usr\/share\/fixed is a fixed path/),
      expect.stringMatching(/^62: \/usr\/bin\/fixed is a fixed path/),
      expect.stringMatching(/^63: %\{_unitdir\} is the system's/),
      "null: These stay the system's: bash, gcc, make, pkgconfig(zlib), python-docs. Name those of the collection with --prefix.",
    ]);
  });

  it('that is converted stays as it is', () => {
    expect(convertSpec(CONVERTED, ['python', 'python-devel']).spec).toBe(CONVERTED);
  });
});

describe('a conversion', () => {
  const around = (lines: string): string => `Name: a\nVersion: 1\n${lines}\n%description\nd\n`;

  it('knows the collection in any form', () => {
    const spec =
      '%{?scl:%scl_package a}\n%{!?scl:%global pkg_name %{name}}\nName: %{?scl_prefix}a\n' +
      '%{?scl:Requires: %scl_runtime}\nRequires: %{?scl_prefix}b %{scl_prefix}c\n' +
      '%build\n%{?scl:scl enable %{scl} "}\nmake\n%{?scl:"}\n';
    expect(convertSpec(spec, ['b', 'c']).spec).toBe(spec);
  });

  it.each([
    ['%setup -q -n other', '%setup -q -n other'],
    ['%autosetup -p1', '%autosetup -n %{pkg_name}-%{version} -p1'],
    ['%autosetup -p1 -n%{name}', '%autosetup -p1 -n%{pkg_name}'],
    ['cp %name %%{name} %{name}', 'cp %{pkg_name} %%{name} %{pkg_name}'],
    ['cp %names %{names}', 'cp %names %{names}'],
  ])('of "%s" in %%prep gives "%s"', (before, after) => {
    expect(convertSpec(`${around('')}%prep\n${before}\n`).spec).toContain(`%prep\n${after}\n`);
  });

  it.each([
    ['Requires: b-1.x86_64', 'Requires: b-1.x86_64'],
    ['Requires: b = 1:2-3,c', 'Requires: %{?scl_prefix}b = 1:2-3,%{?scl_prefix}c'],
    ['Requires: b%{?_isa} = %{version} d', 'Requires: %{?scl_prefix}b%{?_isa} = %{version} d'],
    ['Requires: b(x) perl(B)', 'Requires: %{?scl_prefix}b(x) perl(B)'],
    ['Requires: %{other} b', 'Requires: %{other} %{?scl_prefix}b'],
    ['Provides: x(y) = 1', 'Provides: %{?scl_prefix}x(y) = 1'],
    ['%if 1\nRequires: b\n%endif', '%if 1\nRequires: %{?scl_prefix}b\n%endif'],
  ])('of "%s" gives "%s"', (before, after) => {
    expect(convertSpec(around(before), ['b', 'c']).spec).toContain(`\n${after}\n`);
  });

  it.each([
    ['true\n\n%if 1\n', 'true\nEND\n\n%if 1\n'],
    ['%if 1\ntrue\n%else\nfalse\n%endif\n', '%if 1\ntrue\n%else\nfalse\n%endif\nEND\n'],
    ['true\n%else\n', 'true\nEND\n%else\n'],
    ['true\n%endif\n', 'true\nEND\n%endif\n'],
    ['# nothing\n\n', null],
    ['\n', null],
  ])('encloses just the commands of %j', (body, enclosed) => {
    const { spec } = convertSpec(`${around('')}%build\n${body}%files\n`);
    const begin = '%{?scl:scl enable %{scl} - << \\EOF}\n%{?scl:set -ex}\n';
    const expected = enclosed === null ? body : begin + enclosed.replace('END', '%{?scl:EOF}');
    expect(spec).toContain(`%build\n${expected}%files\n`);
  });

  it.each([
    ['cp a %{buildroot}/usr/share/a', '/usr/share/a is a fixed path'],
    ['cp a $RPM_BUILD_ROOT/etc/a', '/etc/a is a fixed path'],
    ['cp a ${RPM_BUILD_ROOT}/etc/a', '/etc/a is a fixed path'],
    ['cp a %{buildroot}%{_datadir}/usr/a', null],
    ['%include other', '%include: what it brings'],
    ['# /usr/share/a', null],
  ])('tells of "%s" in %%install: %s', (line, told) => {
    const { notes } = convertSpec(`${around('')}%install\n${line}\n`);
    expect(notes.map(({ text }) => text)).toEqual(
      told === null ? [] : [expect.stringContaining(told) as string],
    );
  });

  it('leaves a dependency under a condition as it is, and tells', () => {
    const line = '%{?with_b:BuildRequires: b, %{name}-x}';
    const { spec, notes } = convertSpec(around(`${line}\n%{?scl:Requires: %{name}-y}`), ['b']);
    expect(spec).toContain(`\n${line}\n%{?scl:Requires: %{name}-y}\n`);
    expect(notes).toEqual([{ line: 3, text: expect.stringContaining(line) as string }]);
  });

  it('of what is no spec, or has a name that can not be told, is refused', () => {
    expect(() => convertSpec('hello')).toThrow('The spec has no Name.');
    expect(() => convertSpec('Name: %{unknown}-a\n')).toThrow(/has macros/);
    expect(() => convertSpec('Name: ../a\n')).toThrow(/is not valid/);
  });

  it('of any text ends, and changes nothing the second time', () => {
    const pieces = [
      ['Requires: b', 'Provides: %{name}', '%package -n x', '%description -n x', '%build'],
      ['%install', '%check', '%if 1', '%else', '%endif', 'make', 'cat << EOF', 'EOF', '\\'],
      ['%files -n %{name}', '%global q \\', '%{', '%{?scl:x}', 'Requires: (a', '%setup', ''],
      ['%changelog', '%name', 'Requires: b,,c >=', 'BuildRequires: %{?x:y} b', '# %build'],
    ];
    const piece = fc.constantFrom(...pieces.flat());
    const line = fc.oneof(piece, fc.string({ maxLength: 30 }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const once = convertSpec(around(lines.join('\n')), ['b', 'c']).spec;
        expect(convertSpec(once, ['b', 'c']).spec).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('of long lines ends', () => {
    const lists = [
      '%{'.repeat(20_000),
      'b, '.repeat(50_000),
      '('.repeat(20_000),
      'b%'.repeat(20_000),
    ];
    const long = around(lists.map((list) => `Requires: ${list}`).join('\n'));
    expect(convertSpec(long, ['b']).spec.length).toBeGreaterThan(long.length);
  });
});
