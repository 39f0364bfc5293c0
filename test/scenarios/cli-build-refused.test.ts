import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { buildScenario, type Package, PREFIX, specFor } from '../support/build-scenario.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { faultsIn } from '../support/scenario.ts';

const scenario = buildScenario();

/** What the command says, and that Koji was asked for no build. */
async function refused(args: string[], { folder }: Pick<Package, 'folder'>, who = scenario.ann) {
  const before = scenario.hub.seen.filter(({ method }) => /^(chainB|b)uild$/.test(method)).length;
  const { code, stderr } = await who.run(args, { cwd: folder });
  const after = scenario.hub.seen.filter(({ method }) => /^(chainB|b)uild$/.test(method)).length;
  expect(after).toBe(before);
  return [code, stderr] as const;
}
const says = (text: string) => expect.stringContaining(text) as string;

describe('a build is refused before Koji is asked for it', () => {
  it('of a tree with changes, and of commits that are not pushed', async () => {
    const one = await scenario.annPackage();
    const spec = join(one.folder, `${one.component}.spec`);
    await writeFile(spec, specFor(one.component, '2'));
    for (const command of ['build', 'scratch-build'])
      expect(await refused([command], one)).toEqual([
        6,
        says('There are changes that are not committed.'),
      ]);
    await scenario.ann.must(['commit', '-m', 'Next'], { cwd: one.folder });
    expect(await refused(['build'], one)).toEqual([
      6,
      says('There is a commit that is not pushed.'),
    ]);
    const commit = (await scenario.ann.git(one.folder, 'rev-parse', 'HEAD')).trim();
    const input = { component: one.component, branch: 'scl-python33-el7', commit };
    const token = scenario.people.committer;
    expect(await scenario.server.call('startBuild', input, token)).toMatchObject({
      status: 422,
      body: { detail: says('is not on scl-python33-el7 of the server') },
    });
  });

  it('where the branch has no target, and where the target is unknown', async () => {
    const one = await scenario.annPackage();
    await scenario.ann.must(['switch-branch', 'scl-python33-el6'], { cwd: one.folder });
    expect(await refused(['build'], one)).toEqual([
      6,
      says('scl-python33-el6 is not set up in Koji: it has no target sclo6-python33-rh-el6.'),
    ]);
    expect(await refused(['build', '--target', 'nothing'], one)).toEqual([
      6,
      says('Koji has no target nothing.'),
    ]);
  });

  it("into the tag of another SIG, which only the server's own account could write to", async () => {
    const one = await scenario.annPackage();
    const { state } = scenario.hub;
    state.as('distgit', 'createTag', 'core9-build');
    state.as('distgit', 'createTag', 'core9-candidate');
    state.as('distgit', 'createBuildTarget', 'core9', 'core9-build', 'core9-candidate');
    expect(await refused(['build', '--target', 'core9'], one)).toEqual([
      4,
      says('Target core9 builds into core9-candidate'),
    ]);
    const scratch = await scenario.ann.run(['scratch-build', '--nowait', '--target', 'core9'], {
      cwd: one.folder,
    });
    expect(scratch.code).toBe(0);
  });

  it('of a package that is not listed', async () => {
    const { folder, component } = await scenario.annCopy();
    await writeFile(join(folder, `${component}.spec`), specFor(component));
    await scenario.ann.git(folder, 'add', '--all');
    await scenario.ann.must(['commit', '-m', 'Add the spec'], { cwd: folder });
    await scenario.ann.must(['push'], { cwd: folder });
    expect(await refused(['build'], { folder })).toEqual([
      6,
      says(`Package python33-${component} is not listed in ${PREFIX}-candidate.`),
    ]);
  });

  it('into a locked tag', async () => {
    const one = await scenario.annPackage();
    const lock = (locked: boolean) =>
      scenario.hub.state.as('distgit', 'editTag2', `${PREFIX}-candidate`, keywords({ locked }));
    lock(true);
    expect(await refused(['build'], one)).toEqual([
      6,
      says(`Tag ${PREFIX}-candidate is locked in Koji.`),
    ]);
    lock(false);
  });

  it('of what is built already, or is being built', async () => {
    const one = await scenario.annPackage();
    scenario.hub.state.importBuild(one.nvr, 'sclo');
    expect(await refused(['build'], one)).toEqual([5, says(`${one.nvr} is built already.`)]);
    const two = await scenario.annPackage();
    await scenario.ann.must(['build', '--nowait'], { cwd: two.folder });
    expect(await refused(['build'], two)).toEqual([
      5,
      says(`${two.nvr} is being built already, for ann.`),
    ]);
  });

  it('where another asks for the same at the same time', async () => {
    const one = await scenario.annPackage();
    const input = { component: one.component, branch: 'scl-python33-el7', commit: one.commit };
    const token = scenario.people.committer;
    const ask = async () => (await scenario.server.call('startBuild', input, token)).status;
    const [first, ...others] = (await Promise.all([ask(), ask(), ask(), ask()])).toSorted(
      (a, b) => a - b,
    );
    expect([first, ...others]).toEqual([201, 409, 409, 409]);
    const asked = scenario.hub.state.store
      .rows('task', { method: 'build' })
      .filter(({ request }) => JSON.stringify(request).includes(one.commit));
    expect(asked).toHaveLength(1);
  });

  it('of a chain whose parts would not see each other', async () => {
    const [one, two] = [await scenario.annPackage(), await scenario.annPackage()];
    const { state } = scenario.hub;
    const [build, own] = [`${PREFIX}-el7-build`, `${PREFIX}-candidate`];
    const { id } = state.as('distgit', 'getTag', own) as { id: number };
    const link = { parent_id: id, priority: 0, maxdepth: null, intransitive: false };
    const all = { ...link, noconfig: false, pkg_filter: '' };
    state.as('distgit', 'setInheritanceData', build, [{ ...all, 'delete link': true }]);
    expect(await refused(['chain-build', one.component], two)).toEqual([
      6,
      says(`A chain needs ${own} in the inheritance of ${build}`),
    ]);
    state.as('distgit', 'setInheritanceData', build, [all]);
  });

  it('for whoever may not push to the branch', async () => {
    const one = await scenario.annPackage();
    await scenario.sam.must(['clone', one.component]);
    const folder = join(scenario.sam.home, one.component);
    await scenario.sam.must(['switch-branch', 'scl-python33-el7'], { cwd: folder });
    expect(await refused(['build'], { folder }, scenario.sam)).toEqual([
      4,
      says(`SIG sclo has not approved sam for ${one.component}.`),
    ]);
  });

  it('with options that Koji does not take together', async () => {
    const one = await scenario.annPackage();
    expect(await refused(['build', '--arches', 'x86_64'], one)).toEqual([
      2,
      says('--arches is for scratch builds alone.'),
    ]);
    expect(await refused(['build', '--scratch', '--first-arch'], one)).toEqual([
      2,
      says('exclude each other'),
    ]);
    expect(await refused(['chain-build', one.component], one)).toEqual([
      2,
      says('comes last by itself'),
    ]);
  });
});

describe('a server without Koji', () => {
  const without = cliScenario();

  it('says what a site admin has to set', async () => {
    const { folder, component } = await without.annCopy();
    await writeFile(join(folder, `${component}.spec`), specFor(component));
    await without.ann.git(folder, 'add', '--all');
    await without.ann.must(['commit', '-m', 'Add the spec'], { cwd: folder });
    await without.ann.must(['push'], { cwd: folder });
    const { code, stderr } = await without.ann.run(['build'], { cwd: folder });
    expect([code, stderr]).toEqual([7, says('This server has no Koji.')]);
    expect(stderr).toContain('set url, certificate_file and key_file of [koji]');
    expect(await without.ann.must(['builds'], { cwd: folder })).toBe('No builds.\n');
  });
});

describe('a task that is none of ours', () => {
  it('is not shown, and not touched', async () => {
    const task = Number(scenario.hub.state.as('sclo', 'build', 'git+https://x/y#1', 'nothing'));
    for (const command of ['watch', 'cancel', 'resubmit'])
      expect(await scenario.ann.run([command, String(task)])).toMatchObject({
        code: 3,
        stderr: says(`Task ${task} of Koji is no build of this server.`),
      });
    const none: [number, string, string[]][] = [
      [3, 'There is no build 99999.', ['cancel', '--build', '99999']],
      [3, 'There is no build 99999.', ['resubmit', '--build', '99999']],
      [3, 'There is no such push.', ['resubmit', '--push', '0'.repeat(36)]],
      [2, 'Name one thing', ['cancel']],
      [2, 'Name one thing', ['resubmit', '7', '--build', '7']],
    ];
    for (const [code, text, args] of none)
      expect(await scenario.ann.run(args)).toMatchObject({ code, stderr: says(text) });
    const one = await scenario.annPackage();
    const { task: own = 0 } =
      (
        await scenario.ann.json<{ task: number }[]>(['build', '--nowait'], {
          cwd: one.folder,
        })
      )[0] ?? {};
    const input = { task: own, of: task, file: 'build.log' };
    expect(await scenario.server.call('readTaskLog', input, null)).toMatchObject({ status: 404 });
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
