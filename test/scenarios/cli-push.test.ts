import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { faultsIn } from '../support/scenario.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();

/** What the server has on a branch. */
const serverHas = async (component: string, branch: string): Promise<string | undefined> => {
  const refs = await scenario.ann.git('/', 'ls-remote', scenario.server.gitUrl(component), branch);
  return refs.split('\t')[0];
};

/** Ann's clone with a valid spec, committed. */
async function copyWithSpec(): Promise<{ folder: string; component: string; oid: string }> {
  const { folder, component } = await scenario.annCopy();
  await writeFile(join(folder, `${component}.spec`), specOf(component));
  await scenario.ann.git(folder, 'add', `${component}.spec`);
  await scenario.ann.must(['commit', '-m', 'Add the spec'], { cwd: folder });
  return { folder, component, oid: (await scenario.ann.git(folder, 'rev-parse', 'HEAD')).trim() };
}

describe('commit and push', () => {
  it('commit takes every change to tracked files, or only the named ones', async () => {
    const { folder: cwd, component } = await copyWithSpec();
    const { ann } = scenario;
    await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}# more\n`);
    await writeFile(join(cwd, '.gitignore'), '/more\n');
    await writeFile(join(cwd, 'new'), 'not tracked');
    await ann.must(['commit', '-s', '-m', 'One', '.gitignore'], { cwd });
    expect(await ann.git(cwd, 'show', '--name-only', '--format=%B')).toBe(
      'One\n\nSigned-off-by: ann <ann@example.org>\n\n\n.gitignore\n',
    );
    await writeFile(join(cwd, 'message'), 'From a file\n');
    const done = await ann.json<{ commit: string }>(['commit', '-F', 'message'], { cwd });
    expect(done).toEqual({
      commit: (await ann.git(cwd, 'rev-parse', 'HEAD')).trim(),
      pushed: null,
    });
    expect(await ann.git(cwd, 'show', '--name-only', '--format=%B')).toBe(
      `From a file\n\n\n${component}.spec\n`,
    );
    expect(await ann.git(cwd, 'status', '--porcelain')).toBe('?? message\n?? new\n');
    const nothing = await ann.run(['commit', '-m', 'Nothing'], { cwd });
    expect(nothing.code).toBe(6);
    expect((await ann.run(['commit', '-m', 'a', '-F', 'message'], { cwd })).code).toBe(2);
  });

  it('commit -p pushes the commit', async () => {
    const { folder: cwd, component } = await copyWithSpec();
    await writeFile(join(cwd, '.gitignore'), '/a\n');
    const { commit, pushed } = await scenario.ann.json<{ commit: string; pushed: object }>(
      ['commit', '-p', '-m', 'Push it'],
      { cwd },
    );
    expect(pushed).toEqual({ branch: 'scl-python33-el7', commit });
    expect(await serverHas(component, 'scl-python33-el7')).toBe(commit);
  });

  it('push sends the branch that is checked out, and no other', async () => {
    const { folder: cwd, component, oid } = await copyWithSpec();
    await scenario.ann.git(cwd, 'branch', 'scl-python33-el6');
    expect(await scenario.ann.must(['push'], { cwd })).toBe(
      `Pushed ${oid.slice(0, 10)} to scl-python33-el7.\n`,
    );
    expect(await serverHas(component, 'scl-python33-el7')).toBe(oid);
    expect(await serverHas(component, 'scl-python33-el6')).not.toBe(oid);
  });

  it('push with nothing to push says so, and what is still to be committed', async () => {
    const { folder: cwd, oid } = await copyWithSpec();
    const { ann } = scenario;
    await ann.must(['push'], { cwd });
    const there = `scl-python33-el7 is there already: ${oid.slice(0, 10)}.`;
    await writeFile(join(cwd, 'notes'), 'not tracked, and not to be');
    expect(await ann.must(['push'], { cwd })).toBe(`${there}\n`);
    await writeFile(join(cwd, '.gitignore'), '/more\n');
    expect(await ann.must(['push'], { cwd })).toBe(
      `${there} Commit what you changed: centpkg commit -m MESSAGE\n`,
    );
  });

  it('a refused push exits with 6, shows every reason and changes nothing', async () => {
    const { folder: cwd, component, oid } = await copyWithSpec();
    await scenario.sam.must(['clone', '-b', 'scl-python33-el7', component]);
    await writeFile(join(cwd, 'logo'), Buffer.from([0]));
    await scenario.ann.git(cwd, 'add', 'logo');
    await scenario.ann.must(['commit', '-m', 'Binary'], { cwd });
    const { code, stdout, stderr } = await scenario.ann.run(['push'], { cwd });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toMatch(/remote: error: scl-python33-el7: logo in commit \w+ is binary/);
    expect(await serverHas(component, 'scl-python33-el7')).not.toBe(oid);
  });

  it('without a token push says how to log in (4); without approval it says who can give it', async () => {
    const { server, sam } = scenario;
    const visitor = await scenario.visitor();
    await visitor.must(['clone', 'python'], { env: { CENTPKG_URL: server.url } });
    const cwd = join(visitor.home, 'python');
    const { code, stderr } = await visitor.run(['push'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('centpkg login') as string,
    });
    await sam.must(['clone', 'python']);
    const refused = await sam.run(['push'], { cwd: join(sam.home, 'python') });
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain(
      'Ask for it: centpkg request access --sig sclo; or ask a chair to run: centpkg sig approve sclo sam',
    );
  });

  it('plain "git push" in a clone logs in with the stored token', async () => {
    const { folder, component, oid } = await copyWithSpec();
    await scenario.ann.git(folder, 'push', '--quiet');
    expect(await serverHas(component, 'scl-python33-el7')).toBe(oid);
  });

  it.each([
    ['a branch of another name', ['-b', 'main']],
    ['no branch', ['--detach']],
  ])('on %s push says what to do', async (_what, options) => {
    const { folder: cwd } = await copyWithSpec();
    await scenario.ann.git(cwd, 'checkout', '--quiet', ...options);
    const { code, stderr } = await scenario.ann.run(['push'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('centpkg switch-branch') as string,
    });
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
