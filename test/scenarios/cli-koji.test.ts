import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { hubForServer } from '../support/koji-scenario.ts';
import { faultsIn } from '../support/scenario.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = await temporaryFolder();
const koji = await hubForServer(folder.path);
const scenario = cliScenario(koji.settings);
const { state } = koji.hub;
const BUILD = 'sclo7-rh-python34-rh-el7-build';
const LEVELS = ['candidate', 'testing', 'release'].map((level) => `sclo7-rh-python34-rh-${level}`);

/** As an admin of the hub, by hand. */
const byHand = (method: string, ...params: readonly XmlRpcValue[]) =>
  state.as('kojiadmin', method, ...params);
const events = (): number => state.store.lastEvent;
const listed = (tag: string): string[] =>
  (byHand('listPackages', tag) as { package_name: string }[]).map((one) => one.package_name);
const parents = (tag: string) => byHand('getInheritanceData', tag);

interface Status {
  readonly items: readonly {
    readonly release: string;
    readonly state: string;
    readonly error: string | null;
    readonly requests: readonly { readonly commands: readonly string[] }[];
    readonly drift: unknown;
  }[];
}
const statusOf = async (collection: string): Promise<Status> =>
  JSON.parse(await scenario.carol.must(['collection', 'status', collection, '--json']));

beforeAll(async () => {
  byHand('createTag', 'buildsys7', null, 'x86_64');
  byHand('grantPermission', 'sclo', 'build-sclo', true);
  for (const part of ['os', 'updates', 'extras'])
    byHand('createExternalRepo', `centos7-${part}`, `http://example.org/${part}/`);
});
afterAll(async () => {
  await koji[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe('a SIG sets up Koji', () => {
  it('after it has seen what would be done', async () => {
    const before = events();
    const stdout = await scenario.carol.must(['collection', 'plan', 'rh-python34', '--el', '7']);
    for (const line of [
      'rh-python34 on EL 7',
      `tag ${BUILD}`,
      '  + parent buildsys7: priority 5',
      '  + package rh-python34-python: owner sclo',
      'target sclo7-rh-python34-rh-el7',
    ])
      expect(stdout).toContain(line);
    expect(events()).toBe(before);
    const json = await scenario.carol.must(['collection', 'plan', 'rh-python34', '--json']);
    expect(JSON.parse(json)).toMatchObject([{ release: '6' }, { release: '7' }]);
  });

  it('by one command, and a second time nothing is written', async () => {
    const stdout = await scenario.carol.must(['collection', 'apply', 'rh-python34', '--el', '7']);
    expect(stdout).toMatch(/state: +done, asked for by carol\n/);
    expect(byHand('getBuildTarget', 'sclo7-rh-python34-rh-el7')).toMatchObject({
      build_tag_name: BUILD,
      dest_tag_name: LEVELS[0],
    });
    for (const tag of LEVELS) expect(listed(tag)).toEqual(['rh-python34-python']);
    expect(parents(BUILD)).toMatchObject([{ name: 'buildsys7' }, { name: LEVELS[0] }]);
    const before = events();
    await scenario.carol.must(['collection', 'apply', 'rh-python34', '--el', '7']);
    expect(events()).toBe(before);
    const { items } = await scenario.server.must('listAudit', {});
    const applied = items.filter(({ action }) => action === 'collection.apply-koji');
    expect(applied).toHaveLength(2);
    expect(applied[0]).toMatchObject({ actor: 'carol', subject: 'rh-python34' });
    const done = items.filter(({ action }) => action === 'koji.provision');
    expect(done).toMatchObject([{ actor: 'server', detail: { release: '7' } }]);
  });

  it('finds an edge that somebody removed, and mends it', async () => {
    const [candidate = ''] = LEVELS;
    const { id } = byHand('getTag', candidate) as { id: number };
    byHand('setInheritanceData', BUILD, [{ parent_id: id, 'delete link': true }]);
    const found = await scenario.carol.must(['collection', 'drift', 'rh-python34']);
    expect(found).toContain(`  + parent ${candidate}: priority 10`);
    expect(found).toContain('1 compared, 1 not as they should be.');
    expect((await statusOf('rh-python34')).items[1]).toMatchObject({ drift: { steps: 1 } });
    await scenario.carol.must(['collection', 'apply', 'rh-python34', '--el', '7']);
    expect(parents(BUILD)).toMatchObject([
      { name: 'buildsys7' },
      { name: candidate, priority: 10 },
    ]);
    const again = await scenario.carol.must(['collection', 'drift', '--all']);
    expect(again).toBe('1 compared, 0 not as they should be.\n');
  });

  it('and leaves alone what is not its own', async () => {
    byHand('createTag', 'somebody-s');
    const { id } = byHand('getTag', 'somebody-s') as { id: number };
    const link = { maxdepth: null, intransitive: false, noconfig: false, pkg_filter: '' };
    byHand('setInheritanceData', BUILD, [{ parent_id: id, priority: 99, ...link }]);
    const stdout = await scenario.carol.must(['collection', 'drift', 'rh-python34']);
    const thing = `tag ${BUILD} parent somebody-s`;
    expect(stdout).toContain(`name it: --overwrite '${thing}'`);
    await scenario.carol.must(['collection', 'apply', 'rh-python34', '--el', '7']);
    expect(parents(BUILD)).toMatchObject([{}, {}, { name: 'somebody-s' }]);
    await scenario.carol.must([
      'collection',
      'apply',
      'rh-python34',
      '--el',
      '7',
      '--overwrite',
      thing,
    ]);
    expect(parents(BUILD)).toHaveLength(2);
  });

  it('has a new component listed without another word', async () => {
    await scenario.carol.must(['component', 'create', 'python-pip', '--collection', 'rh-python34']);
    for (const tag of LEVELS)
      await expect
        .poll(() => listed(tag), { timeout: 30_000 })
        .toEqual(['rh-python34-python', 'rh-python34-python-pip']);
  });

  it('is told what only an admin of the hub can do, and goes on when it is done', async () => {
    const stdout = await scenario.carol.must(['collection', 'apply', 'rh-python34', '--el', '6']);
    expect(stdout).toContain('waits for somebody');
    expect(stdout).toMatch(/\n {2}koji add-external-repo centos6-os 'https:\S+'\n/);
    const [el6] = (await statusOf('rh-python34')).items;
    const commands = el6?.requests.flatMap((one) => one.commands) ?? [];
    expect(commands).toHaveLength(4);
    for (const command of commands) {
      const [, , name = '', url = ''] = command.replaceAll("'", '').split(' ');
      if (command.startsWith('koji add-external-repo')) byHand('createExternalRepo', name, url);
      else byHand('createTag', command.split(' ').at(-1) ?? '');
    }
    await scenario.carol.must(['collection', 'apply', 'rh-python34', '--el', '6']);
    expect((await statusOf('rh-python34')).items).toMatchObject([
      { release: '6', state: 'done', requests: [] },
      { release: '7', state: 'done' },
    ]);
  });

  it('is told when Koji can not be asked, and it goes on by itself', async () => {
    const before = events();
    await koji.hub.stop();
    const stdout = await scenario.carol.must(['collection', 'apply', 'python33', '--el', '7']);
    expect(stdout).toMatch(/last error: +Koji can not be reached\.\n/);
    await koji.hub.start();
    await expect
      .poll(async () => (await statusOf('python33')).items[1]?.state, { timeout: 60_000 })
      .toBe('done');
    expect(events()).toBeGreaterThan(before);
  });
});

describe('who may not set up Koji', () => {
  it('is told so, and nothing is done', async () => {
    const before = events();
    for (const args of [
      ['collection', 'apply', 'python33'],
      ['collection', 'plan', 'python33'],
      ['collection', 'drift', 'python33'],
    ]) {
      const refused = await scenario.sam.run(args);
      expect([refused.code, refused.stderr]).toEqual([
        4,
        expect.stringContaining('is not a member of SIG sclo'),
      ]);
    }
    const nothing = await scenario.carol.run(['collection', 'drift']);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('--all')]);
    expect(events()).toBe(before);
  });

  it('asks a site admin where the SIG leaves it to them, and what is granted is done', async () => {
    await scenario.carol.must(['sig', 'policy', 'sclo', '--koji', 'admins']);
    await scenario.server.must(
      'createCollection',
      { name: 'ruby193', sig: 'sclo', releases: [{ release: '7' }] },
      scenario.people.chair,
    );
    const refused = await scenario.carol.run(['collection', 'apply', 'ruby193']);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining('centpkg request koji ruby193'),
    ]);
    const asked = await scenario.carol.must(['request', 'koji', 'ruby193', '--json']);
    expect((await statusOf('ruby193')).items).toMatchObject([{ state: 'none' }]);
    const { id } = JSON.parse(asked) as { id: number };
    await scenario.admin.must(['request', 'approve', String(id)]);
    await expect
      .poll(async () => (await statusOf('ruby193')).items[0], { timeout: 30_000 })
      .toMatchObject({ state: 'done', requestedBy: 'carol' });
    expect(byHand('getBuildTarget', 'sclo7-ruby193-rh-el7')).not.toBeNull();
    // What is added later is asked for again.
    await scenario.carol.must(['component', 'create', 'ruby', '--collection', 'ruby193']);
    expect((await statusOf('ruby193')).items).toMatchObject([{ state: 'done' }]);
    const drift = await scenario.carol.must(['collection', 'drift', 'ruby193']);
    expect(drift).toContain('  + package ruby193-ruby: owner sclo');
  });
});

it('had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
