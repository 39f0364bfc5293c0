import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownVersion } from '../../cli/rpm/read-package-spec.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import { parseSclName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { EL_RELEASES, type ElRelease } from '../../core/domain/el-release.ts';
import { branchMacros } from '../../core/domain/spec/build-macros.ts';
import { macrosFile } from '../../core/domain/spec/macro-table.ts';
import { metapackageSpec } from '../../core/domain/spec/metapackage-spec.ts';
import { readSpec } from '../../core/domain/spec/read-spec.ts';
import { sclMacros } from '../../core/domain/spec/scl-macros.ts';
import { SCL_PACKAGE_MACROS } from '../../core/domain/spec/scl-package-macros.ts';
import { MACROS_FILE, macrosText } from '../../deploy/rpm/write-macros.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  await installPackages({ rpmbuild: 'rpm' });
  temporary = await temporaryFolder();
}, 300_000);
afterAll(() => temporary[Symbol.asyncDispose]());

let homes = 0;

/** A home whose rpm knows the shipped file and these macros. */
async function home(macros: string): Promise<string> {
  const folder = join(temporary.path, `home-${++homes}`);
  await mkdir(folder);
  const shipped = await readFile(MACROS_FILE, 'utf8');
  await writeFile(join(folder, '.rpmmacros'), `${shipped}${macros}`);
  return folder;
}

const rh = { sclName: parseSclName('rh-python34'), vendor: 'rh' } as const;
const ofBranch = (
  collection: Parameters<typeof branchMacros>[0]['collection'],
  release: ElRelease = '7',
): string => macrosFile(branchMacros({ collection, release }));

/** What the real rpm makes of a text. */
async function expand(text: string, macros: string): Promise<string> {
  const { code, stdout, stderr } = await run('rpm', ['--eval', text], {
    env: { HOME: await home(macros) },
  });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

describe('the shipped macros.scl', () => {
  it('is the table, as written by write-macros.ts', async () => {
    expect(await readFile(MACROS_FILE, 'utf8')).toBe(macrosText());
    expect(SCL_PACKAGE_MACROS.size).toBeGreaterThan(0);
  });
});

describe('the macros of a branch under the real rpm', () => {
  it.each([
    ['6', '.el6 6 1 6'],
    ['7', '.el7 7 1 7'],
    ['9s', '.el9s 9 1 9'],
    ['10', '.el10 10 1 10'],
  ] as const)('on EL %s are "%s"', async (release, values) => {
    const major = release.replace('s', '');
    const text = `%{?dist} %{?rhel} %{?el${major}} %{?centos}`;
    expect(await expand(text, ofBranch(rh, release))).toBe(values);
  });

  it.each([
    ['%{?scl_prefix}python', 'rh-python34-python'],
    ['%{scl_prefix}python', 'rh-python34-python'],
    ['%{scl_prefix ruby200}rails', 'ruby200-rails'],
    ['%scl_package python\n%scl_require httpd24', '/opt/rh/httpd24/enable, httpd24'],
    ['%scl_require_package httpd24 apr', 'httpd24-apr'],
    ['%scl_package python\n%{pkg_name} %{name}', 'python %{name}'],
    ['%scl_package python\n%{scl_name} %{scl_runtime}', 'rh-python34 rh-python34-runtime'],
    [
      '%scl_package python\n%{_scl_root} %{_scl_scripts}',
      '/opt/rh/rh-python34/root /opt/rh/rh-python34',
    ],
    [
      '%scl_package python\n%{_bindir} %{_root_bindir}',
      '/opt/rh/rh-python34/root/usr/bin /usr/bin',
    ],
    [
      '%scl_package python\n%{_sysconfdir} %{_root_sysconfdir}',
      '/opt/rh/rh-python34/root/etc /etc',
    ],
    ['%scl_package python\n%{_localstatedir}', '/opt/rh/rh-python34/root/var'],
    [
      '%scl_package python\n%scl_package other\n%{_prefix} %{_root_prefix}',
      '/opt/rh/rh-python34/root/usr /usr',
    ],
    ['%global nfsmountable 1\n%scl_package python\n%{_sysconfdir}', '/etc/opt/rh/scls/rh-python34'],
    [
      '%global nfsmountable 1\n%scl_package python\n%{_localstatedir}',
      '/var/opt/rh/scls/rh-python34',
    ],
    [
      '%global _scl_prefix /opt/own\n%scl_package python\n%{_scl_root}',
      '/opt/own/rh-python34/root',
    ],
  ])('%j becomes "%s"', async (text, last) => {
    const output = await expand(text, `%_localstatedir /var\n${ofBranch(rh)}`);
    expect(output.split('\n').at(-1)).toBe(last);
  });

  it('puts what is not of RHSCL below /opt/sclo', async () => {
    const sclo = { sclName: parseSclName('sclo-git25'), vendor: 'sclo' } as const;
    const output = await expand('%scl_package git\n%{_bindir}', ofBranch(sclo));
    expect(output.split('\n').at(-1)).toBe('/opt/sclo/sclo-git25/root/usr/bin');
  });

  it('says what a metapackage provides and requires, and no other package', async () => {
    const lines = (text: string) =>
      expand(text, ofBranch(rh)).then((output) => output.split('\n').filter((line) => line !== ''));
    const build = 'BuildRequires: scl-utils-build';
    const condition = (name: string): string => `%if "rh-python34" == "${name}"`;
    // rpm --eval knows no %if: it is for the reader of the spec.
    expect(await lines('%scl_package python')).toContain(build);
    expect(await lines('%scl_package python')).toContain(condition('python'));
    expect(await lines('%scl_package %scl')).toEqual([
      build,
      condition('rh-python34'),
      'Requires: rh-python34-runtime',
      'Provides: scl-package(rh-python34)',
      '%endif',
    ]);
  });

  it('without a collection gives nothing', async () => {
    const text = '%{?scl:%scl_package python}|%{?scl_prefix}|%{_bindir}';
    expect(await expand(text, ofBranch(null))).toBe('||/usr/bin');
  });
});

describe('name, version and release', () => {
  const demo = join(import.meta.dirname, '../demo/specs');
  const PYTHON = `%{?scl:%scl_package python}
%{!?scl:%global pkg_name %{name}}
%global minor 4
Name: %{?scl_prefix}python
Epoch: 2
Version: 3.%{minor}.2
Release: %{?scl:1%{minor}}%{!?scl:9}%{?rhel:.%{rhel}}%{?dist}
Summary: %{pkg_name}
License: Python
BuildArch: noarch
%description
d
`;
  const meta = metapackageSpec({
    ...rh,
    metaComponent: parseComponentName('python-meta'),
    release: '7',
    depends: [],
    components: [],
    packager: 'Ann <ann@example.org>',
    date: new Date(0),
  });

  const cases = async (): Promise<[string, string][]> => [
    ['python', PYTHON],
    ['python-meta', meta],
    ...(await Promise.all(
      (
        await readdir(demo)
      ).map(
        async (file): Promise<[string, string]> => [
          file.replace(/\.spec$/, ''),
          await readFile(join(demo, file), 'utf8'),
        ],
      ),
    )),
  ];

  it.each(EL_RELEASES)('on EL %s are the same for rpm and for the reader', async (release) => {
    for (const [component, text] of await cases())
      for (const collection of component.endsWith('-meta') ? [rh] : [rh, null]) {
        const HOME = await home(ofBranch(collection, release));
        const path = join(HOME, `${component}.spec`);
        await writeFile(path, text);
        const format = '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE}\n';
        const args = ['-q', '--srpm', '--queryformat', format, path];
        const { stdout, stderr } = await run('rpmspec', args, { env: { HOME } });
        const macros = sclMacros({ sclName: collection?.sclName ?? null, release });
        const read = knownVersion(readSpec(text, { macros }));
        expect([read?.name, read?.epoch, read?.version, read?.release].join(' ')).toBe(
          stdout.trim() || stderr,
        );
        const name = parseComponentName(component);
        expect(read?.name).toBe(
          collection === null ? component : builtPackageName(name, collection.sclName),
        );
      }
  });
});
