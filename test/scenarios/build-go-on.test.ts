import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildScenario, type Package } from '../support/build-scenario.ts';
import { faultsIn } from '../support/scenario.ts';

const scenario = buildScenario();

const tasksOf = ({ commit }: Package): number =>
  scenario.hub.state.store
    .rows('task', { method: 'build' })
    .filter(({ request }) => JSON.stringify(request).includes(commit)).length;

/** Ann's build, whose first architecture is under way. */
async function begun(): Promise<Package & { readonly first: number }> {
  const one = await scenario.annPackage();
  await scenario.ann.must(['build', '--first-arch', '--nowait'], { cwd: one.folder });
  const first = await scenario.taskOf('build', one);
  scenario.builder.take(first);
  return { ...one, first };
}

/** What is said of a build that does not go on when its first architecture is done. */
async function refused(one: Package & { readonly first: number }): Promise<string> {
  scenario.builder.complete(one.first, one.nvr);
  const { problem, task } = await scenario.until(
    one.component,
    ({ state }) => state === 'failed' || state === 'complete',
  );
  expect([task, tasksOf(one)]).toEqual([one.first, 1]);
  const { items } = await scenario.server.must('listAudit', { limit: 50 });
  const entry = items.find(
    ({ action, subject }) => action === 'build.go-on' && subject.startsWith(`${one.component}/`),
  );
  const start = 'It did not go on after its first architecture: ';
  expect([entry?.allowed, entry?.detail]).toEqual([
    false,
    expect.objectContaining({ for: 'ann', problem: problem?.slice(start.length) }),
  ]);
  expect(problem?.startsWith(start)).toBe(true);
  return problem?.slice(start.length) ?? '';
}

describe('a build whose first architecture is done does not go on', () => {
  it('where the component is retired since then', async () => {
    const one = await begun();
    const what = { component: one.component, collection: 'python33' };
    await scenario.server.must('setRetired', { ...what, retired: true }, scenario.people.chair);
    expect(await refused(one)).toBe(`${one.component} is retired in collection python33.`);
  });

  it('where who asked may not push any more', async () => {
    const one = await begun();
    const { chair } = scenario.people;
    await scenario.server.must('revokeApproval', { sig: 'sclo', user: 'ann' }, chair);
    expect(await refused(one)).toBe(`SIG sclo has not approved ann for ${one.component}.`);
    await scenario.server.must('approveUser', { sig: 'sclo', user: 'ann' }, chair);
  });

  it('where who asked may not log in any more', async () => {
    const one = await begun();
    await scenario.server.must('updateUser', { user: 'ann', disabled: true });
    expect(await refused(one)).toBe('ann may not log in any more.');
    await scenario.server.must('updateUser', { user: 'ann', disabled: false });
  });

  it('where it was canceled while it was at it', async () => {
    const one = await begun();
    // Koji is told later: by then there is nothing to cancel, but the build itself is to come.
    await scenario.hub.stop();
    const canceled = await scenario.ann.run(['cancel', String(one.first)]);
    expect([canceled.code, canceled.stdout]).toEqual([
      0,
      `Task ${one.first} is canceled as soon as Koji can be told: see "centpkg builds".\n`,
    ]);
    const { items } = await scenario.server.must('listAudit', { limit: 1 });
    expect(items[0]).toMatchObject({ action: 'build.cancel', actor: 'ann', allowed: true });
    scenario.builder.complete(one.first, one.nvr);
    await scenario.hub.start();
    await scenario.until(one.component, ({ state }) => state === 'canceled');
    expect(tasksOf(one)).toBe(1);
  });

  it('where the commit was taken off the branch, nor is it built again', async () => {
    const one = await begun();
    const repository = join(scenario.server.data, 'repositories', `${one.component}.git`);
    const ref = 'refs/heads/scl-python33-el7';
    await scenario.ann.git(repository, 'update-ref', ref, `${one.commit}~1`);
    const is = `Commit ${one.commit.slice(0, 12)} is not on scl-python33-el7 of the server.`;
    expect(await refused(one)).toBe(is);
    const again = await scenario.ann.run(['resubmit', String(one.first)]);
    expect([again.code, again.stderr]).toEqual([6, expect.stringContaining(is)]);
  });

  it('where the collection is closed since then', async () => {
    const one = await begun();
    const what = { collection: 'python33', releases: ['7'] };
    await scenario.server.must('setClosed', { ...what, closed: true }, scenario.people.chair);
    expect(await refused(one)).toBe('Collection python33 is closed on EL 7.');
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
