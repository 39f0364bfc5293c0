import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { faultsIn } from '../support/scenario.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();
const BRANCHES = ['python33', 'rh-python34'].flatMap((collection) =>
  ['6', '7'].map((release) => `scl-${collection}-el${release}`),
);

const headOf = async (folder: string): Promise<string> =>
  (await scenario.ann.git(folder, 'symbolic-ref', '--short', 'HEAD')).trim();
describe('clone', () => {
  it('makes a folder of the component name, on a release branch, without the token in it', async () => {
    const component = await scenario.component();
    const { ann } = scenario;
    const { code, stdout } = await ann.run(['clone', component]);
    const folder = join(ann.home, component);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${component} is in ${folder}, on branch scl-rh-python34-el7.\n`,
    });
    expect((await readdir(folder)).sort()).toEqual(['.git', '.gitignore', 'sources']);
    const config = await readFile(join(folder, '.git/config'), 'utf8');
    expect(config).not.toContain(scenario.people.committer);
  });

  it('-b checks out that branch into the folder that was named; --json tells of it', async () => {
    const [component, { ann }] = [await scenario.component(), scenario];
    const args = ['clone', '-b', 'scl-python33-el6', component, 'here'];
    expect(await ann.json(args)).toEqual({
      component,
      folder: join(ann.home, 'here'),
      branch: 'scl-python33-el6',
    });
    expect(await headOf(join(ann.home, 'here'))).toBe('scl-python33-el6');
  });

  it.each([
    ['sig-sclo7-python33-rh', 'scl-python33-el7'],
    ['sig-sclo6-rh-python34-rh', 'scl-rh-python34-el6'],
    ['sig-sclo7-rh-python34-sclo', 'scl-rh-python34-el7'],
  ])('-b understands %s as %s', async (alias, branch) => {
    expect(await headOf((await scenario.annCopy(alias)).folder)).toBe(branch);
  });

  it('needs no login', async () => {
    const visitor = await scenario.visitor();
    await visitor.must(['clone', 'python'], { env: { CENTPKG_URL: scenario.server.url } });
    expect(await readdir(join(visitor.home, 'python'))).toContain('sources');
  });

  it('of a branch that is not there exits with 3 and leaves no folder', async () => {
    const { ann } = scenario;
    const { code, stderr } = await ann.run(['clone', '-b', 'scl-python33-el9', 'python', 'none']);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('scl-python33-el9') as string,
    });
    expect(await readdir(ann.home)).not.toContain('none');
  });

  it('into a folder with something in it leaves that alone', async () => {
    const { ann } = scenario;
    await mkdir(join(ann.home, 'full'));
    await writeFile(join(ann.home, 'full/mine'), 'mine');
    const { code, stderr } = await ann.run(['clone', 'python', 'full']);
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining('already exists') as string,
    });
    expect(await readdir(join(ann.home, 'full'))).toEqual(['mine']);
  });
});

describe('switch-branch', () => {
  it('lists the branches of the server and marks the current one', async () => {
    const { folder: cwd } = await scenario.annCopy();
    const lines = [
      'Locals:',
      `* ${BRANCHES[1]}`,
      'Remotes:',
      ...BRANCHES.map((name) => `  origin/${name}`),
    ];
    const marked = `${lines.join('\n')}\n`;
    for (const args of [['switch-branch'], ['switch-branch', '--list'], ['switch-branch', '-l']])
      expect(await scenario.ann.must(args, { cwd })).toBe(marked);
    expect(await scenario.ann.json(['switch-branch'], { cwd })).toEqual({
      current: 'scl-python33-el7',
      branches: BRANCHES,
      locals: ['scl-python33-el7'],
    });
  });

  it.each(['scl-rh-python34-el6', 'sig-sclo6-rh-python34-rh'])(
    'checks out %s, tracking the one of the server, and back',
    async (name) => {
      const { folder: cwd } = await scenario.annCopy();
      const { ann } = scenario;
      expect(await ann.must(['switch-branch', name], { cwd })).toBe(
        'On branch scl-rh-python34-el6.\n',
      );
      const tracked = await ann.git(cwd, 'rev-parse', '--abbrev-ref', '@{upstream}');
      expect(tracked).toBe('origin/scl-rh-python34-el6\n');
      await ann.must(['switch-branch', 'scl-python33-el7'], { cwd });
      await ann.must(['switch-branch', name], { cwd });
      expect(await headOf(cwd)).toBe('scl-rh-python34-el6');
    },
  );

  it('refuses where changes are not committed, staged or not', async () => {
    const { folder: cwd } = await scenario.annCopy();
    await writeFile(join(cwd, 'sources'), 'changed\n');
    for (const stage of [() => Promise.resolve(''), () => scenario.ann.git(cwd, 'add', '-A')]) {
      await stage();
      const { code, stderr } = await scenario.ann.run(['switch-branch', BRANCHES[0] ?? ''], {
        cwd,
      });
      expect({ code, stderr }).toEqual({
        code: 5,
        stderr:
          'error: There are changes that are not committed.\nto do: Commit or stash them first.\n',
      });
    }
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe('changed\n');
    expect(await headOf(cwd)).toBe('scl-python33-el7');
  });

  it('does not overwrite a file that git does not know, and blames nobody else', async () => {
    const { folder, component } = await scenario.annCopy();
    await writeFile(join(folder, `${component}.spec`), specOf(component));
    await scenario.ann.git(folder, 'add', '--all');
    await scenario.ann.must(['commit', '-m', 'Add the spec'], { cwd: folder });
    await scenario.ann.must(['switch-branch', 'scl-python33-el6'], { cwd: folder });
    await writeFile(join(folder, `${component}.spec`), 'mine');
    const { code, stderr } = await scenario.ann.run(['switch-branch', 'scl-python33-el7'], {
      cwd: folder,
    });
    expect(await readFile(join(folder, `${component}.spec`), 'utf8')).toBe('mine');
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining(`${component}.spec`) as string,
    });
    expect(stderr).not.toContain('fault of centpkg');
  });

  it('to an unknown branch exits with 3 until --fetch has brought it', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    const name = `c${component}`;
    const missing = await scenario.ann.run(['switch-branch', `scl-${name}-el7`], { cwd });
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('switch-branch --fetch') as string,
    });
    const releases = [{ release: '7' }];
    const { server, people } = scenario;
    await server.must('createCollection', { name, sig: 'sclo', releases }, people.chair);
    await server.must('addToCollections', { component, collections: [name] }, people.chair);
    await scenario.ann.must(['switch-branch', '--fetch', `scl-${name}-el7`], { cwd });
    expect(await headOf(cwd)).toBe(`scl-${name}-el7`);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
