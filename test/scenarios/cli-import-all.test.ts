import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImportRow } from '../../cli/working-copy/import-all.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { eventually } from '../support/data-folder.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { buildSourceRpm, installRpmbuild } from '../support/rpmbuild.ts';

const proxy = await FaultyProxy.open();
const scenario = cliScenario({}, proxy);
beforeAll(async () => {
  await installRpmbuild();
  // A chair makes components; only who is approved may commit to them.
  await scenario.server.must('approveUser', { sig: 'sclo', user: 'carol' }, scenario.people.chair);
}, 300_000);
afterEach(() => proxy.forget());
afterAll(() => proxy.close());

/** A package, `name-version-release`, as it would have been released. */
async function released(folder: string, name: string, version: string, release = '1.el7') {
  const path = await buildSourceRpm(scenario.path('built'), {
    spec: `%global own ${name}\nName: %{own}\nVersion: ${version}\nRelease: ${release}\nSummary: s\nLicense: MIT\nSource0: a-${version}.tar.gz\n%description\nd\n%changelog\n* Tue Nov 03 2015 Ann <ann@example.org> - ${version}\n- Update ${name} to ${version}\n`,
    specName: 'a.spec',
    files: { [`a-${version}.tar.gz`]: `${name} ${version}` },
  });
  await mkdir(folder, { recursive: true });
  await copyFile(path, join(folder, basename(path)));
  return basename(path);
}

const short = (rows: readonly ImportRow[]) =>
  rows.map(({ file, component, branch, state }) => [file, component, branch, state].join(' '));

describe('import --all', () => {
  it('brings a folder of packages to their components and branches, and goes on', async () => {
    const { carol } = scenario;
    const folder = scenario.path('released');
    const cwd = scenario.path('clones');
    await mkdir(cwd);
    await released(folder, 'python33-alpha', '1');
    await released(folder, 'python33-alpha', '2');
    await released(folder, 'rh-python34-alpha', '3');
    await released(folder, 'python33-beta', '1', '4.el6_5');
    await released(folder, 'bash', '5');
    await writeFile(join(folder, 'broken-1-1.src.rpm'), 'broken');
    const args = ['import', '--all', folder, '--json'];
    const rows = async (more: readonly string[], code: number): Promise<ImportRow[]> => {
      const done = await carol.run([...args, ...more], { cwd });
      if (done.code !== code) throw new Error(`exit status ${done.code}: ${done.stderr}`);
      return (JSON.parse(done.stdout) as { packages: ImportRow[] }).packages;
    };
    const never = ['bash-5-1.el7.src.rpm   refused', 'broken-1-1.src.rpm   refused'];

    expect(short(await rows(['--dry-run'], 6))).toEqual([
      ...never,
      'python33-alpha-1-1.el7.src.rpm alpha scl-python33-el7 refused',
      'python33-alpha-2-1.el7.src.rpm alpha scl-python33-el7 refused',
      'rh-python34-alpha-3-1.el7.src.rpm alpha scl-rh-python34-el7 refused',
      'python33-beta-1-4.el6_5.src.rpm beta scl-python33-el6 refused',
    ]);
    expect(short(await rows(['--dry-run', '--create'], 6))).toEqual([
      ...never,
      'python33-alpha-1-1.el7.src.rpm alpha scl-python33-el7 planned',
      'python33-alpha-2-1.el7.src.rpm alpha scl-python33-el7 planned',
      'rh-python34-alpha-3-1.el7.src.rpm alpha scl-rh-python34-el7 planned',
      'python33-beta-1-4.el6_5.src.rpm beta scl-python33-el6 planned',
    ]);
    expect(await readdir(cwd)).toEqual([]);

    // Interrupted in the middle of the second package.
    proxy.break('PUT', /a-2\.tar\.gz/, { kind: 'stall-request', after: 1 });
    const child = carol.start([...args, '--create', '--push'], cwd);
    child.stdout?.resume();
    child.stderr?.resume();
    const end = once(child, 'exit');
    expect(await eventually(() => proxy.of('PUT', /a-2\.tar/).length > 0, 120)).toBe(true);
    child.kill('SIGINT');
    expect(await end).toEqual([130, null]);

    expect(short(await rows(['--create', '--push'], 6))).toEqual([
      ...never,
      'python33-alpha-1-1.el7.src.rpm alpha scl-python33-el7 already',
      'python33-alpha-2-1.el7.src.rpm alpha scl-python33-el7 imported',
      'rh-python34-alpha-3-1.el7.src.rpm alpha scl-rh-python34-el7 imported',
      'python33-beta-1-4.el6_5.src.rpm beta scl-python33-el6 imported',
    ]);
    const again = await rows(['--push'], 6);
    expect(again.slice(2).map(({ state }) => state)).toEqual(Array(4).fill('already'));
    expect(again.slice(0, 2).map(({ reason }) => reason)).toEqual([
      'No collection has packages named "bash".',
      expect.stringContaining('is not a source package') as string,
    ]);

    // On the server, in their order.
    const clone = scenario.path('clone');
    await carol.must(['clone', '--branch', 'scl-python33-el7', 'alpha', clone]);
    const log = await carol.git(clone, 'log', '--format=%s', '-2');
    expect(log).toBe('Update python33-alpha to 2\nUpdate python33-alpha to 1\n');
    expect(await scenario.cached('alpha')).toEqual(['a-1.tar.gz', 'a-2.tar.gz', 'a-3.tar.gz']);
    await carol.git(clone, 'checkout', '--quiet', 'scl-rh-python34-el7');
    expect(await readFile(join(clone, 'alpha.spec'), 'utf8')).toContain('rh-python34-alpha');

    // A table for people, and the remedy in it.
    const table = await carol.run(['import', '--all', folder], { cwd });
    expect(table.code).toBe(6);
    expect(table.stdout).toMatch(/^PACKAGE +COMPONENT +BRANCH +STATE$/m);
    expect(table.stdout).toMatch(/bash-5-1.* refused +No collection .*: centpkg collection create/);
  });

  it('never goes back behind what was imported, nor behind work of others', async () => {
    const { ann } = scenario;
    const component = await scenario.component();
    const cwd = scenario.path('clones');
    await mkdir(cwd);
    const folder = scenario.path('released');
    const older = `python33-${component}-1-1.el7.src.rpm`;
    const newer = await released(folder, `python33-${component}`, '2');
    await ann.must(['import', '--all', folder], { cwd });
    const path = await buildSourceRpm(scenario.path('built'), {
      spec: `Name: python33-${component}\nVersion: 1\nRelease: 1.el7\nSummary: s\nLicense: MIT\n%description\nd\n%changelog\n* Tue Nov 03 2005 Ann <ann@example.org> - 1\n- Old\n`,
      specName: 'a.spec',
      files: {},
      defines: { use_source_date_epoch_as_buildtime: '1', source_date_epoch_from_changelog: '1' },
    });
    await copyFile(path, join(folder, older));
    const { code, stdout } = await ann.run(['import', '--all', folder, '--json'], { cwd });
    expect(code).toBe(6);
    expect((JSON.parse(stdout) as { packages: ImportRow[] }).packages).toMatchObject([
      { file: older, state: 'refused', reason: 'It is older than what was imported already.' },
      { file: newer, state: 'already' },
    ]);

    const copy = join(cwd, component);
    await writeFile(join(copy, 'fix.patch'), 'fix\n');
    await ann.git(copy, 'add', 'fix.patch');
    await ann.must(['commit', '-m', 'Fix it'], { cwd: copy });
    await released(folder, `python33-${component}`, '3');
    const table = await ann.run(['import', '--all', folder], { cwd });
    expect(table.code).toBe(6);
    expect(table.stdout).toMatch(
      /-3-1\.el7.* refused +scl-python33-el7 has commits that are no imp/,
    );
    expect(await ann.git(copy, 'log', '-1', '--format=%s')).toBe('Fix it\n');
  });

  it('stops on a branch where a package is refused, and not on others', async () => {
    const [component, other] = [await scenario.component(), await scenario.component()];
    const cwd = scenario.path('clones');
    await mkdir(cwd);
    const folder = scenario.path('released');
    const first = join(folder, await released(folder, `python33-${component}`, '1'));
    await released(folder, `python33-${component}`, '2');
    await released(folder, `python33-${other}`, '1');
    const bytes = await readFile(first);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    await writeFile(first, bytes);
    const { code, stdout } = await scenario.ann.run(['import', '--all', folder, '--json'], { cwd });
    expect(code).toBe(6);
    expect((JSON.parse(stdout) as { packages: ImportRow[] }).packages).toMatchObject([
      { state: 'refused', reason: expect.stringContaining('package is refused') as string },
      { state: 'refused', reason: `It waits for ${basename(first)}.` },
      { state: 'imported', component: other },
    ]);
  });

  it('is told from the import of one package', async () => {
    const cwd = scenario.ann.home;
    for (const [args, why] of [
      [['import'], /Give one package, or --all FOLDER/],
      [['import', 'a.src.rpm', '--all', '.'], /Give one package, or --all FOLDER/],
      [
        ['import', 'a.src.rpm', '--push', '--dry-run'],
        /--push and --dry-run can not be given without/,
      ],
      [['import', '--all', '.', '--no-commit'], /--no-commit can not be given with --all/],
      [['import', '--all', '.', '--offline'], /--offline can not be given with --all/],
      [['import', '--all', 'missing'], /missing is not a folder that can be read/],
      [['import', '--all', '.'], /\. has no \.src\.rpm files/],
    ] as const) {
      const { code, stderr } = await scenario.ann.run(args, { cwd });
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(why) as string });
    }
  });
});
