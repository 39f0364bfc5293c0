import { describe, expect, it } from 'vitest';
import { buildScenario, type Package, PREFIX } from '../support/build-scenario.ts';

const scenario = buildScenario();
const says = (text: string) => expect.stringContaining(text) as string;
const start = async (one: Package): Promise<number> => {
  await scenario.ann.must(['build', '--nowait'], { cwd: one.folder });
  return scenario.taskOf('build', one);
};
const lost = (task: number): string =>
  `Koji has lost task ${task}; what came of it is not known. Ask again.`;

async function built(): Promise<Package> {
  const one = await scenario.annPackage();
  const task = await start(one);
  scenario.builder.take(task);
  scenario.builder.complete(task, one.nvr);
  await scenario.until(one.component, ({ state }) => state === 'complete');
  return one;
}

describe('a task that Koji has no more', () => {
  it('ends its build, and not before Koji itself has said so', async () => {
    const one = await scenario.annPackage();
    const task = await start(one);
    await scenario.hub.stop();
    scenario.builder.lose(task);
    const notAsked = () => scenario.server.log.split('builds can not be followed now').length - 1;
    const before = notAsked();
    await expect.poll(notAsked, { timeout: 120_000 }).toBeGreaterThan(before + 1);
    const { items } = await scenario.server.must('listBuilds', { component: one.component });
    expect(items[0]?.state).toBe('building');
    await scenario.hub.start();
    const { problem } = await scenario.until(one.component, ({ state }) => state === 'failed');
    expect(problem).toBe(lost(task));
    const watched = await scenario.ann.run(['watch', String(task)]);
    expect([watched.code, watched.stderr]).toEqual([6, says(lost(task))]);
    const again = await scenario.ann.run(['resubmit', String(task)], { cwd: one.folder });
    expect(again.code).toBe(0);
  });

  it('is none of ours where its number is given to another, whose build stays as it is', async () => {
    const [one, other] = [await scenario.annPackage(), await built()];
    const task = await start(one);
    const foreign = Number(scenario.hub.state.as('sclo', 'build', 'git+https://x/y#1', 'nothing'));
    const { store } = scenario.hub.state;
    store.update(store.one('build', { nvr: other.nvr }) ?? {}, { task_id: task });
    scenario.hub.state.endTask(foreign, 2, null);
    scenario.builder.lose(task);
    scenario.builder.giveNumber(foreign, task);
    await scenario.until(one.component, ({ problem }) => problem === lost(task));
    expect(scenario.hub.state.as('kojiadmin', 'listTags', other.nvr)).toMatchObject([
      { name: `${PREFIX}-candidate` },
    ]);
  });

  it('is not canceled in the place of the one that has its number', async () => {
    const one = await scenario.annPackage();
    const task = await start(one);
    const { state } = scenario.hub;
    const other = Number(state.as('distgit', 'build', 'git+https://x/y#1', 'nothing'));
    await scenario.hub.stop();
    scenario.builder.lose(task);
    scenario.builder.giveNumber(other, task);
    const canceled = await scenario.ann.run(['cancel', String(task)]);
    expect([canceled.code, canceled.stdout]).toEqual([0, says('as soon as Koji can be told')]);
    await scenario.hub.start();
    await scenario.until(one.component, ({ problem }) => problem === lost(task));
    expect(state.store.one('task', { id: task })?.state).toBe(0);
  });

  it('ends the tagging that it was for', async () => {
    const one = await built();
    await scenario.ann.must(['promote', one.nvr, '--to', 'testing']);
    const task = await scenario.taskOf('tagBuild');
    scenario.builder.lose(task);
    const is = `It did not come into ${PREFIX}-testing: Koji has lost task ${task}.`;
    await scenario.until(one.component, ({ problem }) => problem === is);
    await scenario.ann.must(['promote', one.nvr, '--to', 'testing']);
  });
});

describe('a build whose number Koji has given to another', () => {
  it('is not tagged in its place', async () => {
    const one = await built();
    const { store } = scenario.hub.state;
    const build = store.one('build', { nvr: one.nvr }) ?? {};
    store.update(build, { id: 100_000, build_id: 100_000 });
    for (const args of [
      ['promote', one.nvr, '--to', 'testing'],
      ['demote', one.nvr, '--from', 'testing'],
    ])
      expect(await scenario.ann.run(args)).toMatchObject({
        code: 3,
        stderr: says(`Koji does not have the build of ${one.nvr} any more that is recorded here.`),
      });
  });

  it('does not keep the other from being recorded', async () => {
    const [one, other] = [await built(), await scenario.annPackage()];
    const { store } = scenario.hub.state;
    const old = store.one('build', { nvr: one.nvr }) ?? {};
    const { id = 0 } = old;
    store.update(old, { id: 200_000, build_id: 200_000 });
    const task = await start(other);
    scenario.builder.take(task);
    // One statement after the other: the server does not look in between.
    scenario.builder.complete(task, other.nvr);
    const row = store.one('build', { nvr: other.nvr }) ?? {};
    for (const listing of store.rows('tag_listing', { build_id: row.id ?? null }))
      store.update(listing, { build_id: id });
    store.update(row, { id, build_id: id });
    const { nvr } = await scenario.until(other.component, ({ state }) => state === 'complete');
    expect(nvr).toBe(other.nvr);
  });
});
