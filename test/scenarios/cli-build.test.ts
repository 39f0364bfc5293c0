import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isStruct } from '../../server/koji/xmlrpc-value.ts';
import { buildScenario, type Package, PREFIX, specFor, TARGET } from '../support/build-scenario.ts';
import { faultsIn } from '../support/scenario.ts';

const scenario = buildScenario();
const ann = (args: string[], { folder }: Package) => scenario.ann.run(args, { cwd: folder });

async function tagOnServer({ component, nvr }: Package): Promise<string> {
  const lines = await scenario.ann.git('/', 'ls-remote', scenario.server.gitUrl(component));
  return lines.split('\n').find((line) => line.endsWith(`\trefs/tags/${nvr}`)) ?? '';
}

describe('centpkg build', () => {
  it('has Koji build the pushed commit, and records what came of it', async () => {
    const one = await scenario.annPackage();
    const running = ann(['build'], one);
    const task = await scenario.taskOf('build', one);
    const [source, target, options] = scenario.builder.request(task);
    const { url } = scenario.server;
    expect(source).toBe(`git+${url}/scls/${one.component}.git#${one.commit}`);
    expect(target).toBe(TARGET);
    expect(isStruct(options) ? Object.keys(options) : options).toEqual(['custom_user_metadata']);
    const { x86_64: arch = 0 } = scenario.builder.take(task);
    scenario.builder.log(arch, 'build.log', 'Building target platforms: x86_64\nWrote: a.rpm');
    scenario.builder.complete(task, one.nvr);
    const done = await running;
    expect([done.code, done.stdout]).toEqual([
      0,
      `${one.nvr} is complete, in ${PREFIX}-candidate.\n`,
    ]);
    expect(done.stderr).toContain(`Koji builds ${one.nvr} as task ${task}.\n`);
    expect(done.stderr).toContain('buildArch (x86_64) | Building target platforms: x86_64\n');
    expect(done.stderr).toContain('buildArch (x86_64) | Wrote: a.rpm\n');
    expect(done.stderr).toMatch(new RegExp(`^${task} build: .*closed$`, 'm'));
    expect(await tagOnServer(one)).toBe(`${one.commit}\trefs/tags/${one.nvr}`);
    expect(await scenario.ann.must(['builds'], { cwd: one.folder })).toContain(
      `${one.nvr}  complete  ${PREFIX}-candidate  ${task}  `,
    );
    const { items } = await scenario.server.must('listAudit', { limit: 2 });
    expect(items.map(({ action, actor }) => [action, actor])).toEqual([
      ['build.finish', 'server'],
      ['build.submit', 'ann'],
    ]);
  });

  it('tells with what Koji says of one that failed, and builds it again', async () => {
    const one = await scenario.annPackage();
    const running = ann(['build', '--background', '--fail-fast', '--skip-tag'], one);
    const task = await scenario.taskOf('build', one);
    const [, , options] = scenario.builder.request(task);
    expect(options).toMatchObject({ fail_fast: true, skip_tag: true });
    expect(scenario.hub.state.store.one('task', { id: task })?.priority).toBe(25);
    scenario.builder.take(task);
    scenario.builder.fail(task, 'error building package (arch x86_64), mock exited with status 1');
    const done = await running;
    expect([done.code, done.stderr]).toEqual([
      6,
      expect.stringContaining(
        `error: ${one.nvr} failed: error building package (arch x86_64), mock exited with status 1\n`,
      ),
    ]);
    const again = await ann(['resubmit', String(task)], one);
    expect(again.stdout).toMatch(/^Koji builds it again as task \d+\./);
    const next = await scenario.taskOf('build', one);
    scenario.builder.take(next);
    scenario.builder.complete(next, one.nvr);
    const built = await scenario.until(one.component, ({ state }) => state === 'complete');
    expect([built.task, built.tags]).toEqual([next, []]);
  });

  it('does not wait with --nowait, and is canceled by its task', async () => {
    const one = await scenario.annPackage();
    const started = await ann(['build', '--nowait'], one);
    const task = await scenario.taskOf('build', one);
    expect(started.stdout).toContain(`Follow it: centpkg watch ${task}\n`);
    expect((await scenario.sam.run(['cancel', String(task)])).code).toBe(4);
    expect((await ann(['cancel', String(task)], one)).stdout).toBe(`Koji cancels task ${task}.\n`);
    const watched = await ann(['watch', String(task)], one);
    expect([watched.code, watched.stderr]).toEqual([
      6,
      expect.stringContaining(`${one.nvr} canceled: It was canceled.`),
    ]);
    const twice = await ann(['cancel', String(task)], one);
    expect([twice.code, twice.stderr]).toEqual([5, expect.stringContaining('has ended already')]);
  });

  it('goes on where Koji does not let it be canceled, and says so', async () => {
    const one = await scenario.annPackage();
    await ann(['build', '--nowait'], one);
    const task = await scenario.taskOf('build', one);
    const { store } = scenario.hub.state;
    const { id = null } = store.one('users', { name: 'sclo' }) ?? {};
    const row = store.one('task', { id: task }) ?? {};
    const { owner = null } = row;
    store.update(row, { owner: id });
    const canceled = await ann(['cancel', String(task)], one);
    const words = 'Koji: Cannot cancel task, not owner';
    expect([canceled.code, canceled.stderr]).toEqual([4, expect.stringContaining(words)]);
    const { items } = await scenario.server.must('listBuilds', { component: one.component });
    expect(items[0]).toMatchObject({ state: 'building', problem: `It was not canceled: ${words}` });
    const { items: audit } = await scenario.server.must('listAudit', { limit: 2 });
    expect(audit.map(({ action, actor, allowed }) => [action, actor, allowed])).toEqual([
      ['build.cancel', 'server', false],
      ['build.cancel', 'ann', true],
    ]);
    // Koji tags a build in the name of the task's owner.
    store.update(row, { owner });
    scenario.builder.take(task);
    scenario.builder.complete(task, one.nvr);
    const built = await scenario.until(one.component, ({ state }) => state === 'complete');
    expect(built.problem).toBeNull();
  });

  it('lets the first architecture go before with --first-arch', async () => {
    const one = await scenario.annPackage();
    const running = ann(['build', '--first-arch'], one);
    const first = await scenario.taskOf('build', one);
    expect(scenario.builder.request(first)[2]).toMatchObject({
      scratch: true,
      arch_override: 'x86_64',
    });
    scenario.builder.take(first);
    scenario.builder.complete(first, one.nvr);
    const task = await scenario.taskOf('build', one);
    const [, , options] = scenario.builder.request(task);
    expect(isStruct(options) ? Object.keys(options) : options).toEqual(['custom_user_metadata']);
    scenario.builder.take(task, ['x86_64', 'ppc64le']);
    scenario.builder.complete(task, one.nvr);
    const done = await running;
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('is complete, in')]);
  });

  it('stops at the first architecture where that one fails', async () => {
    const one = await scenario.annPackage();
    const running = ann(['build', '--first-arch'], one);
    const first = await scenario.taskOf('build', one);
    scenario.builder.take(first);
    scenario.builder.fail(first, 'mock exited with status 1');
    const done = await running;
    expect(done.stderr).toContain('On the first architecture, x86_64: mock exited with status 1');
    const asked = scenario.hub.state.store
      .rows('task', { method: 'build' })
      .filter(({ request }) => JSON.stringify(request).includes(one.commit));
    expect(asked).toHaveLength(1);
  });
});

describe('centpkg watch', () => {
  it('goes on when Koji was away, and ends at Ctrl-C while the build goes on', async () => {
    const one = await scenario.annPackage();
    await ann(['build', '--nowait'], one);
    const task = await scenario.taskOf('build', one);
    scenario.hub.fail(/getTaskDescendents/, 'offline', 'offline', 'offline', 'offline');
    const child = scenario.ann.start(['watch', String(task)], one.folder);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 120_000 }).toContain(`${task} build: free\n`);
    expect(said).toContain('Still trying: Koji: database outage\n');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said]).toEqual([130, expect.stringContaining('The build goes on without you.')]);
    await ann(['cancel', String(task)], one);
  });
});

describe('centpkg scratch-build', () => {
  it('builds on some architectures, into no tag, and gives the commit no name', async () => {
    const one = await scenario.annPackage();
    const running = ann(['scratch-build', '--arches', 'x86_64', 'ppc64le'], one);
    const task = await scenario.taskOf('build', one);
    expect(scenario.builder.request(task)[2]).toMatchObject({
      scratch: true,
      arch_override: 'x86_64 ppc64le',
    });
    scenario.builder.take(task, ['x86_64', 'ppc64le']);
    scenario.builder.complete(task, one.nvr);
    const done = await running;
    expect([done.code, done.stdout]).toEqual([
      0,
      `The scratch build of ${one.component} is complete.\n`,
    ]);
    expect(await tagOnServer(one)).toBe('');
  });
});

describe('centpkg chain-build', () => {
  it('builds components one after the other, and records each', async () => {
    const [one, two] = [await scenario.annPackage(), await scenario.annPackage()];
    const running = ann(['chain-build', one.component], two);
    const task = await scenario.taskOf('chainbuild');
    const source = ({ component, commit }: Package) =>
      `git+${scenario.server.gitUrl(component)}#${commit}`;
    expect(scenario.builder.request(task).slice(0, 2)).toEqual([
      [[source(one)], [source(two)]],
      TARGET,
    ]);
    const [first = 0, second = 0] = scenario.builder.takeChain(task);
    scenario.builder.take(first);
    scenario.builder.complete(first, one.nvr);
    await scenario.until(one.component, ({ state }) => state === 'complete');
    expect(await tagOnServer(one)).toBe(`${one.commit}\trefs/tags/${one.nvr}`);
    scenario.builder.take(second);
    scenario.builder.complete(second, two.nvr);
    scenario.builder.close(task);
    const done = await running;
    expect([done.code, done.stdout]).toEqual([
      0,
      `${one.nvr} is complete, in ${PREFIX}-candidate.\n${two.nvr} is complete, in ${PREFIX}-candidate.\n`,
    ]);
  });
});

describe('a chain that the server asked for at another address', () => {
  it('is followed all the same', async () => {
    const [one, two] = [await scenario.annPackage(), await scenario.annPackage()];
    await ann(['chain-build', '--nowait', one.component], two);
    const task = await scenario.taskOf('chainbuild');
    const before = (of: Package) => `git+https://old.example.org/${of.component}.git#${of.commit}`;
    const { store } = scenario.hub.state;
    const row = store.one('task', { id: task }) ?? {};
    const [, ...others] = scenario.builder.request(task);
    store.update(row, { request: [[[before(one)], [before(two)]], ...others] });
    const [first = 0, second = 0] = scenario.builder.takeChain(task);
    for (const [child, { nvr }] of [[first, one] as const, [second, two] as const]) {
      scenario.builder.take(child);
      scenario.builder.complete(child, nvr);
    }
    scenario.builder.close(task);
    for (const { component, nvr } of [one, two]) {
      const found = await scenario.until(component, ({ finishedAt }) => finishedAt !== null);
      expect(found).toMatchObject({ state: 'complete', nvr });
    }
  });
});

describe('where a build came from', () => {
  it('is told, and checked out', async () => {
    const one = await scenario.annPackage();
    await ann(['build', '--nowait'], one);
    const task = await scenario.taskOf('build', one);
    scenario.builder.take(task);
    scenario.builder.complete(task, one.nvr);
    await scenario.until(one.component, ({ state }) => state === 'complete');
    await writeFile(join(one.folder, `${one.component}.spec`), specFor(one.component, '2'));
    await scenario.ann.must(['commit', '-m', 'Next'], { cwd: one.folder });
    await scenario.ann.must(['push'], { cwd: one.folder });
    const url = scenario.server.gitUrl(one.component);
    expect((await ann(['source', one.nvr], one)).stdout).toBe(
      `build:      ${one.nvr}\nrepository: ${url}\nbranch:     scl-python33-el7\ncommit:     ${one.commit}\n`,
    );
    expect((await ann(['gitbuildhash', one.nvr], one)).stdout).toBe(`${one.commit}\n`);
    expect((await ann(['source', '--checkout', one.nvr], one)).code).toBe(0);
    const head = await scenario.ann.git(one.folder, 'rev-parse', 'HEAD');
    expect(head.trim()).toBe(one.commit);
    const unknown = await ann(['source', 'python33-nothing-1-1'], one);
    expect([unknown.code, unknown.stderr]).toEqual([
      3,
      expect.stringContaining('was not built from this server'),
    ]);
    const moved = await scenario.ann.does(
      'git',
      ['push', '--force', 'origin', `HEAD~1:refs/tags/${one.nvr}`],
      { cwd: one.folder },
    );
    expect([moved.code, moved.stderr]).toEqual([1, expect.stringContaining('tags never move')]);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
