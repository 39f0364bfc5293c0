import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { hubForServer } from '../support/koji-scenario.ts';
import { git } from '../support/process.ts';
import { expectRefusal, push } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { workingCopy } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = await temporaryFolder();
const koji = await hubForServer(folder.path);
const scenario = cliScenario(koji.settings);
const LEVELS = ['candidate', 'testing', 'release'].map((level) => `sclo7-python33-rh-${level}`);
const TAGS = [...LEVELS, 'sclo7-python33-rh-el7-build'];
const BRANCH = 'scl-python33-el7';
const EL7 = `HEAD:refs/heads/${BRANCH}`;

/** As an admin of the hub, by hand. */
const byHand = (method: string, ...params: readonly XmlRpcValue[]) =>
  koji.hub.state.as('kojiadmin', method, ...params);
const locked = () => TAGS.map((tag) => (byHand('getTag', tag) as { locked: boolean }).locked);
/** The packages of each level's tag, those that are blocked with a mark. */
const listed = () =>
  LEVELS.map((tag) =>
    (byHand('listPackages', tag) as { package_name: string; blocked: boolean }[])
      .map((one) => `${one.package_name}${one.blocked ? '!' : ''}`)
      .sort()
      .join(' '),
  );

/** Koji has followed, and there is nothing left that is not as it should be. */
async function followed(): Promise<void> {
  const state = async () => {
    const json = await scenario.carol.must(['collection', 'status', 'python33', '--json']);
    return (JSON.parse(json) as { items: { state: string }[] }).items[1]?.state;
  };
  await expect.poll(state, { timeout: 60_000, interval: 500 }).toBe('done');
  expect(await scenario.carol.must(['collection', 'drift', 'python33'])).toBe(
    '1 compared, 0 not as they should be.\n',
  );
}

/** Ann asks for a build of the branch. */
const build = (scratch: boolean) => {
  const input = { component: 'python', branch: BRANCH, scratch };
  return scenario.server.call('startBuild', input, scenario.people.committer);
};
/** @returns what is wrong with that */
async function problemOfBuild(scratch = false): Promise<string> {
  const answer = await build(scratch);
  expect(answer).toMatchObject({ status: 422, body: { detail: expect.any(String) } });
  return JSON.stringify(answer.body);
}

let copy: string;
const commit = ['commit', '--quiet', '--allow-empty', '--message', 'More'] as const;

beforeAll(async () => {
  byHand('createTag', 'buildsys7', null, 'x86_64');
  byHand('grantPermission', 'sclo', 'build-sclo', true);
  for (const part of ['os', 'updates', 'extras'])
    byHand('createExternalRepo', `centos7-${part}`, `http://example.org/${part}/`);
  await scenario.carol.must(['component', 'create', 'ruby', '--collection', 'python33']);
  const applied = await scenario.carol.must(['collection', 'apply', 'python33', '--el', '7']);
  expect(applied).toMatch(/state: +done/);
  copy = await workingCopy(scenario.server, scenario.path('copy'), scenario.people.committer);
  expect(await push(copy, [EL7])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await koji[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe('a collection at its end of life', () => {
  it('is closed by its SIG alone', async () => {
    for (const args of [
      ['collection', 'close', 'python33'],
      ['component', 'retire', 'python', '--collection', 'python33'],
    ]) {
      const { code, stderr } = await scenario.sam.run(args);
      expect([code, stderr]).toEqual([4, expect.stringContaining('is not a member of SIG sclo')]);
    }
    const missing = await scenario.carol.run(['component', 'retire', 'python']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('--collection')]);
    expect(locked()).toEqual([false, false, false, false]);
  });

  it('has its tags locked, and takes no push and no build; others go on', async () => {
    expect(await scenario.carol.must(['collection', 'close', 'python33', '--el', '7'])).toBe(
      'python33 is closed on EL 7.\n',
    );
    await followed();
    expect(locked()).toEqual([true, true, true, true]);
    expect(await scenario.ann.must(['collection', 'show', 'python33'])).toMatch(
      /\nel6 +-\nel7 \(closed\) +-\n/,
    );
    expect(await scenario.ann.must(['component', 'show', 'ruby'])).toMatch(
      /\nscl-python33-el7 +sclo +python33-ruby \(closed\)/,
    );
    await git(copy, ...commit);
    await expectRefusal(
      copy,
      [EL7],
      [
        'Push to python refused: 1 error. Nothing was changed.',
        `error: ${BRANCH}: collection python33 is closed on EL 7 (branch-open)`,
        '  to do: a member of its SIG opens it again: centpkg collection reopen python33 --el 7',
      ],
    );
    // The same check, in the clone.
    const clone = scenario.path('clone');
    await scenario.ann.must(['clone', '-b', BRANCH, 'python', clone]);
    await scenario.ann.git(clone, ...commit);
    const before = await scenario.ann.run(['pre-push-check'], { cwd: clone });
    expect([before.code, before.stderr]).toEqual([
      6,
      expect.stringContaining('collection python33 is closed on EL 7'),
    ]);
    expect(await push(copy, ['HEAD:refs/heads/scl-python33-el6'])).toMatchObject({ code: 0 });
    for (const scratch of [false, true])
      expect(await problemOfBuild(scratch)).toContain('Collection python33 is closed on EL 7.');
  });

  it('is as it was when it is opened again', async () => {
    expect(await scenario.carol.must(['collection', 'reopen', 'python33'])).toBe(
      'python33 is open on EL 6, EL 7.\n',
    );
    await followed();
    expect(locked()).toEqual([false, false, false, false]);
    expect(await push(copy, [EL7])).toMatchObject({ code: 0 });
    const shown = await scenario.ann.must(['collection', 'show', 'python33']);
    expect(shown).not.toContain('closed');
  });
});

describe('a component that is retired in a collection', () => {
  const of = ['python', '--collection', 'python33'];

  it('is blocked in Koji and built no more there', async () => {
    expect(listed()).toEqual(LEVELS.map(() => 'python33-python python33-ruby'));
    expect(await scenario.carol.must(['component', 'retire', ...of])).toBe(
      'python is retired in python33.\n',
    );
    await followed();
    expect(listed()).toEqual(LEVELS.map(() => 'python33-python! python33-ruby'));
    const shown = await scenario.ann.must(['component', 'show', 'python']);
    expect(shown).toMatch(/\nscl-python33-el7 +sclo +python33-python \(retired\)/);
    expect(shown).toMatch(/\nscl-rh-python34-el7 +sclo +rh-python34-python(?! \()/);
    expect(await problemOfBuild()).toContain('python is retired in collection python33.');
    expect((await build(true)).status).toBe(201);
    // Its branches stay open: what retires it in git is a push, too.
    await git(copy, ...commit);
    expect(await push(copy, [EL7])).toMatchObject({ code: 0 });
  });

  it('is unblocked when that is taken back', async () => {
    expect(await scenario.carol.must(['component', 'unretire', ...of])).toBe(
      'python is not retired in python33.\n',
    );
    await followed();
    expect(listed()).toEqual(LEVELS.map(() => 'python33-python python33-ruby'));
  });

  it('is one of the collection', async () => {
    const { code, stderr } = await scenario.carol.run([
      'component',
      'retire',
      'ruby',
      '--collection',
      'rh-python34',
    ]);
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('ruby is not a component of collection rh-python34.'),
    ]);
  });
});

it('had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
