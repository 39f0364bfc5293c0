import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { askRpm } from '../support/rpm-query.ts';
import { upstreamTarball } from '../support/upstream.ts';

const scenario = cliScenario();
const SPEC = join(import.meta.dirname, '../demo/specs/nodejs-wrappy.spec');
const TARBALL = 'wrappy-1.0.2.tgz';
const FOLDER = 'usr/lib/node_modules/wrappy';

beforeAll(async () => {
  await installPackages({ rpmbuild: 'rpm', cpio: 'cpio' });
  const { server, people } = scenario;
  const releases = [{ release: '7' }, { release: '9s' }];
  for (const [name, vendor] of [
    ['rh-nodejs4', 'rh'],
    ['sclo-node5', 'sclo'],
  ] as const)
    await server.must('createCollection', { name, sig: 'sclo', vendor, releases }, people.chair);
  const collections = ['rh-nodejs4', 'sclo-node5'];
  await server.must('createComponent', { name: 'nodejs-wrappy', collections }, people.chair);
}, 300_000);

let copies = 0;

/** Ann's clone with spec and upstream's tarball pushed; the tarball is not in the clone. */
async function wrappy(branch = 'scl-rh-nodejs4-el7'): Promise<string> {
  const { ann } = scenario;
  const cwd = join(ann.home, `wrappy-${++copies}`);
  await ann.must(['clone', '-b', branch, 'nodejs-wrappy', cwd]);
  if ((await readdir(cwd)).includes('nodejs-wrappy.spec')) return cwd;
  await copyFile(await upstreamTarball('wrappy@1.0.2'), join(cwd, TARBALL));
  await copyFile(SPEC, join(cwd, 'nodejs-wrappy.spec'));
  await ann.must(['new-sources', TARBALL], { cwd });
  await ann.git(cwd, 'add', 'nodejs-wrappy.spec');
  await ann.must(['commit', '-m', 'Add wrappy 1.0.2'], { cwd });
  await ann.must(['push'], { cwd });
  await rm(join(cwd, TARBALL));
  return cwd;
}

/** A process that nobody has reaped yet does not run. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null);
  return status !== null && !/^State:\s+[ZX]/m.test(status);
}

/** The process id that a program writes into a file, once it is there. */
async function pidIn(file: string): Promise<number> {
  let text = '';
  while (!text.endsWith('\n')) {
    await new Promise((done) => setTimeout(done, 50));
    text = await readFile(file, 'utf8').catch(() => '');
  }
  return Number(text);
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('srpm', () => {
  it('whose place is set elsewhere is not passed off as built: 6', async () => {
    const cwd = await wrappy();
    const elsewhere = scenario.path('elsewhere');
    const args = ['srpm', '--define', `_srcrpmdir ${elsewhere}`];
    expect(await scenario.ann.run(args, { cwd })).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringMatching(
        /something else sets %_srcrpmdir\.\nto do: Leave %_srcrpmdir out of --define/,
      ) as string,
    });
  });

  it('downloads the sources and builds the source package that the table of names has', async () => {
    const cwd = await wrappy();
    const { code, stdout } = await scenario.ann.run(['srpm'], { cwd });
    const path = join(cwd, 'rh-nodejs4-nodejs-wrappy-1.0.2-1.el7.src.rpm');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Wrote: ${path}\n` });
    expect((await askRpm(path, '--list')).sort()).toEqual(['nodejs-wrappy.spec', TARBALL]);
    // git passes over what was built.
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('');
  });

  it('--no-scl builds the ordinary one, --define is heeded, --json tells both', async () => {
    const cwd = await wrappy();
    const args = ['srpm', '--no-scl', '--json', '--define', 'dist .el7.test', '--', '--quiet'];
    const nvr = 'nodejs-wrappy-1.0.2-1.el7.test';
    expect(JSON.parse(await scenario.ann.must(args, { cwd }))).toEqual({
      nvr,
      srpm: join(cwd, `${nvr}.src.rpm`),
    });
  });

  it('--md5 has digests that old rpm knows', async () => {
    const cwd = await wrappy();
    const path = (await scenario.ann.must(['srpm', '--md5'], { cwd }))
      .slice('Wrote: '.length)
      .trim();
    const digests = ['--queryformat', '[%{FILEDIGESTS}\n]'];
    for (const digest of await askRpm(path, ...digests)) expect(digest).toMatch(/^[0-9a-f]{32}$/);
    await scenario.ann.must(['srpm', '--offline'], { cwd });
    for (const digest of await askRpm(path, ...digests)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a spec of another name, and leaves nothing', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    await writeFile(spec, text.replace('%{?scl_prefix}nodejs-wrappy', 'nodejs-wrappy'));
    expect(await scenario.ann.run(['srpm'], { cwd })).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringContaining(
        'nodejs-wrappy.spec builds nodejs-wrappy, but nodejs-wrappy in rh-nodejs4 builds rh-nodejs4-nodejs-wrappy.\n' +
          'to do: Write into the spec: Name: %{?scl_prefix}nodejs-wrappy, after %{?scl:%scl_package nodejs-wrappy}',
      ) as string,
    });
    expect(await readdir(cwd)).not.toContain(expect.stringMatching(/\.src\.rpm$/));
  });

  it('names each file that the spec has and the clone has not', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    const more = 'Source1: https://example.org/%{version}/more.tgz\nPatch0: fix.patch\nBuildArch:';
    await writeFile(spec, text.replace('BuildArch:', more));
    expect(await scenario.ann.run(['srpm'], { cwd })).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(
        'nodejs-wrappy.spec names what is neither in git nor in sources: more.tgz, fix.patch\n' +
          'to do: Add it: centpkg new-sources more.tgz fix.patch (text: git add)\n',
      ) as string,
    });
  });

  it('does not build from a source that is not the one of the cache, and leaves it: 5', async () => {
    const cwd = await wrappy();
    await writeFile(join(cwd, TARBALL), 'something else');
    expect(await scenario.ann.run(['srpm'], { cwd })).toMatchObject({ code: 5, stdout: '' });
    expect(await readFile(join(cwd, TARBALL), 'utf8')).toBe('something else');
  });

  it('builds from what is there while the server is away', async () => {
    const cwd = await wrappy();
    await scenario.ann.must(['srpm'], { cwd });
    const env = { CENTPKG_URL: 'http://127.0.0.1:9' };
    await scenario.ann.git(cwd, 'config', 'centpkg.url', 'http://127.0.0.1:9');
    const remote = 'http://127.0.0.1:9/scls/nodejs-wrappy.git';
    await scenario.ann.git(cwd, 'remote', 'set-url', 'origin', remote);
    const { code, stderr } = await scenario.ann.run(['srpm'], { cwd, env });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('taking the collection as it was last time') as string,
    });
  });
});

describe('local', () => {
  const root = '/opt/rh/rh-nodejs4/root';

  it('builds the package of the collection', async () => {
    const cwd = await wrappy();
    const printed = await scenario.ann.must(['local', '--json', '--', '--nodeps'], { cwd });
    const { packages, log } = JSON.parse(printed) as { packages: string[]; log: string };
    const nvr = 'rh-nodejs4-nodejs-wrappy-1.0.2-1.el7';
    const rpm = join(cwd, 'noarch', `${nvr}.noarch.rpm`);
    expect(packages).toEqual([join(cwd, `${nvr}.src.rpm`), rpm]);
    expect(basename(log)).toBe('.build-1.0.2-1.el7.log');
    expect(await readFile(log, 'utf8')).toContain('Executing(%install)');
    const files = await askRpm(rpm, '--list');
    expect(files).toContain(`${root}/${FOLDER}/wrappy.js`);
    expect(await askRpm(rpm, '--requires')).toContain('rh-nodejs4-runtime');
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('');
  });

  it('builds the ordinary package from the same spec', async () => {
    const cwd = await wrappy();
    await scenario.ann.must(['local', '--no-scl', '--', '--nodeps'], { cwd });
    const rpm = join(cwd, 'noarch/nodejs-wrappy-1.0.2-1.el7.noarch.rpm');
    expect(await askRpm(rpm, '--list')).toContain(`/${FOLDER}/wrappy.js`);
    expect((await askRpm(rpm, '--requires')).join()).not.toContain('runtime');
  });

  it("puts what is the SIG's own below /opt/sclo, and marks EL 9 Stream", async () => {
    const cwd = await wrappy('scl-sclo-node5-el9s');
    await scenario.ann.must(['local', '--', '--nodeps'], { cwd });
    const rpm = join(cwd, 'noarch/sclo-node5-nodejs-wrappy-1.0.2-1.el9s.noarch.rpm');
    expect(await askRpm(rpm, '--list')).toContain(`/opt/sclo/sclo-node5/root/${FOLDER}/wrappy.js`);
  });

  it('without what it needs says how to go on, and keeps the log alone', async () => {
    const cwd = await wrappy();
    const before = await readdir(cwd);
    const { code, stderr } = await scenario.ann.run(['local'], { cwd });
    expect(code).toBe(6);
    expect(stderr).toMatch(/rh-nodejs4-runtime is needed by/);
    expect(stderr).toMatch(
      /^to do: Install them: dnf builddep nodejs-wrappy\.spec; .* -- --nodeps$/m,
    );
    // --quiet has shown nothing so far: what is missing is in the error.
    const quiet = await scenario.ann.run(['-q', 'local'], { cwd });
    expect(quiet).toMatchObject({ code: 6, stdout: '' });
    expect(quiet.stderr).toMatch(/^error: rpmbuild -ba failed \(status \d+\):$/m);
    expect(quiet.stderr).toMatch(/rh-nodejs4-runtime is needed by/);
    expect((await readdir(cwd)).sort()).toEqual(
      [...before, TARBALL, '.build-1.0.2-1.el7.log'].sort(),
    );
  });
});

describe('what a build leaves', () => {
  /** The spec of a clone with more in %build; it has all that it needs. */
  async function building(lines: string): Promise<string> {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    await writeFile(
      spec,
      text.replace('%build', () => `%build\n${lines}`),
    );
    return cwd;
  }

  it('in the workspace goes, write-protected folders too', async () => {
    // With a link out of it: what that leads to stays.
    const outside = scenario.path('outside');
    await mkdir(outside);
    await writeFile(join(outside, 'kept'), '');
    await chmod(outside, 0o500);
    const cwd = await building(
      `mkdir -p locked/in && touch locked/in/file && ln -s ${outside} locked/link && ` +
        'chmod -R a-w locked',
    );
    const TMPDIR = scenario.path('read-only');
    await mkdir(TMPDIR);
    // root may do everything, as long as it has these.
    const few = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
    const words = [...(process.getuid?.() === 0 ? few : []), 'centpkg', 'local', '--', '--nodeps'];
    const [program = '', ...args] = words.concat('--noclean');
    const { code, stderr } = await scenario.ann.does(program, args, { cwd, env: { TMPDIR } });
    expect({ code, stderr: stderr.slice(-500) }).toMatchObject({ code: 0 });
    expect(await readdir(TMPDIR)).toEqual([]);
    expect(await readdir(outside)).toEqual(['kept']);
    expect((await stat(outside)).mode & 0o777).toBe(0o500);
  });

  it('is kept where its log can not be written; that ends in an error: 7', async () => {
    const cwd = await building('seq 1 60000');
    // No file may become as large as the log.
    const args = ['--fsize=200000', 'centpkg', 'local', '--', '--nodeps'];
    const { code, stderr } = await scenario.ann.does('prlimit', args, { cwd });
    expect(code).toBe(7);
    expect(stderr.slice(-400)).toMatch(
      /^error: A file may not become that large here: .*\.log\nto do: /m,
    );
    expect(stderr.includes('60000')).toBe(true);
    const files = await readdir(cwd);
    expect(files).toContain('rh-nodejs4-nodejs-wrappy-1.0.2-1.el7.src.rpm');
    expect(files.filter((name) => name.endsWith('.log'))).toEqual([]);
  });
});

describe('the environment of a build', () => {
  it('has no secret of the user, a home of its own, and the macros of the user', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    await writeFile(
      spec,
      text.replace('%build', '%build\nenv | sort\necho "mine: %{?mine} %{?said}"'),
    );
    await writeFile(join(scenario.ann.home, '.rpmmacros'), '%mine yes\n%dist .wrong\n');
    const token = scenario.people.committer;
    const env = { CENTPKG_TOKEN: token, SSH_AUTH_SOCK: '/run/agent', TZ: 'UTC' };
    const args = ['local', '--define', 'said one, two', '--', '--nodeps'];
    const { code, stderr } = await scenario.ann.run(args, { cwd, env });
    await rm(join(scenario.ann.home, '.rpmmacros'));
    expect(code).toBe(0);
    expect(stderr).toContain('mine: yes one, two');
    expect(stderr).toContain('TZ=UTC');
    expect(stderr).not.toMatch(/SSH_AUTH_SOCK|CENTPKG|\.wrong/);
    expect(stderr).not.toContain(token);
    const [, home] = /^HOME=(.*)$/m.exec(stderr) ?? [];
    expect(home).not.toBe(scenario.ann.home);
    await expect(stat(home ?? '')).rejects.toThrow('ENOENT');
  });
});

describe('prep, compile and install', () => {
  it('prep leaves the unpacked source outside of the clone, compile and install go on there', async () => {
    const cwd = await wrappy();
    const { builddir } = await scenario.ann.json<{ builddir: string }>(['prep'], { cwd });
    expect(await readdir(join(builddir, 'package'))).toContain('wrappy.js');
    await writeFile(join(builddir, 'package/README.md'), 'mended\n');
    const short = ['--short-circuit', '--', '--nodeps'];
    await scenario.ann.must(['compile', ...short], { cwd });
    await scenario.ann.must(['install', '--nocheck', ...short], { cwd });
    expect(await readFile(join(builddir, 'package/README.md'), 'utf8')).toBe('mended\n');
    const roots = join(builddir, '../buildrootdir');
    const [root = ''] = await readdir(roots);
    const placed = join(roots, root, 'opt/rh/rh-nodejs4/root', FOLDER);
    expect(await readdir(placed)).toContain('wrappy.js');
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('');
  });

  it('prep --check-deps asks for what the build needs', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    await writeFile(spec, text.replace('BuildArch:', 'BuildRequires: not-to-be-had\nBuildArch:'));
    await scenario.ann.must(['prep'], { cwd });
    expect(await scenario.ann.run(['prep', '--check-deps'], { cwd })).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(
        /not-to-be-had is needed by[^]*to do: Install them: /,
      ) as string,
    });
  });

  it('--builddir and --buildrootdir name other folders', async () => {
    const cwd = await wrappy();
    const folders = [scenario.path('build'), scenario.path('root')];
    for (const folder of folders) await mkdir(folder);
    const [build = '', root = ''] = folders;
    const args = ['--builddir', build, '--buildrootdir', root, '--', '--nodeps'];
    await scenario.ann.must(['install', ...args], { cwd });
    expect(await readdir(join(build, 'package'))).toContain('wrappy.js');
    expect(await readdir(root)).toHaveLength(1);
  });

  it('in a cache of a name with blanks says what to do: 2', async () => {
    const cwd = await wrappy();
    const env = { XDG_CACHE_HOME: join(scenario.ann.home, 'my cache') };
    expect(await scenario.ann.run(['prep'], { cwd, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('to do: Name another folder for caches') as string,
    });
  });

  it('Ctrl-C ends rpmbuild with all that it has started, and leaves nothing', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    const mark = scenario.path('started');
    await writeFile(
      spec,
      text.replace('%build', () => `%build\necho $$ > ${mark}\nsleep 3600\n`),
    );
    const TMPDIR = scenario.path('tmp');
    await mkdir(TMPDIR);
    const before = await readdir(cwd);
    const env = { ...scenario.ann.env, TMPDIR };
    const child = scenario.ann.start(['local', '--', '--nodeps'], cwd, env);
    const ended = new Promise((resolve) => child.on('close', resolve));
    const shell = await pidIn(mark);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await expect.poll(() => isRunning(shell), { timeout: 60_000 }).toBe(false);
    expect(await readdir(TMPDIR)).toEqual([]);
    expect((await readdir(cwd)).sort()).toEqual([...before, TARBALL].sort());
  });
});

describe('verrel, gimmespec and unused-patches', () => {
  it('Ctrl-C ends rpm while it reads the spec, with what the spec has started', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    const mark = scenario.path('reading');
    await writeFile(spec, `%(echo $$ > ${mark}; sleep 3600; echo)\n${text}`);
    const child = scenario.ann.start(['srpm'], cwd);
    const ended = new Promise((resolve) => child.on('close', resolve));
    const shell = await pidIn(mark);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await expect.poll(() => isRunning(shell), { timeout: 60_000 }).toBe(false);
  });

  it('verrel prints what the branch builds, with the fields of rpkg as JSON', async () => {
    const cwd = await wrappy();
    const nvr = 'rh-nodejs4-nodejs-wrappy-1.0.2-1.el7';
    expect(await scenario.ann.must(['verrel'], { cwd })).toBe(`${nvr}\n`);
    expect(await scenario.ann.json(['verrel'], { cwd })).toMatchObject({
      repo_name: 'nodejs-wrappy',
      ver: '1.0.2',
      rel: '1.el7',
      epoch: '0',
      nvr,
      verrel: nvr,
      target: 'sclo7-rh-nodejs4-rh-el7',
      branch_merge: 'scl-rh-nodejs4-el7',
      commithash: (await scenario.ann.git(cwd, 'rev-parse', 'HEAD')).trim(),
      disttag: 'el7',
    });
  });

  it('verrel needs rpm only for what a spec computes when it is run', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    const bin = scenario.path('bin');
    await mkdir(bin);
    await symlink(process.execPath, join(bin, 'node'));
    for (const name of ['env', 'git']) {
      const { stdout } = await run('sh', ['-c', `command -v ${name}`]);
      await symlink(stdout.trim(), join(bin, name));
    }
    const env = { PATH: `${join(scenario.ann.home, '.local/bin')}:${bin}` };
    expect(await scenario.ann.run(['verrel'], { cwd, env })).toMatchObject({ code: 0 });
    await writeFile(spec, text.replace('1%{?dist}', '%(expr 3 + 4)%{?dist}'));
    expect(await scenario.ann.run(['verrel'], { cwd, env })).toMatchObject({ code: 2 });
    expect(await scenario.ann.must(['verrel'], { cwd })).toBe(
      'rh-nodejs4-nodejs-wrappy-1.0.2-7.el7\n',
    );
  });

  it('gimmespec prints the name of the spec', async () => {
    const cwd = await wrappy();
    expect(await scenario.ann.must(['gimmespec'], { cwd })).toBe('nodejs-wrappy.spec\n');
  });

  it('unused-patches prints the patches in git that the spec does not name', async () => {
    const cwd = await wrappy();
    const spec = join(cwd, 'nodejs-wrappy.spec');
    const text = await readFile(spec, 'utf8');
    await writeFile(spec, text.replace('BuildArch:', 'Patch1: %{version}-used.patch\nBuildArch:'));
    for (const name of ['1.0.2-used.patch', 'old.patch', 'untracked.patch', 'notes.diff'])
      await writeFile(join(cwd, name), '');
    await scenario.ann.git(cwd, 'add', '1.0.2-used.patch', 'old.patch', 'notes.diff');
    const printed = await scenario.ann.must(['unused-patches'], { cwd });
    expect(lines(printed)).toEqual(['notes.diff', 'old.patch']);
  });
});
