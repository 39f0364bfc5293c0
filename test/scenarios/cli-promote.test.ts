import { beforeAll, describe, expect, it } from 'vitest';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { buildScenario, type Package, PREFIX } from '../support/build-scenario.ts';
import { faultsIn } from '../support/scenario.ts';

const scenario = buildScenario();
const says = (text: string) => expect.stringContaining(text) as string;

/** A package that is built, in the tag of level candidate. */
async function builtPackage(): Promise<Package> {
  const one = await scenario.annPackage();
  await scenario.ann.must(['build', '--nowait'], { cwd: one.folder });
  const task = await scenario.taskOf('build', one);
  scenario.builder.take(task);
  scenario.builder.complete(task, one.nvr);
  await scenario.until(one.component, ({ state }) => state === 'complete');
  return one;
}
const as = async (who: 'ann' | 'carol' | 'sam', args: string[]) => {
  const { code, stdout, stderr } = await scenario[who].run(args);
  return [code, stdout, stderr] as const;
};

/** Koji's builders do what waits, and the server has seen it. */
async function tagged({ component }: Package, tag: string): Promise<void> {
  scenario.builder.finishTagging(await scenario.taskOf('tagBuild'));
  await scenario.until(component, ({ tags }) => tags.includes(tag));
}

it('that is of another package than its component builds is untagged, and nobody promotes it', async () => {
  const [one, other] = [await scenario.annPackage(), await scenario.annPackage()];
  await scenario.ann.must(['build', '--nowait'], { cwd: one.folder });
  const task = await scenario.taskOf('build', one);
  scenario.builder.take(task);
  scenario.builder.complete(task, other.nvr);
  const { problem } = await scenario.until(one.component, ({ state }) => state === 'failed');
  expect(problem).toBe(
    `The task made ${other.nvr}, and ${one.component} is to build python33-${one.component}: it was untagged.`,
  );
  expect(scenario.hub.state.as('kojiadmin', 'listTags', other.nvr)).toEqual([]);
  expect((await as('ann', ['promote', other.nvr, '--to', 'testing']))[0]).toBe(3);
});

it('that has a name which none from here could have is untagged, too', async () => {
  const one = await scenario.annPackage();
  await scenario.ann.must(['build', '--nowait'], { cwd: one.folder });
  const task = await scenario.taskOf('build', one);
  const name = `python33-${one.component}-1.0-1 el7`;
  scenario.builder.take(task);
  scenario.builder.complete(task, name);
  const { problem } = await scenario.until(one.component, ({ state }) => state === 'failed');
  expect(problem).toContain(`The task made ${name}, and ${one.component} is to build`);
  expect(scenario.hub.state.as('kojiadmin', 'listTags', name)).toEqual([]);
});

describe('a build', () => {
  let one: Package;
  beforeAll(async () => {
    one = await builtPackage();
  });

  it('is not released before it was in testing', async () => {
    expect(await as('carol', ['promote', one.nvr, '--to', 'release'])).toEqual([
      6,
      '',
      says(`${one.nvr} is not in ${PREFIX}-testing.`),
    ]);
  });

  it('comes to testing by who may push, and by nobody else', async () => {
    const args = ['promote', one.nvr, '--to', 'testing'];
    expect((await as('sam', args))[0]).toBe(4);
    expect(await as('ann', ['--dry-run', ...args])).toEqual([0, says('Would ask the server'), '']);
    const done = await scenario.ann.run(args);
    const task = await scenario.taskOf('tagBuild');
    expect([done.code, done.stdout]).toEqual([
      0,
      says(`Koji puts ${one.nvr} into ${PREFIX}-testing, by task ${task}.`),
    ]);
    expect(await as('ann', args)).toEqual([5, '', says('is on its way')]);
    await tagged(one, `${PREFIX}-testing`);
    expect(await as('ann', args)).toEqual([5, '', says('already')]);
    expect(await scenario.ann.must(['builds'], { cwd: one.folder })).toContain(
      `${PREFIX}-candidate, ${PREFIX}-testing`,
    );
  });

  it('is released by a chair alone, by its branch', async () => {
    // Koji does it, and the answer is lost: the task is found.
    scenario.hub.fail(/^tagBuild$/, 'lost-answer');
    const args = ['promote', '--branch', 'scl-python33-el7', '--to', 'release'];
    const refused = await scenario.ann.run(args, { cwd: one.folder });
    expect([refused.code, refused.stderr]).toEqual([4, says('ann is not a chair of SIG sclo')]);
    await scenario.carol.must(['clone', one.component]);
    const cwd = `${scenario.carol.home}/${one.component}`;
    expect((await scenario.carol.run(args, { cwd })).code).toBe(0);
    await tagged(one, `${PREFIX}-release`);
    const { items } = await scenario.server.must('listAudit', { limit: 100 });
    const entry = items.find(({ action }) => action === 'build.promote');
    expect([entry?.actor, entry?.rule, entry?.subject, entry?.detail]).toEqual([
      'carol',
      'sig-chair',
      one.nvr,
      expect.objectContaining({ to: 'release', tag: `${PREFIX}-release` }),
    ]);
  });

  it('is taken out of a level by who may put it there', async () => {
    const args = ['demote', one.nvr, '--from', 'release'];
    expect((await as('ann', args))[0]).toBe(4);
    expect(await as('carol', args)).toEqual([
      0,
      `${one.nvr} is out of ${PREFIX}-release; it is in ${PREFIX}-candidate, ${PREFIX}-testing.\n`,
      '',
    ]);
    expect(await as('carol', args)).toEqual([5, '', says(`is not in ${PREFIX}-release.`)]);
    expect((await as('sam', ['demote', one.nvr, '--from', 'testing']))[0]).toBe(4);
    expect((await as('ann', ['demote', one.nvr, '--from', 'testing']))[0]).toBe(0);
    const { items } = await scenario.server.must('listBuilds', { component: one.component });
    expect(items[0]?.tags).toEqual([`${PREFIX}-candidate`]);
  });
});

describe('what Koji would refuse', () => {
  it('is said before: locked tags, and packages that are not listed', async () => {
    const one = await builtPackage();
    const args = ['promote', one.nvr, '--to', 'testing'];
    const { state } = scenario.hub;
    const tag = `${PREFIX}-testing`;
    state.as('distgit', 'editTag2', tag, keywords({ locked: true }));
    expect(await as('ann', args)).toEqual([6, '', says(`Tag ${tag} is locked in Koji.`)]);
    state.as('distgit', 'editTag2', tag, keywords({ locked: false }));
    state.as('distgit', 'packageListBlock', tag, `python33-${one.component}`);
    expect(await as('ann', args)).toEqual([6, '', says(`is not listed in ${tag}.`)]);
  });

  it('is shown where only the task could tell', async () => {
    const one = await builtPackage();
    const tag = `${PREFIX}-testing`;
    await scenario.ann.must(['promote', one.nvr, '--to', 'testing']);
    scenario.builder.fail(await scenario.taskOf('tagBuild'), 'policy violation (tag)');
    const is = `It did not come into ${tag}: policy violation (tag)`;
    await scenario.until(one.component, ({ problem }) => problem === is);
    await scenario.ann.must(['promote', one.nvr, '--to', 'testing']);
    await tagged(one, tag);
    await scenario.until(one.component, ({ problem }) => problem === null);
  });

  it('names what is missing in the command', async () => {
    expect(await as('ann', ['promote', 'a-1-1'])).toEqual([2, '', says('--to is required.')]);
    expect(await as('ann', ['promote', '--to', 'testing'])).toEqual([
      2,
      '',
      says('Name a build or a branch'),
    ]);
    expect(await as('ann', ['promote', 'a-1-1', '--to', 'testing'])).toEqual([
      3,
      '',
      says('a-1-1 was not built from this server.'),
    ]);
  });
});

describe('a collection that is built by its pushes', () => {
  it('is none until somebody says so, and then each push is a build', async () => {
    const before = await scenario.annPackage();
    expect((await as('sam', ['collection', 'auto-build', 'python33', 'on']))[0]).toBe(4);
    expect(await as('carol', ['collection', 'auto-build', 'python33', 'on'])).toEqual([
      0,
      'Pushes to python33 are built.\n',
      '',
    ]);
    const one = await scenario.annPackage();
    const build = await scenario.until(one.component, ({ task }) => task !== null);
    expect([build.commit, build.submittedBy, build.nvr]).toEqual([one.commit, 'ann', one.nvr]);
    const { items } = await scenario.server.must('listBuilds', { component: before.component });
    expect(items).toEqual([]);
  });

  it('tells in the audit log what could not be built', async () => {
    const { folder, component } = await scenario.annCopy();
    await scenario.ann.does(
      'sh',
      ['-c', `printf 'Name: %%{?scl_prefix}${component}\n' > ${component}.spec`],
      {
        cwd: folder,
      },
    );
    await scenario.ann.git(folder, 'add', '--all');
    await scenario.ann.must(['commit', '-m', 'Half a spec'], { cwd: folder });
    await scenario.ann.must(['push'], { cwd: folder });
    await expect
      .poll(
        async () => {
          const { items } = await scenario.server.must('listAudit', { limit: 20 });
          return items.find(
            ({ action, subject }) => action === 'build.auto' && subject.startsWith(component),
          );
        },
        { timeout: 120_000 },
      )
      .toMatchObject({
        actor: 'ann',
        allowed: false,
        detail: { problem: says(`Package python33-${component} is not listed`) },
      });
    expect((await as('carol', ['collection', 'auto-build', 'python33', 'off']))[1]).toBe(
      'Pushes to python33 are not built by themselves.\n',
    );
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
