import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { run } from '../support/process.ts';
import { installRpmbuild } from '../support/rpmbuild.ts';

const scenario = cliScenario();
beforeAll(() => installRpmbuild(), 300_000);

const MACROS = resolve(import.meta.dirname, '../../deploy/rpm/macros.scl');

const SPEC = `%bcond_without check

Name:           greeting
Version:        1.0
Release:        2%{?dist}
Summary:        Greets
License:        MIT
URL:            https://example.org/%{name}
Source0:        %{name}-%{version}.tar.gz
BuildArch:      noarch
BuildRequires:  python-devel, make
Requires:       python >= 3.3
Requires:       %{name}-data = %{version}-%{release}, bash
Provides:       hello = %{version}
Obsoletes:      old-greeting < 1

%description
It greets, as %{name} does.

%package data
Summary:        What it says

%description data
What it says.

%package -n greeting-tools
Summary:        Tools
Requires:       greeting = %{version}

%description -n greeting-tools
Tools.

%prep
%setup -q

%build
cat > built << EOF
built
EOF
echo "\${X_SCLS:-none}" > environment

%install
install -D -m 755 greeting %{buildroot}%{_bindir}/%{name}
install -D -m 755 greeting %{buildroot}%{_bindir}/greet-tool
install -D -m 644 environment %{buildroot}%{_datadir}/%{name}/environment
install -D -m 644 built %{buildroot}%{_datadir}/%{name}/built
echo "in %%install: \${X_SCLS:-none}" >> %{buildroot}%{_datadir}/%{name}/environment

%if %{with check}
%check
test -f built
%endif

%files
%{_bindir}/%{name}

%files data
%{_datadir}/%{name}

%files -n greeting-tools
%{_bindir}/greet-tool

%changelog
* Tue Nov 03 2015 Ann <ann@example.org> - 1.0-2
- Greet
`;

/** A folder with the spec and its source. */
async function packageFolder(): Promise<string> {
  const folder = scenario.path('package');
  await mkdir(join(folder, 'greeting-1.0'), { recursive: true });
  await writeFile(join(folder, 'greeting-1.0/greeting'), '#!/bin/sh\necho hello\n');
  const args = ['-czf', join(folder, 'greeting-1.0.tar.gz'), '-C', folder, 'greeting-1.0'];
  expect((await run('tar', args)).code).toBe(0);
  await writeFile(join(folder, 'greeting.spec'), SPEC);
  return folder;
}

/** Stands for the program of scl-utils: what it is given runs in the collection's environment. */
async function sclProgram(): Promise<string> {
  const folder = scenario.path('bin');
  await mkdir(folder);
  const script =
    '#!/bin/sh\n[ "$1" = enable ] && [ "$3" = - ] || exit 64\nX_SCLS="$2" exec bash -s\n';
  await writeFile(join(folder, 'scl'), script);
  await chmod(join(folder, 'scl'), 0o755);
  return folder;
}

const QUERY =
  '%{NAME} %{EVR} %{SUMMARY}\n%{DESCRIPTION}\n[requires %{REQUIRES} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\n]' +
  '[provides %{PROVIDES} %{PROVIDEFLAGS:depflags} %{PROVIDEVERSION}\n][obsoletes %{OBSOLETES}\n]' +
  '[file %{FILENAMES} %{FILEMODES:perms} %{FILEDIGESTS}\n]';

/** What the packages that a spec builds are, by name. */
async function built(folder: string, scl: string | null): Promise<Record<string, string>> {
  const top = scenario.path('top');
  const defines = {
    _topdir: top,
    _sourcedir: folder,
    dist: '.el7',
    ...(scl === null ? {} : { scl }),
  };
  const args = [
    // The collection's macros are on the machine in both cases, as on a builder.
    '--load',
    MACROS,
    ...Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
  ];
  const path = `${await sclProgram()}:${process.env.PATH}`;
  const spec = join(folder, 'greeting.spec');
  const done = await run('rpmbuild', ['-bb', '--nodeps', ...args, spec], { env: { PATH: path } });
  if (done.code !== 0) throw new Error(`rpmbuild: ${done.stderr}`);
  const rpms = join(top, 'RPMS/noarch');
  const all: Record<string, string> = {};
  for (const file of (await readdir(rpms)).sort()) {
    const { stdout, stderr } = await run('rpm', ['-qp', '--queryformat', QUERY, join(rpms, file)]);
    expect(stderr).toBe('');
    all[file] = stdout;
  }
  return all;
}

describe('scl-convert', () => {
  it('leaves the ordinary build as it was, and builds for the collection', async () => {
    const folder = await packageFolder();
    const { ann } = scenario;
    const before = await built(folder, null);
    expect(Object.keys(before)).toEqual([
      'greeting-1.0-2.el7.noarch.rpm',
      'greeting-data-1.0-2.el7.noarch.rpm',
      'greeting-tools-1.0-2.el7.noarch.rpm',
    ]);
    const args = ['scl-convert', '--in-place', '--prefix', 'python,python-devel', 'greeting.spec'];
    const first = await ann.run(args, { cwd: folder });
    expect(first).toEqual({
      code: 0,
      stdout: 'greeting.spec is converted. Look at it: git diff\n',
      stderr: "These stay the system's: bash, make. Name those of the collection with --prefix.\n",
    });
    const spec = await readFile(join(folder, 'greeting.spec'), 'utf8');
    const again = await ann.must(args, { cwd: folder });
    expect(again).toBe('greeting.spec is converted already.\n');
    expect(await readFile(join(folder, 'greeting.spec'), 'utf8')).toBe(spec);

    expect(await built(folder, null)).toEqual(before);

    const scl = await built(folder, 'python33');
    expect(Object.keys(scl)).toEqual([
      'python33-greeting-1.0-2.el7.noarch.rpm',
      'python33-greeting-data-1.0-2.el7.noarch.rpm',
      'python33-greeting-tools-1.0-2.el7.noarch.rpm',
    ]);
    const [main = '', data = '', tools = ''] = Object.values(scl);
    expect(main).toContain('requires python33-python >= 3.3\n');
    expect(main).toContain('requires python33-greeting-data = 1.0-2.el7\n');
    expect(main).toContain('requires python33-runtime');
    expect(main).toMatch(/^requires bash /m);
    expect(main).toContain('provides python33-hello = 1.0\n');
    expect(main).toContain('obsoletes python33-old-greeting\n');
    expect(main).toContain('file /opt/rh/python33/root/usr/bin/greeting -rwxr-xr-x');
    expect(data).toContain('file /opt/rh/python33/root/usr/share/greeting/environment');
    expect(tools).toContain('requires python33-greeting = 1.0\n');
    // Nothing of the collection takes the place of what the system has.
    for (const text of Object.values(scl))
      expect(text).not.toMatch(/^(?:provides|file) (?!python33|\/opt\/rh\/)/m);
  });

  it('runs the build sections in the environment of the collection', async () => {
    const folder = await packageFolder();
    await scenario.ann.must(['scl-convert', '-i', 'greeting.spec'], { cwd: folder });
    const path = join(folder, 'greeting.spec');
    const spec = await readFile(path, 'utf8');
    // Its own %check looks at what the other sections have seen.
    for (const scl of [null, 'python33']) {
      const seen = scl ?? 'none';
      const file = '%{buildroot}%{_datadir}/%{pkg_name}/environment';
      const check = `grep -x ${seen} environment\ngrep -x 'in %%install: ${seen}' ${file}`;
      await writeFile(
        path,
        spec.replace('test -f built', `${check}\ntest "\${X_SCLS:-none}" = ${seen}`),
      );
      expect(Object.keys(await built(folder, scl)).length).toBe(3);
    }
  });

  it('prints the spec, knows the components of a collection, and changes nothing', async () => {
    const folder = await packageFolder();
    const { ann } = scenario;
    const args = ['scl-convert', '--collection', 'python33', 'greeting.spec'];
    const { code, stdout, stderr } = await ann.run(args, { cwd: folder });
    expect(code).toBe(0);
    // python is a component of python33, python-devel is not.
    expect(stdout).toMatch(/^Requires: {7}%\{\?scl_prefix\}python >= 3\.3$/m);
    expect(stdout).toMatch(/^BuildRequires: {2}python-devel, make$/m);
    expect(stderr).toMatch(/stay the system's: bash, make, python-devel\./);
    expect(await readFile(join(folder, 'greeting.spec'), 'utf8')).toBe(SPEC);
    expect(await ann.json(args, { cwd: folder })).toMatchObject({
      component: 'greeting',
      changed: true,
      spec: stdout,
      notes: [{ line: null }],
    });
  });

  it('refuses what it can not read', async () => {
    const folder = await packageFolder();
    await writeFile(join(folder, 'latin.spec'), Buffer.from('Name: a\nSummary: \xe9\n', 'latin1'));
    await writeFile(join(folder, 'large.spec'), Buffer.alloc(5 * 2 ** 20));
    await writeFile(join(folder, 'empty.spec'), '');
    for (const [file, code, why] of [
      ['latin.spec', 2, /latin\.spec is not UTF-8[\s\S]*iconv/],
      ['large.spec', 6, /too large for a spec/],
      ['empty.spec', 6, /has no Name/],
      ['missing.spec', 2, /is not a file/],
      ['.', 2, /is not a file/],
    ] as const)
      expect(await scenario.ann.run(['scl-convert', '-i', file], { cwd: folder })).toMatchObject({
        code,
        stdout: '',
        stderr: expect.stringMatching(why) as string,
      });
  });
});
