import { beforeAll, describe, expect, it } from 'vitest';
import { buildScenario, type Package, PREFIX } from '../support/build-scenario.ts';

// Nobody waits long for a hub here; after forty seconds a call is at its end.
const scenario = buildScenario({ DISTGIT_KOJI_TIMEOUT: '3' });
const CALL = /^build$/;

const tasksOf = ({ commit }: Package): number =>
  scenario.hub.state.store
    .rows('task', { method: 'build' })
    .filter(({ request }) => JSON.stringify(request).includes(commit)).length;
const build = ({ folder }: Package) => scenario.ann.run(['build', '--nowait'], { cwd: folder });

describe('an answer of Koji that gets lost', () => {
  it('is no second build: the task is found', async () => {
    const one = await scenario.annPackage();
    scenario.hub.fail(CALL, 'lost-answer');
    const done = await build(one);
    expect([done.code, tasksOf(one)]).toEqual([0, 1]);
    const task = await scenario.taskOf('build', one);
    expect(done.stdout).toContain(`as task ${task}.`);
    scenario.builder.take(task);
    scenario.builder.complete(task, one.nvr);
    await scenario.until(one.component, ({ state }) => state === 'complete');
  });
});

describe('a build that nobody knows the end of', () => {
  let unreached: Package;
  let chain: readonly [Package, Package];
  beforeAll(async () => {
    unreached = await scenario.annPackage();
    chain = [await scenario.annPackage(), await scenario.annPackage()];
  });

  it('is said to be in doubt, and is not asked for again', async () => {
    scenario.hub.fail(CALL, 'silent', 'silent', 'silent', 'silent');
    const done = await build(unreached);
    expect([done.code, done.stderr]).toEqual([
      7,
      expect.stringContaining('whether it has done what was asked is not known'),
    ]);
    const again = await build(unreached);
    expect([again.code, again.stderr]).toEqual([
      5,
      expect.stringContaining('is being built already'),
    ]);
  });

  it('is found where the server died while Koji was at it', async () => {
    scenario.hub.fail(/^chainBuild$/, 'slow');
    const { server } = scenario;
    const [first, last] = chain;
    const args = ['chain-build', '--nowait', first.component];
    const asked = scenario.ann.run(args, { cwd: last.folder });
    await expect.poll(() => scenario.hub.planned, { timeout: 120_000 }).toBe(0);
    await server.kill();
    expect((await asked).code).toBe(7);
    scenario.hub.deliver();
    const task = await scenario.taskOf('chainbuild');
    await server.start();
    for (const { component, nvr } of chain) {
      const found = await scenario.until(component, (one) => one.task !== null);
      expect(found).toMatchObject({ state: 'building', nvr, task });
    }
    expect(scenario.builder.waiting('chainbuild')).toEqual([task]);
  });

  it('has failed where Koji never got it, and can be asked for again', async () => {
    const row = await scenario.until(unreached.component, ({ state }) => state === 'failed');
    expect(row.problem).toBe('It did not get to Koji. Ask again.');
    expect(tasksOf(unreached)).toBe(0);
    expect((await build(unreached)).code).toBe(0);
    expect(tasksOf(unreached)).toBe(1);
  });
});

const stateOf = (task: number | null) => scenario.hub.state.store.one('task', { id: task })?.state;

describe('a build that is canceled before Koji gave it a task', () => {
  it('is canceled as soon as it has one', async () => {
    const one = await scenario.annPackage();
    scenario.hub.fail(CALL, 'slow');
    const asked = build(one);
    await expect.poll(() => scenario.hub.planned, { timeout: 120_000 }).toBe(0);
    const { id } = await scenario.until(one.component, ({ state }) => state === 'submitting');
    const args = ['cancel', '--build', String(id)];
    expect((await scenario.sam.run(args)).code).toBe(4);
    const canceled = await scenario.ann.run(args);
    expect([canceled.code, canceled.stdout]).toEqual([
      0,
      `Build ${id} is canceled as soon as Koji can be told: see "centpkg builds".\n`,
    ]);
    scenario.hub.deliver();
    await asked;
    const { task } = await scenario.until(one.component, ({ state }) => state === 'canceled');
    expect(stateOf(task)).toBe(3);
    expect((await scenario.ann.run(args)).code).toBe(5);
    expect((await scenario.ann.run(['resubmit', '--build', String(id)])).code).toBe(0);
  });

  it('is canceled also where its first architecture was done meanwhile', async () => {
    const one = await scenario.annPackage();
    await scenario.ann.must(['build', '--first-arch', '--nowait'], { cwd: one.folder });
    const first = await scenario.taskOf('build', one);
    scenario.builder.take(first);
    scenario.hub.fail(CALL, 'slow');
    scenario.builder.complete(first, one.nvr);
    await expect.poll(() => scenario.hub.planned, { timeout: 120_000 }).toBe(0);
    const canceled = await scenario.ann.run(['cancel', String(first)]);
    expect([canceled.code, canceled.stdout]).toEqual([0, expect.stringContaining('as soon as')]);
    scenario.hub.deliver();
    const { task } = await scenario.until(one.component, ({ state }) => state === 'canceled');
    expect([task === first, stateOf(task)]).toEqual([false, 3]);
  });
});

describe('a tag that nobody knows the end of', () => {
  let one: Package;
  /** What is in the audit log of the build, the newest first. */
  const told = async () => {
    const { items } = await scenario.server.must('listAudit', { limit: 500 });
    return items
      .filter(({ subject }) => subject === one.nvr)
      .map(({ action, actor, detail }) => ({ action, actor, detail }));
  };
  const tag = `${PREFIX}-testing`;
  beforeAll(async () => {
    one = await scenario.annPackage();
    await build(one);
    const task = await scenario.taskOf('build', one);
    scenario.builder.take(task);
    scenario.builder.complete(task, one.nvr);
    await scenario.until(one.component, ({ state }) => state === 'complete');
  });
  const promote = () => ['promote', one.nvr, '--to', 'testing'];

  it('is recorded before Koji is asked, and found where the server died meanwhile', async () => {
    scenario.hub.fail(/^tagBuild$/, 'slow');
    const asked = scenario.ann.run(promote());
    await expect.poll(() => scenario.hub.planned, { timeout: 120_000 }).toBe(0);
    await scenario.server.kill();
    expect((await asked).code).toBe(7);
    scenario.hub.deliver();
    const task = await scenario.taskOf('tagBuild');
    await scenario.server.start();
    const asking = { action: 'build.promote', actor: 'ann', detail: { to: 'testing', tag } };
    expect(await told()).toEqual([asking]);
    const again = await scenario.ann.run(promote());
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('is on its way')]);
    scenario.builder.finishTagging(task);
    await scenario.until(one.component, ({ tags }) => tags.includes(tag));
    const detail = { tag, task, problem: null };
    const done = { action: 'build.tagged', actor: 'server', detail };
    await expect.poll(told, { timeout: 120_000 }).toEqual([done, asking]);
  });

  it('is recorded also on the way out', async () => {
    scenario.hub.fail(/^untagBuild$/, 'slow');
    const asked = scenario.ann.run(['demote', one.nvr, '--from', 'testing']);
    await expect.poll(() => scenario.hub.planned, { timeout: 120_000 }).toBe(0);
    await scenario.server.kill();
    expect((await asked).code).toBe(7);
    scenario.hub.deliver();
    await scenario.server.start();
    const detail = { from: 'testing', tag };
    expect((await told())[0]).toEqual({ action: 'build.demote', actor: 'ann', detail });
    await scenario.until(one.component, ({ tags }) => !tags.includes(tag));
    const done = { action: 'build.untagged', actor: 'server' };
    await expect
      .poll(async () => (await told())[0], { timeout: 120_000 })
      .toEqual({ ...done, detail: { tag, task: null, problem: null } });
  });

  it('has not come to be where Koji never heard of it, and can be asked for again', async () => {
    scenario.hub.fail(/^tagBuild$/, 'silent', 'silent', 'silent', 'silent');
    expect((await scenario.ann.run(promote())).code).toBe(7);
    const is = `It did not come into ${tag}: It did not get to Koji. Ask again.`;
    await scenario.until(one.component, ({ problem }) => problem === is);
    await scenario.ann.must(promote());
    scenario.builder.finishTagging(await scenario.taskOf('tagBuild'));
    await scenario.until(one.component, ({ problem }) => problem === null);
  });
});

describe('a build by a push that did not get to Koji', () => {
  it('is asked for again by itself', async () => {
    const { server, people } = scenario;
    const auto = { collection: 'python33', on: true };
    await server.must('setAutoBuild', auto, people.chair);
    scenario.hub.fail(CALL, 'silent', 'silent', 'silent', 'silent');
    const one = await scenario.annPackage();
    const problem = 'It did not get to Koji. Ask again.';
    const lost = await scenario.until(one.component, (build) => build.problem === problem);
    const found = await scenario.until(one.component, ({ task }) => task !== null);
    expect([found.state, found.commit, found.id === lost.id]).toEqual([
      'building',
      one.commit,
      false,
    ]);
    expect(tasksOf(one)).toBe(1);
    await server.must('setAutoBuild', { ...auto, on: false }, people.chair);
  });
});

describe('a server that stops and starts', () => {
  it('goes on to follow what is under way', async () => {
    const one = await scenario.annPackage();
    await build(one);
    const mine = scenario.hub.state.store
      .rows('task', { method: 'build' })
      .find(({ request }) => JSON.stringify(request).includes(one.commit));
    const task = Number(mine?.id);
    await scenario.server.stop();
    scenario.builder.take(task);
    scenario.builder.complete(task, one.nvr);
    await scenario.server.start();
    const built = await scenario.until(one.component, ({ state }) => state === 'complete');
    expect(built.nvr).toBe(one.nvr);
  });
});
