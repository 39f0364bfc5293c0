import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';

const scenario = cliScenario();
beforeAll(() => installPackages({ rpmbuild: 'rpm', cpio: 'cpio' }), 300_000);

/** A spec that unpacks the source, installs `greeting` and `manual`, and lists `files`. */
const specOf = (component: string, files: string, check: string): string => `
Name: %{?scl_prefix}${component}
Version: 1.0
Release: 1%{?dist}
Summary: Greets
License: MIT
BuildArch: noarch
Source0: greeting-%{version}.tar.gz

%description
It greets.

%prep
%setup -q -n greeting

%build
${check}

%install
mkdir -p %{buildroot}%{_datadir}/${component}
cp greeting %{buildroot}%{_datadir}/${component}/
cp manual %{buildroot}%{_datadir}/${component}/

%files
${files}
`;

/**
 * Ann's clone with the spec committed and its source in the cache, not in the work tree.
 * @param check what `%build` does
 */
async function copyWith(
  files: (folder: string) => string,
  { branch = 'scl-python33-el7', check = ':' } = {},
) {
  const { folder: cwd, component } = await scenario.annCopy(branch);
  const { ann } = scenario;
  const source = join(scenario.path('source'), 'greeting');
  await mkdir(source, { recursive: true });
  for (const name of ['greeting', 'manual']) await writeFile(join(source, name), `${name}\n`);
  const tarball = join(cwd, 'greeting-1.0.tar.gz');
  await run('tar', ['-czf', tarball, '-C', join(source, '..'), 'greeting']);
  await ann.must(['new-sources', 'greeting-1.0.tar.gz'], { cwd });
  const spec = specOf(component, files(`%{_datadir}/${component}`), check);
  await writeFile(join(cwd, `${component}.spec`), spec);
  await ann.git(cwd, 'add', `${component}.spec`);
  await ann.must(['commit', '-m', 'Add the spec'], { cwd });
  await rm(tarball);
  return { cwd, component };
}

describe('verify-files', () => {
  it('passes where %files lists all that is installed, and leaves the work tree as it was', async () => {
    const { cwd, component } = await copyWith((folder) => `%{!?nothing:${folder}}`);
    await scenario.ann.must(['sources'], { cwd });
    const before = await readdir(cwd);
    const { code, stdout, stderr } = await scenario.ann.run(['verify-files'], { cwd });
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: 'The %files lists are complete.\n',
      stderr: expect.stringContaining(`Building ${component} for scl-python33-el7 ...`) as string,
    });
    expect(await readdir(cwd)).toEqual(before);
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('');
    expect(await readdir(scenario.ann.home)).not.toContain('rpmbuild');
  });

  it('leaves nothing in the folder for temporary files either', async () => {
    const { cwd } = await copyWith((folder) => folder);
    await scenario.ann.must(['sources'], { cwd });
    const TMPDIR = scenario.path('tmp');
    await mkdir(TMPDIR);
    expect(await scenario.ann.run(['verify-files'], { cwd, env: { TMPDIR } })).toMatchObject({
      code: 0,
    });
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  it('in a folder of a name with blanks passes too', async () => {
    const { cwd } = await copyWith((folder) => folder);
    const blank = join(scenario.ann.home, 'my work');
    await scenario.ann.does('cp', ['-r', cwd, blank]);
    await scenario.ann.must(['sources'], { cwd: blank });
    expect(await scenario.ann.run(['verify-files'], { cwd: blank })).toMatchObject({ code: 0 });
  });

  it.each([
    ['scl-python33-el6', '6 .el6 python33'],
    ['scl-rh-python34-el7', '7 .el7 rh-python34'],
  ])('on %s sets the macros rhel, dist and scl to "%s"', async (branch, values) => {
    const check = `test "%{?rhel} %{?dist} %{?scl}" = "${values}"`;
    const { cwd } = await copyWith((folder) => folder, { branch, check });
    await scenario.ann.must(['sources'], { cwd });
    expect(await scenario.ann.run(['verify-files'], { cwd })).toMatchObject({ code: 0 });
  });

  it('takes the macros of scl-utils-build where they are installed', async () => {
    const check = 'test "%{scl} %{name}" = "python33 python33-%{pkg_name}"';
    const { cwd } = await copyWith((folder) => folder, { check });
    await scenario.ann.must(['sources'], { cwd });
    const macros = join(scenario.ann.home, '.rpmmacros');
    await writeFile(
      macros,
      '%scl_package() %{nil}\n%scl_prefix %{?scl:%{scl}-}\n%pkg_name PKG\n'.replace(
        'PKG',
        basename(cwd),
      ),
    );
    expect(await scenario.ann.json(['verify-files'], { cwd })).toMatchObject({ scl: 'python33' });
    await rm(macros);
  });

  it.each([
    ['lists a file that is not installed', (f: string) => `${f}\n${f}/none`, 'File not found'],
    [
      'forgets an installed file',
      (f: string) => `${f}/greeting`,
      'Installed (but unpackaged) file(s) found',
    ],
  ])('fails with 6 where the list %s, in the words of rpmbuild', async (_what, files, words) => {
    const { cwd } = await copyWith(files);
    await scenario.ann.must(['sources'], { cwd });
    const { code, stdout, stderr } = await scenario.ann.run(['verify-files'], { cwd });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain(words);
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('');
  });

  it('fails with 6 where the spec can not be built, --json too', async () => {
    const { cwd, component } = await copyWith((folder) => folder);
    await scenario.ann.must(['sources'], { cwd });
    await writeFile(join(cwd, `${component}.spec`), 'Name: broken\n%prep\nexit 1\n');
    const { code, stdout, stderr } = await scenario.ann.run(['verify-files', '--json'], { cwd });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('"code": "check_failed"');
  });

  it('downloads the sources that are missing', async () => {
    const { cwd } = await copyWith((folder) => folder);
    expect(await scenario.ann.run(['verify-files'], { cwd })).toMatchObject({ code: 0 });
    expect(await readdir(cwd)).toContain('greeting-1.0.tar.gz');
  });

  it('leaves no script of rpmbuild behind when the build fails', async () => {
    const { cwd } = await copyWith((folder) => folder, { check: 'false' });
    await scenario.ann.must(['sources'], { cwd });
    const { code, stderr } = await scenario.ann.run(['verify-files'], { cwd });
    expect(code).toBe(6);
    const scripts = stderr.match(/\/\S+\/rpm-tmp\.\w+/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) await expect(stat(script)).rejects.toThrow('ENOENT');
  });

  it('without the spec says so: 2', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { code, stderr } = await scenario.ann.run(['verify-files'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: ${component}.spec is missing.\nto do: Write it, then: git add ${component}.spec\n`,
    });
  });

  it.each([[[]], [['rpm']]])(
    'with only %j of rpm and rpmbuild says what to install: 2',
    async (programs) => {
      const { cwd } = await copyWith((folder) => folder);
      await scenario.ann.must(['sources'], { cwd });
      const bin = scenario.path('bin');
      await mkdir(bin);
      await symlink(process.execPath, join(bin, 'node'));
      for (const name of ['env', 'git', 'sh', ...programs]) {
        const { stdout } = await run('sh', ['-c', `command -v ${name}`]);
        await symlink(stdout.trim(), join(bin, name));
      }
      const PATH = `${join(scenario.ann.home, '.local/bin')}:${bin}`;
      const { code, stdout, stderr } = await scenario.ann.run(['verify-files'], {
        cwd,
        env: { PATH },
      });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: rpm(build)? can not be run\.$/m);
      expect(stderr).toMatch(/^to do: .*dnf install rpm-build .*apt-get install rpm/m);
    },
  );
});
