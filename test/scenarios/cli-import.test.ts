import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { buildSourceRpm, installRpmbuild } from '../support/rpmbuild.ts';
import { sha512 } from '../support/sclo.ts';

const scenario = cliScenario({ DISTGIT_PUSHES_MAX_FILE_SIZE: '64 KiB' });
beforeAll(() => installRpmbuild(), 300_000);

let built = 0;

/** A released package of the component, in python33 for EL 7. */
async function released(
  component: string,
  {
    version = '1.0',
    name = `python33-${component}`,
    specName = `${component}.spec`,
    files = {},
    changes = '- Greet louder\n- Do not greet twice\n- Imported-From: elsewhere',
  }: {
    version?: string;
    name?: string;
    specName?: string;
    files?: Readonly<Record<string, string | Buffer>>;
    changes?: string;
  } = {},
) {
  const archive = randomBytes(300_000);
  const all: Record<string, string | Buffer> = {
    [`greeting-${version}.tar.gz`]: archive,
    [`fix-${version}.patch`]: '--- a\n+++ b\n',
    ...files,
  };
  const sources = Object.keys(all).map((file, index) => `Source${index}: ${file}`);
  const spec = `%{?scl:%scl_package ${component}}
%global released ${name}
Name: %{released}
Version: ${version}
Release: 3.el7
Summary: Greets
License: MIT
${sources.join('\n')}

%description
It greets.

%changelog
* Tue Nov 03 2015 Ann <ann@example.org> - ${version}-3
${changes}
`;
  const folder = scenario.path(`built-${++built}`);
  return { path: await buildSourceRpm(folder, { spec, specName, files: all }), archive, spec };
}

/** What must be the same after a refusal. */
async function stateOf(cwd: string) {
  const git = (...args: string[]) => scenario.ann.git(cwd, ...args);
  return {
    files: (await readdir(cwd)).sort(),
    head: await git('rev-parse', 'HEAD'),
    status: await git('status', '--porcelain'),
    index: await git('ls-files', '--stage'),
    // Nothing is left in .git either.
    aside: await readdir(join(cwd, '.git/centpkg')).catch(() => []),
  };
}

describe('import', () => {
  it('puts text in git, archives in the cache, and commits with the newest change', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const files = {
      'notes.txt': 'hello\n',
      'logo.png': Buffer.from([1, 0, 2]),
      'big.txt': 'x'.repeat(70_000),
    };
    const { path, archive, spec } = await released(component, { files });
    const { ann } = scenario;
    const stdout = await ann.must(['import', path], { cwd });
    const oid = (await ann.git(cwd, 'rev-parse', 'HEAD')).trim();
    expect(stdout).toBe(
      `In git: fix-1.0.patch, notes.txt, ${component}.spec
In the look-aside cache: big.txt (uploaded), greeting-1.0.tar.gz (uploaded), logo.png (uploaded)
Committed ${oid.slice(0, 10)} on scl-python33-el7. Look at it (git show), then: centpkg push
`,
    );
    expect(await ann.git(cwd, 'show', '--no-patch', '--format=%B|%an', 'HEAD')).toMatch(
      new RegExp(
        `^Greet louder\n\nDo not greet twice\n\nImported-From: python33-${component}-1\\.0-3\\.el7\\.src\\.rpm \\(sha256 [0-9a-f]{64}\\)\n\\|ann\n$`,
      ),
    );
    expect(await readFile(join(cwd, `${component}.spec`), 'utf8')).toBe(spec);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toContain(
      `SHA512 (greeting-1.0.tar.gz) = ${sha512(archive)}\n`,
    );
    expect(await readFile(join(cwd, '.gitignore'), 'utf8')).toBe(
      '/big.txt\n/greeting-1.0.tar.gz\n/logo.png\n',
    );
    expect(await scenario.cached(component)).toEqual([
      'big.txt',
      'greeting-1.0.tar.gz',
      'logo.png',
    ]);
    expect((await stateOf(cwd)).status).toBe('');
    expect((await stateOf(cwd)).aside).toEqual([]);
    // The archives are there to be built with.
    expect(await readFile(join(cwd, 'greeting-1.0.tar.gz'))).toEqual(archive);
    await ann.must(['pre-push-check'], { cwd });
    await ann.must(['push'], { cwd });
  });

  it('of the same package again changes nothing', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { path } = await released(component);
    const { ann } = scenario;
    await ann.must(['import', path], { cwd });
    const before = await stateOf(cwd);
    expect(await ann.json(['import', path], { cwd })).toMatchObject({
      component,
      branch: 'scl-python33-el7',
      package: `python33-${component}-1.0-3.el7`,
      state: 'unchanged',
      commit: null,
      inCache: [{ file: 'greeting-1.0.tar.gz', uploaded: false }],
    });
    expect(await stateOf(cwd)).toEqual(before);
  });

  it('of a newer package removes what is no more, and keeps what is ours', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { ann } = scenario;
    const first = await released(component, { files: { 'notes.txt': 'hello\n' } });
    await ann.must(['import', first.path], { cwd });
    await writeFile(join(cwd, 'README.md'), 'Ours.\n');
    await writeFile(join(cwd, 'gating.yaml'), '---\n');
    await ann.git(cwd, 'add', 'README.md', 'gating.yaml');
    await ann.must(['commit', '-m', 'Ours'], { cwd });
    const second = await released(component, { version: '2.0' });
    expect(await ann.json(['import', second.path], { cwd })).toMatchObject({
      state: 'committed',
      inGit: ['fix-2.0.patch', `${component}.spec`],
      removed: ['fix-1.0.patch', 'notes.txt'],
    });
    expect((await ann.git(cwd, 'ls-files')).split('\n').filter(Boolean)).toEqual([
      '.gitignore',
      'README.md',
      'fix-2.0.patch',
      'gating.yaml',
      `${component}.spec`,
      'sources',
    ]);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe(
      `SHA512 (greeting-2.0.tar.gz) = ${sha512(second.archive)}\n`,
    );
  });

  it('takes a spec of another name as that of the component', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { path } = await released(component, { specName: `python33-${component}.spec` });
    await scenario.ann.must(['import', path], { cwd });
    expect(await readdir(cwd)).toContain(`${component}.spec`);
    await scenario.ann.must(['push'], { cwd });
  });

  it('of a package without collection, or without a changelog, says what it was', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { path } = await released(component, { name: component, changes: '' });
    await scenario.ann.must(['import', path], { cwd });
    expect(await scenario.ann.git(cwd, 'show', '--no-patch', '--format=%s', 'HEAD')).toBe(
      `Import ${component}-1.0-3.el7.src.rpm\n`,
    );
  });

  it('--no-commit only stages', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { path } = await released(component);
    const before = await stateOf(cwd);
    const stdout = await scenario.ann.must(['import', '--no-commit', path], { cwd });
    expect(stdout).toContain(
      'Staged on scl-python33-el7. Commit if happy, or revert with: git reset',
    );
    const after = await stateOf(cwd);
    expect(after.head).toBe(before.head);
    expect(after.status).toBe(
      `M  .gitignore\nA  fix-1.0.patch\nA  ${component}.spec\nM  sources\n`,
    );
    await scenario.ann.must(['commit', '-m', 'Import'], { cwd });
    await scenario.ann.must(['push'], { cwd });
  });

  it('--offline uploads nothing, and the push tells', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const { path } = await released(component);
    const stdout = await scenario.ann.must(['import', '--offline', path], { cwd });
    expect(stdout).toContain('Nothing was uploaded; a push needs it to be.');
    expect(await scenario.cached(component)).toEqual([]);
    const push = await scenario.ann.run(['push'], { cwd });
    expect(push.code).toBe(6);
    expect(push.stderr).toContain('is not in the look-aside cache');
  });
});

describe('an import that is refused leaves everything as it was', () => {
  async function refusal(
    prepare: (cwd: string, component: string) => Promise<string>,
    expected: { code: number; stderr: RegExp },
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { folder: cwd, component } = await scenario.annCopy();
    const path = await prepare(cwd, component);
    const before = await stateOf(cwd);
    const { code, stdout, stderr } = await scenario.ann.run(['import', path], { cwd, env });
    expect({ code, stdout, stderr }).toEqual({
      code: expected.code,
      stdout: '',
      stderr: expect.stringMatching(expected.stderr) as string,
    });
    expect(stderr).toMatch(/^to do: /m);
    expect(await stateOf(cwd)).toEqual(before);
  }

  it('a package of another component', () =>
    refusal(async () => (await released('other')).path, {
      code: 5,
      stderr:
        /The package is python33-other; package-\d+ builds python33-package-\d+ on scl-python33/,
    }));

  it('a package of another collection', () =>
    refusal(
      async (_, component) =>
        (await released(component, { name: `rh-python34-${component}` })).path,
      { code: 5, stderr: /The package is rh-python34-package/ },
    ));

  it('changes that are not committed', () =>
    refusal(
      async (cwd, component) => {
        await writeFile(join(cwd, 'sources'), '\n');
        return (await released(component)).path;
      },
      { code: 5, stderr: /changes that are not committed/ },
    ));

  it('a file in the way of one in git', () =>
    refusal(
      async (cwd, component) => {
        await writeFile(join(cwd, 'fix-1.0.patch'), 'mine');
        return (await released(component)).path;
      },
      { code: 5, stderr: /in the way: fix-1\.0\.patch/ },
    ));

  it('another file in the way of one in the cache', () =>
    refusal(
      async (cwd, component) => {
        await writeFile(join(cwd, 'greeting-1.0.tar.gz'), 'mine');
        return (await released(component)).path;
      },
      { code: 5, stderr: /in the way: greeting-1\.0\.tar\.gz/ },
    ));

  it('two specs', () =>
    refusal(
      async (_, component) =>
        (await released(component, { files: { 'other.spec': 'Name: other\n' } })).path,
      { code: 6, stderr: /other\.spec is a second spec/ },
    ));

  it('a damaged package', () =>
    refusal(
      async (_, component) => {
        const { path } = await released(component);
        const bytes = await readFile(path);
        bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] ?? 0) ^ 1;
        await writeFile(path, bytes);
        return path;
      },
      { code: 6, stderr: /The source package is refused/ },
    ));

  it('no package', () =>
    refusal(async (cwd) => join(cwd, 'sources'), { code: 2, stderr: /not a source package/ }));

  it('nobody who may upload', () =>
    refusal(
      async (_, component) => (await released(component)).path,
      { code: 4, stderr: /greeting-1\.0\.tar\.gz: SIG sclo has not approved sam/ },
      { CENTPKG_URL: scenario.server.url, CENTPKG_TOKEN: scenario.people.stranger },
    ));

  it('a component that holds unpacked source', async () => {
    const collections = ['python33'];
    const input = { name: 'unpacked', collections, exploded: true };
    await scenario.server.must('createComponent', input, scenario.people.chair);
    await scenario.ann.must(['clone', 'unpacked']);
    const cwd = join(scenario.ann.home, 'unpacked');
    const { path } = await released('unpacked');
    const { code, stderr } = await scenario.ann.run(['import', path], { cwd });
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('unpacked holds unpacked upstream source.') as string,
    });
  });
});
