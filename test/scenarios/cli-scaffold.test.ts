import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { askRpm } from '../support/rpm-query.ts';

const scenario = cliScenario();
beforeAll(() => installPackages({ rpmbuild: 'rpm', cpio: 'cpio' }), 300_000);

const ROOT = '/opt/rh/rh-python34';

/** All packages of the branch that is checked out, built. @returns by name without version */
async function built(cwd: string): Promise<Map<string, string>> {
  const printed = await scenario.ann.must(['local', '--json', '--', '--nodeps'], { cwd });
  const { packages } = JSON.parse(printed) as { packages: string[] };
  const named = packages.map(async (path): Promise<[string, string]> => {
    const kind = path.endsWith('.src.rpm') ? ' (source)' : '';
    const [name = ''] = await askRpm(path, '--queryformat', '%{NAME}\n');
    return [name + kind, path];
  });
  return new Map(await Promise.all(named));
}

describe('collection scaffold', () => {
  it('makes the meta component, whose specs are pushed as they are, and build', async () => {
    const { carol, ann } = scenario;
    const printed = await carol.must(['collection', 'scaffold', 'rh-python34']);
    const folder = join(carol.home, 'python-meta');
    expect(printed).toContain(`python-meta is created, and cloned to ${folder}.`);
    expect(printed).toContain('git push origin scl-rh-python34-el6 scl-rh-python34-el7');

    // A chair manages collections; who may commit, pushes.
    const branches = ['scl-rh-python34-el6', 'scl-rh-python34-el7'];
    const cwd = join(ann.home, 'python-meta');
    await ann.must(['clone', 'python-meta', cwd]);
    await ann.git(cwd, 'fetch', folder, ...branches.map((name) => `${name}:new-${name}`));
    for (const name of branches) await ann.git(cwd, 'push', 'origin', `new-${name}:${name}`);

    await ann.must(['switch-branch', 'scl-rh-python34-el7'], { cwd });
    await ann.git(cwd, 'reset', '--hard', 'origin/scl-rh-python34-el7');
    expect(await ann.must(['verrel'], { cwd })).toBe('rh-python34-1-1.el7\n');
    const packages = await built(cwd);
    expect([...packages.keys()].sort()).toEqual([
      'rh-python34',
      'rh-python34 (source)',
      'rh-python34-build',
      'rh-python34-runtime',
      'rh-python34-scldevel',
    ]);
    const ask = (name: string, query: string) => askRpm(packages.get(name) ?? '', query);

    expect(await ask('rh-python34', '--list')).toEqual(['(contains no files)']);
    const requires = await ask('rh-python34', '--requires');
    expect(requires).toEqual(expect.arrayContaining(['rh-python34-python', 'rh-python34-runtime']));
    expect(await ask('rh-python34', '--provides')).toContain('scl-package(rh-python34)');

    const files = await ask('rh-python34-runtime', '--list');
    expect(files).toEqual(
      expect.arrayContaining([
        '/etc/scl/prefixes/rh-python34',
        `${ROOT}/enable`,
        `${ROOT}/root/usr/bin`,
        `${ROOT}/root/usr/lib64`,
        `${ROOT}/root/usr/share/man/man1`,
        '/etc/opt/rh/scls/rh-python34',
      ]),
    );
    expect(files).not.toContain('/usr/bin');
    expect(await ask('rh-python34-runtime', '--requires')).toContain('scl-utils');

    expect(await ask('rh-python34-build', '--list')).toEqual([
      '/etc/rpm/macros.rh-python34-config',
    ]);
    expect(await ask('rh-python34-build', '--requires')).toEqual(
      expect.arrayContaining(['rh-python34-runtime = 1-1.el7', 'scl-utils-build']),
    );
    expect(await ask('rh-python34-scldevel', '--list')).toEqual([
      '/etc/rpm/macros.python-scldevel',
    ]);
    expect(await ask('rh-python34-scldevel', '--provides')).toContain('scldevel(python)');

    // What the files say, taken out of the packages.
    const out = scenario.path('unpacked');
    await mkdir(out);
    for (const name of ['build', 'runtime', 'scldevel']) {
      const path = packages.get(`rh-python34-${name}`) ?? '';
      await run('sh', ['-c', 'rpm2cpio "$1" | cpio -id --quiet', 'sh', path], { cwd: out });
    }
    const content = (path: string) => readFile(join(out, path), 'utf8');
    expect(await content('etc/rpm/macros.rh-python34-config')).toBe(
      '%scl rh-python34\n%nfsmountable 1\n',
    );
    expect(await content('etc/rpm/macros.python-scldevel')).toBe(
      '%scl_python rh-python34\n%scl_prefix_python rh-python34-\n',
    );
    expect(await content('etc/scl/prefixes/rh-python34')).toBe('/opt/rh\n');
    // The script in a real shell, with nothing set and with something set.
    const enabled = async (before: string): Promise<string> => {
      const script = `${before}; . "$1"; echo "$PATH $LD_LIBRARY_PATH"`;
      const path = join(out, `${ROOT}/enable`);
      return (await run('/bin/sh', ['-c', script, 'sh', path])).stdout.trim();
    };
    const [bin, lib] = [`${ROOT}/root/usr/bin:${ROOT}/root/usr/sbin`, `${ROOT}/root/usr/lib64`];
    expect(await enabled('PATH=/bin; unset LD_LIBRARY_PATH')).toBe(`${bin}:/bin ${lib}`);
    expect(await enabled('PATH=/bin LD_LIBRARY_PATH=/x')).toBe(`${bin}:/bin ${lib}:/x`);
  });

  it('a second collection of the same name gets branches there, and its own vendor', async () => {
    const { server, people, ann, carol } = scenario;
    await server.must(
      'createCollection',
      {
        name: 'sclo-python36',
        sig: 'sclo',
        vendor: 'sclo',
        metaComponent: 'tool-meta',
        releases: [{ release: '7', depends: [{ collection: 'python33', level: 'candidate' }] }],
      },
      people.chair,
    );
    const folder = join(carol.home, 'tools');
    const args = ['collection', 'scaffold', 'sclo-python36', folder];
    expect(await carol.json(args)).toEqual({
      component: 'tool-meta',
      folder,
      written: ['scl-sclo-python36-el7'],
      kept: [],
    });
    const cwd = join(ann.home, 'tools');
    await ann.must(['clone', 'tool-meta', cwd]);
    await ann.git(cwd, 'pull', '--quiet', folder, 'scl-sclo-python36-el7');
    const packages = await built(cwd);
    const runtime = packages.get('sclo-python36-runtime') ?? '';
    expect(await askRpm(runtime, '--requires')).toContain('python33-runtime');
    expect(await askRpm(runtime, '--list')).toContain('/opt/sclo/sclo-python36/enable');
    const build = packages.get('sclo-python36-build') ?? '';
    expect(await askRpm(build, '--requires')).toContain('python33-scldevel');
  });

  it('leaves a branch that has a spec as it is', async () => {
    const { carol, ann } = scenario;
    const first = join(carol.home, 'first');
    await carol.must(['collection', 'scaffold', 'python33', first]);
    const cwd = join(ann.home, 'python33-meta');
    await ann.must(['clone', '-b', 'scl-python33-el6', 'python-meta', cwd]);
    await ann.git(cwd, 'pull', '--quiet', first, 'scl-python33-el6');
    await ann.must(['push'], { cwd });
    const args = ['collection', 'scaffold', 'python33', join(carol.home, 'second')];
    expect(await carol.json(args)).toMatchObject({
      written: ['scl-python33-el7'],
      kept: ['scl-python33-el6'],
    });
  });

  it('refuses a folder that is there, before anything is made', async () => {
    const { server, people, carol } = scenario;
    const releases = [{ release: '7' }];
    await server.must('createCollection', { name: 'ruby22', sig: 'sclo', releases }, people.chair);
    await mkdir(join(carol.home, 'ruby-meta'));
    expect(await carol.run(['collection', 'scaffold', 'ruby22'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('to do: Name another folder') as string,
    });
    expect(await carol.run(['component', 'show', 'ruby-meta'])).toMatchObject({ code: 3 });
  });

  it.each([
    ['before the verb', ['--dry-run', 'collection', 'scaffold', 'java8']],
    ['behind it', ['collection', 'scaffold', '-n', 'java8']],
  ])('--dry-run %s changes nothing', async (_where, args) => {
    const { server, people, carol } = scenario;
    const collections = await server.must('listCollections', {});
    if (!collections.items.some(({ name }) => name === 'java8')) {
      const releases = [{ release: '7' }, { release: '8' }];
      await server.must('createCollection', { name: 'java8', sig: 'sclo', releases }, people.chair);
    }
    const printed = await carol.must(args);
    expect(printed).toMatch(
      /java-meta\.spec on:\nscl-java8-el7\nscl-java8-el8\nNothing was changed/,
    );
    expect(await readdir(carol.home)).not.toContain('java-meta');
    expect(await carol.run(['component', 'show', 'java-meta'])).toMatchObject({ code: 3 });
  });

  it('--dry-run before the verb changes nothing where the component is there already', async () => {
    const { carol } = scenario;
    const folder = join(carol.home, 'tried');
    const text = await carol.must(['--dry-run', 'collection', 'scaffold', 'python33', folder]);
    expect(text).toContain('Nothing was changed.');
    expect(await readdir(carol.home)).not.toContain('tried');
  });

  it('is for those who may manage the collection', async () => {
    const { sam } = scenario;
    const { code, stderr } = await sam.run(['collection', 'scaffold', 'ruby22']);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('to do:') as string,
    });
    expect(await readdir(sam.home)).not.toContain('ruby-meta');
  });
});
