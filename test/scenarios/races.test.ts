import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, leftovers, storedFiles } from '../support/data-folder.ts';
import { git, run } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, workingCopy } from '../support/sclo.ts';
import { FORM_TYPE, formBody } from '../support/upload-form.ts';

const scenario = scloScenario();
const TEN = [...Array(10).keys()];
const BRANCH = 'scl-python33-el7';

/** How often each status came. */
function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function fsck(component: string): Promise<void> {
  const repository = join(scenario.server.data, `repositories/${component}.git`);
  const { code, stdout } = await run('git', ['-C', repository, 'fsck', '--full', '--strict']);
  expect(stdout.replace(/^dangling .*\n/gm, '')).toBe('');
  expect(code).toBe(0);
}

const branchesOf = async (component: string): Promise<string[]> => {
  const refs = await git('/', 'ls-remote', '--heads', scenario.server.gitUrl(component));
  return refs.match(/scl-\S+/g) ?? [];
};

describe('two pushes to one branch at once', () => {
  it('have one winner, and the other is told to fetch', { timeout: 120_000 }, async () => {
    const { server, people } = scenario;
    const copies = await Promise.all(
      [0, 1].map(() => workingCopy(server, scenario.path(), people.committer)),
    );
    for (let round = 0; round < 8; round++) {
      for (const [n, copy] of copies.entries()) {
        await git(copy, 'fetch', '--quiet', 'origin');
        await git(copy, 'reset', '--quiet', '--hard', `origin/${BRANCH}`);
        await commitFiles(copy, {
          'python.spec': `Name: python\n# ${round} ${n}\n`,
          [`round-${round}-${n}.patch`]: `${n}\n`,
        });
      }
      const outcomes = await Promise.all(copies.map((copy) => push(copy, ['HEAD'])));
      expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
      expect(outcomes.filter(({ code }) => code === 1)).toHaveLength(1);
      const winner = outcomes.findIndex(({ code }) => code === 0);
      const loser = outcomes[1 - winner];
      expect(loser?.stderr).toMatch(/fetch/i);
      const tip = (await git('/', 'ls-remote', server.gitUrl('python'), BRANCH)).slice(0, 40);
      expect(tip).toBe((await git(copies[winner] ?? '', 'rev-parse', 'HEAD')).trim());
    }
    await fsck('python');
    const { items } = await server.must('listPushes', { component: 'python', limit: 1000 });
    expect(items.filter(({ state }) => state === 'applied')).toHaveLength(8);
  });

  it('to two branches both win', async () => {
    const { server, people } = scenario;
    const outcomes = await Promise.all(
      ['scl-python33-el6', 'scl-rh-python34-el6', 'scl-rh-python34-el7'].map(async (branch) => {
        const copy = await workingCopy(server, scenario.path(), people.committer, { branch });
        return push(copy, ['HEAD']);
      }),
    );
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    await fsck('python');
  });
});

describe('uploads of one file at once', () => {
  it('all succeed, and it is stored and recorded once', async () => {
    const { server, people } = scenario;
    const content = Buffer.alloc(1_000_000, 'race');
    const statuses = await Promise.all(
      TEN.map(() => put(server, people.committer, 'python', 'race.tar', content)),
    );
    expect(tally(statuses)).toEqual({ 200: 9, 201: 1 });
    const { items } = await server.must('listSources', { component: 'python' });
    expect(items.filter(({ file }) => file === 'race.tar')).toHaveLength(1);
    const files = await storedFiles(server.data);
    expect(files.filter((path) => path.includes('/race.tar/'))).toHaveLength(1);
    expect(await leftovers(server.data)).toEqual([]);
  });

  it('by PUT and by form, and one of them with wrong content, which is refused', async () => {
    const { server, people } = scenario;
    const content = 'right';
    const hash = sha512(content);
    const form = async (): Promise<number> => {
      const answer = await fetch(`${server.url}/repo/pkgs/upload.cgi`, {
        method: 'POST',
        headers: { 'Content-Type': FORM_TYPE, Authorization: `Bearer ${people.committer}` },
        body: new Uint8Array(
          formBody([
            ['name', 'python'],
            ['sha512sum', hash],
            ['file', { name: 'mixed.tar', content }],
          ]),
        ),
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    const upload = (body: string): Promise<number> =>
      put(server, people.committer, 'python', 'mixed.tar', body, hash);
    const [wrong, ...right] = await Promise.all([
      upload('wrong'),
      form(),
      upload(content),
      form(),
      upload(content),
    ]);
    expect(wrong).toBe(400);
    expect(right.every((status) => status === 200 || status === 201)).toBe(true);
    const url = `${server.url}/lookaside/python/mixed.tar/sha512/${hash}`;
    expect(await (await fetch(url)).text()).toBe(content);
  });
});

describe('one name created ten times at once', () => {
  it('gives one component with a whole repository, and nine conflicts', async () => {
    const { server } = scenario;
    const answers = await Promise.all(
      TEN.map(() => server.call('createComponent', { name: 'ruby', collections: ['python33'] })),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 1, 409: 9 });
    expect(answers.find(({ status }) => status === 201)?.body.state).toBe('active');
    expect(await branchesOf('ruby')).toEqual(['scl-python33-el6', 'scl-python33-el7']);
    await fsck('ruby');
  });

  it('counts names that differ in case only as one', async () => {
    const { server } = scenario;
    const names = ['Perl', 'perl', 'PERL', 'pErl'];
    const answers = await Promise.all(
      names.map((name) => server.call('createComponent', { name, collections: ['python33'] })),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 1, 409: 3 });
  });

  it('gives one collection, one SIG, one user, and nine conflicts each', async () => {
    const { server } = scenario;
    const releases = [{ release: '7' }];
    for (const create of [
      () => server.call('createCollection', { name: 'nodejs10', sig: 'sclo', releases }),
      () => server.call('createSig', { name: 'webstack' }),
      () => server.call('createUser', { name: 'bob' }),
    ]) {
      const statuses = (await Promise.all(TEN.map(() => create()))).map(({ status }) => status);
      expect(tally(statuses)).toEqual({ 201: 1, 409: 9 });
    }
  });

  it('adds a component to a collection once', async () => {
    const { server } = scenario;
    const input = { component: 'python', collections: ['nodejs10'] };
    const answers = await Promise.all(TEN.map(() => server.call('addToCollections', input)));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 1, 409: 9 });
    expect(await branchesOf('python')).toContain('scl-nodejs10-el7');
  });
});

describe('a release added while components are created', () => {
  it('gives every component every branch', async () => {
    const { server } = scenario;
    const collection = 'devtoolset-3';
    await server.must('createCollection', {
      name: collection,
      sig: 'sclo',
      releases: [{ release: '6' }],
    });
    const names = TEN.map((n) => `gcc-${n}`);
    const create = names.map((name) =>
      server.must('createComponent', { name, collections: [collection] }),
    );
    const add = ['7', '8'].map((release) => server.must('addRelease', { collection, release }));
    await Promise.all([...create, ...add]);
    const wanted = ['6', '7', '8'].map((release) => `scl-${collection}-el${release}`);
    for (const name of names) {
      const whole = async (): Promise<boolean> => (await branchesOf(name)).join() === wanted.join();
      expect(await eventually(whole, 10)).toBe(true);
    }
  });
});

describe('afterwards', () => {
  it('no job is parked, and the server has nothing to complain of', async () => {
    const { items } = await scenario.server.must('listJobs', {});
    expect(items.filter(({ lastError }) => lastError !== null)).toEqual([]);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
