import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';

const scenario = cliScenario();

const specOf = (component: string, version: string): string =>
  `%{?scl:%scl_package ${component}}
%global upstream ${version}
Name: %{?scl_prefix}${component}
Version: %{upstream}
Release: 2%{?dist}
Summary: s
License: MIT
%description
d
%changelog
* Mon Jan 05 2026 Ann <ann@example.org> - ${version}-2
- Update
`;

async function copyWithSpec(version = '3.3.7') {
  const { folder: cwd, component } = await scenario.annCopy();
  const { ann } = scenario;
  await writeFile(join(cwd, `${component}.spec`), specOf(component, version));
  await ann.git(cwd, 'add', '--all');
  return { cwd, component, ann };
}

describe('the NVR, with the SCL name of the server,', () => {
  it('is the tag of commit --tag, which --push sends along', async () => {
    const { cwd, component, ann } = await copyWithSpec();
    const nvr = `python33-${component}-3.3.7-2.el7`;
    expect(await ann.must(['ci', '-c', '-t', '-p'], { cwd })).toMatch(
      new RegExp(`^Committed \\w{10}\\.\nTagged ${nvr.replaceAll('.', '\\.')}\\.\nPushed `),
    );
    const url = `${scenario.server.url}/scls/${component}.git`;
    const refs = await ann.git(ann.home, 'ls-remote', url, `refs/tags/${nvr}`);
    expect(refs).toContain((await ann.git(cwd, 'rev-parse', nvr)).trim());
    expect(await ann.git(cwd, 'tag', '-l', '--format=%(contents:subject)', nvr)).toBe('Update\n');
  });

  it('is what tag makes without a name, for the branch of --release', async () => {
    const { cwd, component, ann } = await copyWithSpec();
    await ann.must(['commit', '-m', 'Add'], { cwd });
    await ann.must(['tag', '-m', 'x'], { cwd });
    await ann.must(['--release', 'scl-rh-python34-el6', 'tag', '-m', 'x'], { cwd });
    expect(await ann.must(['tag', '-l'], { cwd })).toBe(
      `python33-${component}-3.3.7-2.el7\nrh-python34-${component}-3.3.7-2.el6\n`,
    );
  });

  it('that only running the spec would tell is refused, before the commit', async () => {
    const { cwd, ann } = await copyWithSpec('%(id -u)');
    const { code, stderr } = await ann.run(['commit', '-t', '-m', 'x'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(/^error: .*Version is not known.*\nto do: .+\n$/) as string,
    });
    expect((await ann.git(cwd, 'status', '--porcelain')).trim()).not.toBe('');
  });
});

describe('patch', () => {
  /** Unpacked sources of which one file is changed, one new, one gone; and copies of them. */
  async function changedCopy() {
    const { cwd, component, ann } = await copyWithSpec();
    const folder = join(cwd, `${component}-3.3.7`);
    await mkdir(join(folder, 'src'), { recursive: true });
    await writeFile(join(folder, 'README'), 'same\n');
    await writeFile(join(folder, 'src/a.c.fix'), 'int a;\nint b;\n');
    await writeFile(join(folder, 'src/a.c'), 'int a;\nint c;\n');
    await writeFile(join(folder, 'new.fix'), '');
    await writeFile(join(folder, 'new'), 'new\n');
    await writeFile(join(folder, 'gone.fix'), 'gone\n');
    return { cwd, component, ann, folder, name: `${component}-3.3.7-fix.patch` };
  }

  it('makes what gendiff makes, stages it, and patch applies it', async () => {
    await installPackages({ gendiff: 'rpm', patch: 'patch' });
    const { cwd, ann, name, folder, component } = await changedCopy();
    await ann.must(['patch', 'fix'], { cwd: join(cwd, `${component}-3.3.7`) });
    const text = await readFile(join(cwd, name), 'utf8');
    expect(await ann.git(cwd, 'diff', '--cached', '--name-only')).toContain(name);
    const theirs = await run('gendiff', [`${component}-3.3.7`, '.fix'], {
      cwd,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    });
    // gendiff leaves out what is gone.
    const hunks = (diff: string): string[] => {
      const lines = diff.split('\n').filter((line) => /^[-+@ ]/.test(line));
      return lines.filter((line) => !/gone|^@@ -1 \+0,0 @@$/.test(line)).sort();
    };
    expect(hunks(text)).toEqual(hunks(theirs.stdout));
    // Unpacked anew: the copies are the originals.
    await writeFile(join(folder, 'src/a.c'), 'int a;\nint b;\n');
    await writeFile(join(folder, 'gone'), 'gone\n');
    await rm(join(folder, 'new'));
    for (const copy of ['src/a.c.fix', 'new.fix', 'gone.fix']) await rm(join(folder, copy));
    const args = ['--strip=1', '--remove-empty-files', '--input', join(cwd, name)];
    expect(await run('patch', args, { cwd: folder })).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, 'src/a.c'), 'utf8')).toBe('int a;\nint c;\n');
    expect(await readFile(join(folder, 'new'), 'utf8')).toBe('new\n');
    expect(existsSync(join(folder, 'gone'))).toBe(false);
  });

  it('--rediff keeps the comment at the top, and the old one beside it', async () => {
    const { cwd, ann, name, folder } = await changedCopy();
    await ann.must(['patch', 'fix'], { cwd });
    const first = await readFile(join(cwd, name), 'utf8');
    await writeFile(join(cwd, name), `Why: it crashed\n\n${first}`);
    const twice = await ann.run(['patch', 'fix'], { cwd });
    expect(twice).toMatchObject({ code: 5 });
    expect(twice.stderr).toContain('to do: Make it anew: centpkg patch --rediff fix');
    await writeFile(join(folder, 'src/a.c'), 'int a;\nint d;\n');
    await ann.must(['patch', '--rediff', 'fix'], { cwd });
    const second = await readFile(join(cwd, name), 'utf8');
    expect(second).toMatch(/^Why: it crashed\n\ndiff -up /);
    expect(second).toContain('+int d;');
    expect(await readFile(join(cwd, `${name}~`), 'utf8')).toBe(`Why: it crashed\n\n${first}`);
  });

  it.each([
    [['patch', 'other'], 3, 'Nothing in '],
    [['patch', '--rediff', 'fix'], 3, 'There is no package-'],
    [['patch', '../x'], 2, 'The suffix has odd characters.'],
  ])('%j is refused', async (args, exit, words) => {
    const { cwd, ann } = await changedCopy();
    const { code, stderr } = await ann.run(args, { cwd });
    expect({ code, stderr }).toEqual({
      code: exit,
      stderr: expect.stringMatching(/^error: [^\n]+\nto do: [^\n]+\n$/) as string,
    });
    expect(stderr).toContain(words);
  });

  it('without unpacked sources says how to unpack them, and finds them where prep does so', async () => {
    await installPackages({ rpmbuild: 'rpm' });
    const { cwd, ann, component } = await copyWithSpec();
    const { code, stderr } = await ann.run(['patch', 'fix'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /^error: There is no folder package-\d+-3\.3\.7, neither in the clone nor in .*\nto do: Unpack the sources \(centpkg prep\); .*\n$/,
      ) as string,
    });
    const folder = `${component}-3.3.7`;
    const spec = join(cwd, `${component}.spec`);
    const text = await readFile(spec, 'utf8');
    await writeFile(
      spec,
      text.replace('%description', `%prep\nmkdir ${folder}\necho a > ${folder}/a\n%description`),
    );
    const { builddir } = await ann.json<{ builddir: string }>(['prep'], { cwd });
    await ann.does('cp', ['a', 'a.fix'], { cwd: join(builddir, folder) });
    await writeFile(join(builddir, folder, 'a'), 'b\n');
    await ann.must(['patch', 'fix'], { cwd });
    expect(await readFile(join(cwd, `${folder}-fix.patch`), 'utf8')).toMatch(
      /^diff -up (\S+)\/a\.fix \1\/a\n[^]*\n-a\n\+b\n$/,
    );
  });
});
