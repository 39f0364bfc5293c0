import { beforeAll, describe, expect, it } from 'vitest';
import { buildScenario, type Package } from '../support/build-scenario.ts';

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
