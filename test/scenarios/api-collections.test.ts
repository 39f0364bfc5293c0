import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();
const status = async (answer: Promise<{ status: number }>): Promise<number> =>
  (await answer).status;
const branchesOf = async (component: string): Promise<string[]> => {
  const refs = await git('/', 'ls-remote', '--heads', scenario.server.gitUrl(component));
  return refs.match(/scl-\S+/g) ?? [];
};

describe('collections', () => {
  it('take their names by the rules, or state their own', async () => {
    const { server, people } = scenario;
    const input = { name: 'rh-ruby25', sig: 'sclo', releases: [{ release: '7' }] };
    expect(await server.must('createCollection', input, people.chair)).toMatchObject({
      sclName: 'rh-ruby25',
      vendor: 'rh',
      metaComponent: 'ruby-meta',
      releases: [{ release: '7', depends: [] }],
    });
    const own = {
      ...input,
      name: 'python34',
      sclName: 'rh-python34',
      vendor: 'sclo',
      metaComponent: 'snake-meta',
    } as const;
    const made = await server.must('createCollection', own, people.chair);
    expect(made).toMatchObject({
      sclName: 'rh-python34',
      vendor: 'sclo',
      metaComponent: 'snake-meta',
    });
    expect(await server.must('showCollection', { collection: 'python34' }, null)).toEqual({
      ...made,
      components: [],
    });
  });

  it('depend on others in a stated order, release by release', async () => {
    const { server, people } = scenario;
    const depends = [
      { collection: 'rh-python34', level: 'release' as const },
      { collection: 'python33', level: 'candidate' as const },
    ];
    const made = await server.must(
      'createCollection',
      { name: 'django', sig: 'sclo', releases: [{ release: '7', depends }, { release: '10s' }] },
      people.chair,
    );
    expect(made.releases).toEqual([
      { release: '7', closed: false, depends },
      { release: '10s', closed: false, depends: [] },
    ]);
    const turned = depends.toReversed();
    const changed = await server.must(
      'setDepends',
      { collection: 'django', release: '7', depends: turned },
      people.chair,
    );
    expect(changed.releases[0]?.depends).toEqual(turned);
    const none = await server.must('setDepends', { collection: 'django', release: '7' });
    expect(none.releases[0]?.depends).toEqual([]);
  });

  it('may depend on each other, but not on themselves, twice, or on nothing', async () => {
    const { server } = scenario;
    const depend = (collection: string, ...on: string[]) =>
      server.call('setDepends', {
        collection,
        release: '7',
        depends: on.map((name) => ({ collection: name })),
      });
    expect(await status(depend('python33', 'rh-python34'))).toBe(200);
    expect(await status(depend('rh-python34', 'python33'))).toBe(200);
    expect(await status(depend('python33', 'python33'))).toBe(400);
    expect(await status(depend('python33', 'django', 'django'))).toBe(400);
    expect(await status(depend('python33', 'nothing'))).toBe(404);
    const { releases } = await server.must('showCollection', { collection: 'python33' });
    expect(releases.find(({ release }) => release === '7')?.depends).toEqual([
      { collection: 'rh-python34', level: 'candidate' },
    ]);
    const elsewhere = server.call('setDepends', { collection: 'python33', release: '10' });
    expect(await status(elsewhere)).toBe(404);
  });

  it('are listed, all or those of one SIG', async () => {
    const { server } = scenario;
    await server.must('createSig', { name: 'webstack' });
    await server.must('createCollection', {
      name: 'nodejs10',
      sig: 'webstack',
      releases: [],
    });
    const names = async (input: { sig?: string }): Promise<string[]> =>
      (await server.must('listCollections', input, null)).items.map(({ name }) => name);
    expect(await names({ sig: 'webstack' })).toEqual(['nodejs10']);
    expect(await names({})).toEqual(
      expect.arrayContaining(['django', 'nodejs10', 'python33', 'rh-python34']),
    );
  });

  it('that a release is added to get its branch in every component', async () => {
    const { server, people } = scenario;
    await server.must('createComponent', { name: 'ruby', collections: ['python33'] });
    const input = { collection: 'python33', release: '9s' };
    expect(await status(server.call('addRelease', input, people.stranger))).toBe(403);
    const { releases } = await server.must('addRelease', input, people.chair);
    expect(releases.map(({ release }) => release)).toEqual(['6', '7', '9s']);
    for (const component of ['python', 'ruby'])
      expect(await branchesOf(component)).toContain('scl-python33-el9s');
    expect(await status(server.call('addRelease', input, people.chair))).toBe(409);
    expect(await status(server.call('addRelease', { ...input, release: '5' }))).toBe(400);
  });

  it('are refused to strangers, for unknown SIGs, and for names that are taken', async () => {
    const { server, people } = scenario;
    const input = { name: 'python27', sig: 'sclo', releases: [] };
    expect(await status(server.call('createCollection', input, people.stranger))).toBe(403);
    expect(await status(server.call('createCollection', input, null))).toBe(401);
    expect(await status(server.call('createCollection', { ...input, sig: 'no' }))).toBe(404);
    for (const name of ['python33', 'PYTHON33'])
      expect(await status(server.call('createCollection', { ...input, name }))).toBe(409);
    const twice = { ...input, releases: [{ release: '7' }, { release: 'el7' }] };
    expect(await status(server.call('createCollection', twice))).toBe(409);
    expect(await status(server.call('showCollection', { collection: 'python27' }))).toBe(404);
  });
});

describe('components', () => {
  it('in two collections have the branches of both, and their built names', async () => {
    const { server, people } = scenario;
    const made = await server.must(
      'createComponent',
      { name: 'python-pytest', collections: ['rh-python34', 'python34'] },
      people.chair,
    );
    expect(made).toMatchObject({ state: 'active', exploded: false });
    expect(made.gitUrl).toBe(server.gitUrl('python-pytest'));
    expect(made.branches.map(({ name, builtPackage, sig }) => [name, builtPackage, sig])).toEqual([
      ['scl-python34-el7', 'rh-python34-python-pytest', 'sclo'],
      ['scl-rh-python34-el6', 'rh-python34-python-pytest', 'sclo'],
      ['scl-rh-python34-el7', 'rh-python34-python-pytest', 'sclo'],
    ]);
    expect(await branchesOf('python-pytest')).toEqual(made.branches.map(({ name }) => name));
    expect(await server.must('showComponent', { component: 'python-pytest' }, null)).toEqual(made);
    const meta = await server.must('createComponent', {
      name: 'python-meta',
      collections: ['python33'],
    });
    expect(meta.branches.map(({ builtPackage }) => builtPackage)).toEqual(
      meta.branches.map(() => 'python33'),
    );
  });

  it('are added to a collection: new branches only, the others stay where they are', async () => {
    const { server, people } = scenario;
    const before = await git('/', 'ls-remote', '--heads', server.gitUrl('python'));
    const input = { component: 'python', collections: ['django'] };
    expect(await status(server.call('addToCollections', input, people.stranger))).toBe(403);
    await server.must('addToCollections', input, people.chair);
    const after = await git('/', 'ls-remote', '--heads', server.gitUrl('python'));
    for (const line of before.split('\n')) expect(after).toContain(line);
    expect(after).toContain('scl-django-el10s');
    const { components } = await server.must('showCollection', { collection: 'django' });
    expect(components).toEqual(['python']);
  });

  it('are created by members of every SIG concerned, in collections that exist', async () => {
    const { server, people } = scenario;
    const create = (collections: string[], token: string | null = people.chair) =>
      status(server.call('createComponent', { name: 'perl', collections }, token));
    expect(await create(['python33', 'nodejs10'])).toBe(403);
    expect(await create(['nodejs10'])).toBe(403);
    expect(await create(['python33'], people.committer)).toBe(403);
    expect(await create(['python33'], null)).toBe(401);
    expect(await create(['python33', 'nothing'])).toBe(404);
    expect(await create([])).toBe(400);
    const { status: missing } = await server.call('showComponent', { component: 'perl' });
    expect(missing).toBe(404);
    expect(await create(['python33', 'nodejs10'], server.adminToken)).toBe(201);
  });

  it('are listed by name, a page at a time, and by collection', async () => {
    const { server } = scenario;
    const all = (await server.must('listComponents', {}, null)).items.map(({ name }) => name);
    expect(all).toEqual([...all].toSorted());
    const pages: string[] = [];
    for (let after = ''; ; ) {
      const input = after === '' ? { limit: 2 } : { limit: 2, after };
      const { items } = await server.must('listComponents', input);
      pages.push(...items.map(({ name }) => name));
      after = items.at(-1)?.name ?? '';
      if (items.length < 2) break;
    }
    expect(pages).toEqual(all);
    const some = await server.must('listComponents', { collection: 'django' });
    expect(some.items.map(({ name }) => name)).toEqual(['python']);
  });

  it('that are exploded may have directories and do without sources', async () => {
    const { server, people } = scenario;
    const made = await server.must(
      'createComponent',
      { name: 'linux', collections: ['python33'], exploded: true },
      people.chair,
    );
    expect(made.exploded).toBe(true);
    const checks = await server.must('showChecks', { component: 'linux' }, people.committer);
    expect(checks).toMatchObject({ exploded: true, limits: { maxRefs: 1000 } });
    expect(checks.branches.every(({ decision }) => decision.allowed)).toBe(true);
    const folder = join(scenario.path());
    await git('/', 'clone', '--quiet', server.gitUrl('linux'), folder);
    expect(await git(folder, 'ls-files')).toContain('sources');
  });
});

describe('afterwards', () => {
  it('no job waits, and the server has nothing to complain of', async () => {
    const { items } = await scenario.server.must('listJobs', {});
    expect(items.filter(({ kind }) => kind === 'component.provision')).toEqual([]);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
