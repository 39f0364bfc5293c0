import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { talkOfBuilds } from '../support/koji-hub/build-talk.ts';
import { hubCertificates } from '../support/koji-hub/certificates.ts';
import { Builder } from '../support/koji-hub/play.ts';
import { RealBuilder } from '../support/koji-hub/real-builder.ts';
import {
  builderHub,
  type HubAccounts,
  realHub,
  serverSettings,
} from '../support/koji-hub/real-hub.ts';
import { prepareForSclo, standIn } from '../support/koji-hub/site.ts';
import { git } from '../support/process.ts';
import { foundSclo, type Sclo, workingCopy } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

type Build = ApiOutput<'listBuilds'>['items'][number];
type Task = Pick<Build, 'task' | 'nvr'>;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let real: HubAccounts;
let host: ReturnType<typeof builderHub>;
let builder: RealBuilder;
beforeAll(async () => {
  folder = await temporaryFolder();
  real = realHub();
  host = builderHub();
  builder = await RealBuilder.at(host, join(folder.path, 'packages'));
}, 300_000);
afterAll(async () => {
  await Promise.all([real.admin, real.server, host].map((hub) => hub.close()));
  await folder[Symbol.asyncDispose]();
});

/** Left out by `vitest.config.ts` where the environment names no real hub. */
describe('the hub to test against, beside a real one', () => {
  it('answers all about builds as that does', { timeout: 600_000 }, async () => {
    await using ours = await standIn(await hubCertificates(folder.path, ['kojiadmin', 'distgit']));
    const name = `t${randomBytes(6).toString('hex')}`;
    const played = new Builder(ours.hub.state);
    const is = await talkOfBuilds({ hub: ours.server, builder: played }, name);
    const was = await talkOfBuilds({ hub: real.server, builder }, name);
    expect(is).toEqual(was);
  });
});

describe('this server at a real hub', () => {
  const collection = `t${randomBytes(6).toString('hex')}`;
  const branch = `scl-${collection}-el7`;
  const level = (name: string): string => `sclo7-${collection}-rh-${name}`;
  const [one, two] = [`a-${collection}`, `b-${collection}`];
  let server: TestServer;
  let people: Sclo;

  beforeAll(async () => {
    await prepareForSclo(real.admin);
    server = new TestServer(join(folder.path, 'data'), {
      ...serverSettings(),
      DISTGIT_KOJI_POLL: '1',
    });
    await server.start();
    people = await foundSclo(server);
    const { chair } = people;
    const releases = [{ release: '7' }];
    await server.must('createCollection', { name: collection, sig: 'sclo', releases }, chair);
    for (const name of [one, two])
      await server.must('createComponent', { name, collections: [collection] }, chair);
    for (const component of [one, two]) await pushed(component, '1');
  }, 300_000);
  afterAll(() => server.stop());

  /** Another release in the component's spec, on the server. @returns the NVR */
  async function pushed(component: string, release: string): Promise<string> {
    const clone = join(folder.path, `${component}-${release}`);
    await workingCopy(server, clone, people.committer, { component, branch });
    await writeFile(
      join(clone, `${component}.spec`),
      `%{?scl:%scl_package ${component}}\nName: %{?scl_prefix}${component}\nVersion: 1\nRelease: ${release}\nSummary: s\nLicense: MIT\n%description\nd\n`,
    );
    await git(clone, 'commit', '--quiet', '--all', '--allow-empty', '--message', release);
    await git(clone, 'push', '--quiet', 'origin', `HEAD:${branch}`);
    return `${collection}-${component}-1-${release}`;
  }
  const start = async (component: string, options: { scratch?: boolean } = {}): Promise<Task> =>
    server.must('startBuild', { component, branch, ...options }, people.committer);
  const taskOf = ({ task }: Task): number => task ?? expect.unreachable();
  async function until(component: string, fits: (build: Build) => boolean): Promise<Build> {
    let newest: Build | undefined;
    for (let tries = 0; tries < 600; tries++) {
      const { items } = await server.must('listBuilds', { component });
      [newest] = items;
      if (newest !== undefined && fits(newest)) return newest;
      await pause(200);
    }
    throw new Error(`No build of ${component} is as wanted: ${JSON.stringify(newest)}`);
  }

  it('sets the collection up there, once', { timeout: 300_000 }, async () => {
    await server.must('applyKoji', { collection }, people.chair);
    await expect
      .poll(
        async () => {
          const { items } = await server.must('showKoji', { collection });
          return items.map(({ state }) => state);
        },
        { timeout: 240_000, interval: 500 },
      )
      .toEqual(['done']);
    const { items } = await server.must('planKoji', { collection }, people.chair);
    expect(items.map(({ plan }) => [plan.steps, plan.findings])).toEqual([[[], []]]);
  });

  it('has a commit built, follows it, and shows its log', { timeout: 300_000 }, async () => {
    const build = await start(one);
    const task = taskOf(build);
    const { srpm = 0 } = await builder.take(task, ['x86_64']);
    await builder.log(srpm, 'root.log', 'in the buildroot\n');
    const { tasks } = await server.must('showTask', { task: String(task) });
    expect(tasks.map(({ label, state }) => [label, state])).toEqual([
      ['', 'open'],
      ['srpm', 'open'],
      ['x86_64', 'open'],
    ]);
    expect(tasks[1]?.logs).toEqual([{ file: 'root.log', size: 17 }]);
    const log = { task: String(task), of: String(srpm), file: 'root.log', offset: '7' };
    const { content, next } = await server.must('readTaskLog', log);
    expect([Buffer.from(content, 'base64').toString(), next]).toEqual(['buildroot\n', 17]);
    const nvr = build.nvr ?? expect.unreachable();
    await builder.complete(task, nvr);
    const done = await until(one, ({ finishedAt }) => finishedAt !== null);
    expect(done).toMatchObject({ state: 'complete', nvr, tags: [level('candidate')] });
    // Before Koji is asked, which would find out in the task only.
    const { status, body } = await server.call(
      'startBuild',
      { component: one, branch },
      people.committer,
    );
    expect([status, JSON.stringify(body)]).toEqual([409, expect.stringContaining('built already')]);
  });

  it('promotes the build, and takes it back', { timeout: 300_000 }, async () => {
    const { nvr } = await until(one, ({ state }) => state === 'complete');
    const name = nvr ?? expect.unreachable();
    for (const [to, who] of [
      ['testing', people.committer],
      ['release', people.chair],
    ] as const) {
      const { task } = await server.must('promoteBuild', { nvr: name, to }, who);
      await builder.finishTagging(task);
      await until(one, ({ tags }) => tags.includes(level(to)));
    }
    await server.must('demoteBuild', { nvr: name, from: 'release' }, people.chair);
    const { tags } = await until(one, () => true);
    expect(tags).toEqual([level('candidate'), level('testing')]);
  });

  it('tells of a tagging that Koji refuses in the task', { timeout: 300_000 }, async () => {
    const { nvr } = await until(one, ({ state }) => state === 'complete');
    const { task } = await server.must(
      'promoteBuild',
      { nvr: nvr ?? '', to: 'release' },
      people.chair,
    );
    await builder.fail(task, 'policy violation (tag)');
    const { problem } = await until(one, (build) => build.problem !== null);
    expect(problem).toBe(`It did not come into ${level('release')}: policy violation (tag)`);
  });

  it('cancels a build, has it built again, and says why one failed', {
    timeout: 300_000,
  }, async () => {
    const nvr = await pushed(one, '2');
    const task = taskOf(await start(one));
    await builder.take(task);
    await builder.begin(task, nvr);
    await server.must('cancelTask', { task: String(task) }, people.committer);
    await until(one, ({ state }) => state === 'canceled');
    // Koji has the canceled build by its name, and takes another in its place.
    const [again] = (await server.must('resubmitTask', { task: String(task) }, people.committer))
      .items;
    const second = taskOf(again ?? expect.unreachable());
    await builder.take(second);
    await builder.begin(second, nvr);
    await builder.fail(second, 'error building package (arch x86_64), mock exited with status 1');
    const failed = await until(one, ({ state }) => state === 'failed');
    expect(failed.problem).toBe('error building package (arch x86_64), mock exited with status 1');
    const third = taskOf(await start(one));
    await builder.take(third);
    await builder.complete(third, nvr);
    await until(one, ({ state, nvr: built }) => state === 'complete' && built === nvr);
  });

  it('asks for no build that its account may not put into the tag', {
    timeout: 300_000,
  }, async () => {
    await pushed(two, '2');
    const mayTag = ['distgit', 'build-sclo'] as const;
    await real.admin.write('revokePermission', ...mayTag);
    const wanted = { component: two, branch };
    const { status, body } = await server.call('startBuild', wanted, people.committer);
    await real.admin.write('grantPermission', ...mayTag);
    expect([status, JSON.stringify(body)]).toEqual([
      422,
      expect.stringContaining('koji grant-permission build-sclo distgit'),
    ]);
  });

  it('has a scratch build made, which Koji keeps no build of', { timeout: 300_000 }, async () => {
    const task = taskOf(await start(two, { scratch: true }));
    await builder.take(task);
    await builder.complete(task, `${collection}-${two}-1-2`);
    const { state, tags } = await until(two, ({ finishedAt }) => finishedAt !== null);
    expect([state, tags]).toEqual(['complete', []]);
    expect(await real.server.read('getBuild', `${collection}-${two}-1-2`)).toBeNull();
  });

  it('follows a chain, each build by its own task', { timeout: 300_000 }, async () => {
    const nvrs = [await pushed(two, '3'), await pushed(one, '3')];
    const { task } = await server.must(
      'startChain',
      { branch, levels: [[two], [one]] },
      people.committer,
    );
    const tasks = await builder.takeChain(task);
    for (const [at, id] of tasks.entries()) {
      await builder.take(id);
      if (at === 0) await builder.complete(id, nvrs[0] ?? '');
      else await builder.fail(id, 'no such package');
    }
    await builder.fail(task, 'no such package');
    const [first, last] = [
      await until(two, ({ finishedAt, kind }) => kind === 'chain' && finishedAt !== null),
      await until(one, ({ finishedAt, kind }) => kind === 'chain' && finishedAt !== null),
    ];
    expect([first.state, first.nvr, last.state, last.problem]).toEqual([
      'complete',
      nvrs[0],
      'failed',
      'no such package',
    ]);
  });

  it('untags what a task has built by the right to build another package', {
    timeout: 300_000,
  }, async () => {
    await pushed(two, '4');
    const task = taskOf(await start(two));
    await builder.take(task);
    const other = `${collection}-${one}-1-4`;
    await builder.complete(task, other);
    const { problem } = await until(
      two,
      ({ state, finishedAt }) => state === 'failed' && finishedAt !== null,
    );
    expect(problem).toContain('it was untagged');
    expect(await real.server.read('listTags', other, keywords({}))).toEqual([]);
  });
});
