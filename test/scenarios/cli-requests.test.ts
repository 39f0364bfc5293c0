import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { deadUrl } from '../support/faulty-proxy.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();
const EL7 = 'scl-python33-el7';
const nobody = await deadUrl();

describe('request-repo', () => {
  it('creates the component at once; --dry-run tells its branches and creates nothing', async () => {
    const { carol } = scenario;
    const args = ['request-repo', 'asked-for', '--collection', 'python33'];
    expect(await carol.must([...args, '--dry-run'])).toBe(
      'Would create asked-for with the branches scl-python33-el6, scl-python33-el7. Nothing was changed.\n',
    );
    expect((await carol.run(['component', 'show', 'asked-for'])).code).toBe(3);
    expect(await carol.must(args)).toBe(
      'asked-for is created:\n' +
        '  scl-python33-el6: builds python33-asked-for\n' +
        '  scl-python33-el7: builds python33-asked-for\n' +
        'Go on with: centpkg clone asked-for\n',
    );
    const twice = await carol.run(args);
    expect({ code: twice.code, stderr: twice.stderr }).toEqual({
      code: 5,
      stderr:
        'error: There is a component asked-for.\n' +
        'to do: Add it to a collection: centpkg component add asked-for python33\n',
    });
  });

  it('without a collection, or without the right, tells what to do', async () => {
    const without = await scenario.carol.run(['request-repo', 'p']);
    expect(without).toMatchObject({ code: 2 });
    expect(without.stderr).toContain('centpkg request-repo p --collection NAME');
    const refused = await scenario.sam.run(['request-repo', 'p', '--collection', 'python33']);
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.stderr).toMatch(/^to do: /m);
  });
});

describe('request-branch', () => {
  it('adds the component of the clone to the collection, and says which branches came', async () => {
    const { carol } = scenario;
    await carol.must(['request-repo', 'branchy', '--collection', 'python33']);
    await carol.must(['clone', 'branchy']);
    const cwd = join(carol.home, 'branchy');
    const alias = 'sig-sclo7-rh-python34-rh';
    const dry = await carol.must(['request-branch', '--dry-run', alias], { cwd });
    expect(dry).toContain(
      'Would add branchy to rh-python34, with the branches scl-rh-python34-el6',
    );
    expect(await carol.must(['request-branch', alias], { cwd })).toContain(
      '  scl-rh-python34-el7: builds rh-python34-branchy\n' +
        'Go on with: centpkg switch-branch --fetch scl-rh-python34-el7\n',
    );
    expect(await carol.must(['switch-branch', '--fetch', alias], { cwd })).toBe(
      'On branch scl-rh-python34-el7.\n',
    );
  });

  it.each([
    [['--repo', 'python', EL7], 5, 'python has the branch scl-python33-el7.'],
    [['--repo', 'python', 'scl-python33-el8'], 3, 'centpkg collection add-release python33 8'],
    [['--repo', 'nothere', EL7], 3, 'centpkg request-repo nothere --collection python33'],
    [['--repo', 'python', 'scl-nothere-el7'], 3, 'nothere'],
    [['--repo', 'python'], 2, 'centpkg request-branch scl-NAME-elRELEASE'],
  ])('%j is refused', async (args, exit, words) => {
    const { code, stderr } = await scenario.carol.run(['request-branch', ...args]);
    expect({ code, stderr }).toEqual({
      code: exit,
      stderr: expect.stringMatching(/^error: [^\n]+\nto do: [^\n]+\n$/) as string,
    });
    expect(stderr).toContain(words);
  });
});

describe('--dry-run before a verb that asks the server for a change', () => {
  it('asks for nothing, and tells what it would ask for', async () => {
    const { carol } = scenario;
    const args = ['--dry-run', 'sig', 'approve', 'sclo', 'sam'];
    expect(await carol.must(args)).toMatch(
      /^Would ask the server: Approve a committer\nPUT \/sigs\/:sig\/approvals\/:user \{.*"sam".*\}\nNothing was changed\.\n$/,
    );
    expect(await carol.must(['sig', 'show', 'sclo'])).not.toContain('sam');
    expect(await carol.json(['--dry-run', 'token', 'create'])).toMatchObject({
      dryRun: true,
      operation: 'createToken',
    });
    expect(await carol.must(['--dry-run', 'sig', 'list'])).toContain('sclo');
  });

  it('is refused where it would not be heeded', async () => {
    const { code, stderr } = await scenario.ann.run(['--dry-run', 'logout']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: centpkg logout has no --dry-run.\nto do: Leave it out.\n',
    });
    expect(await scenario.ann.must(['whoami'])).toContain('ann');
  });
});

/** A clone from elsewhere: its origin is no server of ours. */
async function foreignClone(component: string) {
  const { ann } = scenario;
  const cwd = join(scenario.path('foreign'), component);
  await mkdir(cwd, { recursive: true });
  await ann.git(cwd, 'init', '--quiet');
  await ann.git(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'Internal');
  await ann.git(cwd, 'remote', 'add', 'origin', `https://pkgs.example.org/rpms/${component}.git`);
  return cwd;
}

describe('remote add, in a clone from elsewhere', () => {
  it('adds the server and a branch that tracks it; then verbs work, some without the server', async () => {
    const component = await scenario.component();
    const { ann, server } = scenario;
    const cwd = await foreignClone(component);
    const url = `${server.url}/scls/${component}.git`;
    expect(await ann.must(['remote', 'add', '-b', EL7], { cwd })).toBe(
      `centos is ${url}.\nOn branch ${EL7}, which tracks it.\n`,
    );
    expect(await ann.git(cwd, 'rev-parse', '--abbrev-ref', '@{upstream}')).toBe(`centos/${EL7}\n`);
    expect(await ann.must(['remote'], { cwd })).toContain(`centos\t${url} (push)\n`);
    await writeFile(join(cwd, `${component}.spec`), specOf(component));
    await ann.git(cwd, 'add', '--all');
    await ann.must(['commit', '--push', '-m', 'Add the spec'], { cwd });
    const config = await readFile(join(cwd, '.git/config'), 'utf8');
    await writeFile(join(cwd, '.git/config'), config.replaceAll(server.url, nobody));
    expect(await ann.must(['giturl'], { cwd })).toContain(`${nobody}/scls/${component}.git#`);
  });

  it('takes name and component from its options; twice is no error', async () => {
    const { ann, server } = scenario;
    const cwd = await foreignClone('internal-name');
    const args = ['remote', 'add', '--remote-name', 'sclo', '--repo-name', 'scls/python', '-a'];
    const url = `${server.url}/scls/python.git`;
    for (const _ of [1, 2]) expect(await ann.must(args, { cwd })).toBe(`sclo is ${url}.\n`);
    expect(await readFile(join(cwd, '.git/config'), 'utf8')).not.toContain('credential');
    const other = await ann.run(
      ['remote', 'add', '--remote-name', 'origin', '--repo-name', 'python'],
      { cwd },
    );
    expect(other).toMatchObject({ code: 5 });
    expect(other.stderr).toContain('to do: Choose another name');
    const unknown = await ann.run(['remote', 'add'], { cwd });
    expect(unknown).toMatchObject({ code: 3 });
    expect(unknown.stderr).toContain('internal-name');
  });

  it('--name chooses among several remotes on the server', async () => {
    const { ann, server } = scenario;
    const cwd = await foreignClone('python');
    await ann.must(['remote', 'add', '-b', EL7], { cwd });
    const other = await scenario.component();
    await ann.must(['remote', 'add', '--remote-name', 'other', '--repo-name', other], { cwd });
    expect(await ann.must(['giturl'], { cwd })).toContain('/scls/python.git#');
    expect(await ann.must(['--name', other, 'giturl'], { cwd })).toContain(
      `${server.url}/scls/${other}.git#`,
    );
    const missing = await ann.run(['--name', 'missing', 'giturl'], { cwd });
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 2,
      stderr:
        `error: No remote of this repository is at ${server.url}/scls/missing.\n` +
        'to do: Add one: centpkg remote add --repo-name missing\n',
    });
  });
});

describe('pre-push-check --install', () => {
  /** Ann's clone with the hook, and a commit that the server would refuse. */
  async function hookedCopy() {
    const { folder: cwd, component } = await scenario.annCopy();
    const { ann } = scenario;
    expect(await ann.must(['pre-push-check', '--install'], { cwd })).toBe(
      `git runs it from now on: ${join(cwd, '.git/hooks/pre-push')}\n`,
    );
    await mkdir(join(cwd, 'folder'));
    await writeFile(join(cwd, 'folder/a'), 'a\n');
    await writeFile(join(cwd, `${component}.spec`), specOf(component));
    await ann.git(cwd, 'add', '--all');
    await ann.must(['commit', '-m', 'With a folder'], { cwd });
    return { cwd, component, ann };
  }

  it.each(['git', 'centpkg'])('"%s push" is stopped before anything is sent', async (program) => {
    const { cwd, ann } = await hookedCopy();
    const { code, stderr } = await ann.does(program, ['push'], { cwd });
    expect({ refused: code !== 0, stderr }).toEqual({
      refused: true,
      stderr: expect.stringContaining('folder/ is a directory (flat-tree)') as string,
    });
    expect(stderr).not.toContain('remote:');
  });

  it('--no-verify goes past it, to the server; what is good goes through', async () => {
    const { cwd, ann } = await hookedCopy();
    const { code, stderr } = await ann.run(['push', '--no-verify'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 6 });
    expect(stderr).toContain('remote: ');
    await ann.git(cwd, 'rm', '-r', '--quiet', 'folder');
    await ann.git(cwd, 'commit', '--quiet', '--amend', '--no-edit');
    expect(await ann.does('git', ['push'], { cwd })).toMatchObject({ code: 0 });
  });

  it('another branch of the server is checked as that branch', async () => {
    const { cwd, ann } = await hookedCopy();
    const refspec = 'HEAD:refs/heads/scl-python33-el6';
    const { stderr } = await ann.does('git', ['push', 'origin', refspec], { cwd });
    expect(stderr).toContain('scl-python33-el6: folder/ is a directory');
  });

  it('leaves other remotes alone, with the server down too', async () => {
    const { cwd, ann, component } = await hookedCopy();
    const elsewhere = scenario.path('elsewhere');
    await ann.git(ann.home, 'init', '--quiet', '--bare', elsewhere);
    await ann.git(cwd, 'remote', 'add', 'elsewhere', elsewhere);
    const config = await readFile(join(cwd, '.git/config'), 'utf8');
    await writeFile(
      join(cwd, '.git/config'),
      config.replaceAll(scenario.server.url, nobody).replace(/^\tnamespace = .*\n/m, ''),
    );
    const { code, stderr } = await ann.does('git', ['push', 'elsewhere', EL7], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('warning: this push is not checked: ');
    expect(await ann.git(elsewhere, 'branch', '--list')).toContain(EL7);
    expect(component).not.toBe('');
  });

  it('is no error twice, and never replaces another hook', async () => {
    const { cwd, ann } = await hookedCopy();
    expect(await ann.must(['pre-push-check', '--install'], { cwd })).toContain('is there already.');
    await writeFile(join(cwd, '.git/hooks/pre-push'), '#!/bin/sh\nexit 0\n');
    const { code, stderr } = await ann.run(['pre-push-check', '--install'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 5 });
    expect(stderr).toContain('to do: Add to it: centpkg pre-push-check --hook "$1"');
    expect(await readFile(join(cwd, '.git/hooks/pre-push'), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    expect(await readdir(cwd)).toContain('folder');
  });

  it('with a ref that commit is checked', async () => {
    const { cwd, ann } = await hookedCopy();
    expect((await ann.run(['pre-push-check', 'HEAD'], { cwd })).code).toBe(6);
    const missing = await ann.run(['pre-push-check', 'nothere'], { cwd });
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 3,
      stderr: 'error: nothere is no commit.\nto do: Commit first: centpkg commit\n',
    });
  });
});
