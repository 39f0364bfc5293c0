import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliScenario, cliScenario } from '../support/cli-scenario.ts';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startOnTerminal } from '../support/terminal.ts';

const scenario = cliScenario();

/** A site with a hub of its own, which nobody asks. */
const SITE = `
[koji]
topurl = "https://koji.example.org/kojifiles/"
names = "proposal"

[koji.profiles."7"]
arches = ["x86_64", "s390x"]
external_repos = [
  { name = "site7-updates", priority = 20, mode = "bare", url = "https://repos.example.org/updates/$arch/" },
  { name = "site7-os", priority = 10, url = "file:///srv/site7/os/$arch/" },
  { name = "site7-secret", priority = 30 },
]
group_packages = ["bash", "site-macros-el{release}", "{scl}-build"]

[koji.profiles."7".extra]
"mock.package_manager" = "dnf"
"mock.new_chroot" = 1
"rpm.macro.vendor" = "Site \\"{Sig}\\""
"rpm.macro.packager" = "{scl}"
`;
const siteFolder = await temporaryFolder();
afterAll(() => siteFolder[Symbol.asyncDispose]());
const siteFile = join(siteFolder.path, 'config.toml');
await writeFile(siteFile, SITE);

/**
 * mock needs namespaces, and packages of another system: here it is a program that keeps what it is
 * given. Names and meaning of options are those of mock's manual and of its site-defaults.cfg.
 */
const MOCK = `#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$@" > "$here/args"
env > "$here/env"
while [ $# -gt 0 ]; do
  case "$1" in
    --configdir) cp -r "$2" "$here/config" ;;
    --resultdir) results=$2 ;;
    --rebuild) cp "$2" "$results/" ; : > "$results/built.x86_64.rpm" ;;
  esac
  shift
done
[ ! -e "$here/fail" ]
`;

beforeAll(async () => {
  await installPackages({ rpmbuild: 'rpm', python3: 'python3' });
  const { server, people } = scenario;
  await server.must(
    'createCollection',
    {
      name: 'rh-python35',
      sig: 'sclo',
      releases: [
        { release: '7', depends: [{ collection: 'python33', level: 'candidate' }] },
        { release: '6' },
        { release: '9s' },
        { release: '9' },
      ],
    },
    people.chair,
  );
  for (const [name, collection] of [
    ['tool', 'rh-python35'],
    ['python-meta', 'rh-python35'],
    ['other', 'python33'],
  ] as const)
    await server.must('createComponent', { name, collections: [collection] }, people.chair);
}, 300_000);

let copies = 0;
async function copyOf(branch = 'scl-rh-python35-el7', component = 'tool'): Promise<string> {
  const { ann } = scenario;
  const cwd = join(ann.home, `${component}-${++copies}`);
  await ann.must(['clone', '-b', branch, component, cwd]);
  await writeFile(join(cwd, `${component}.spec`), specOf(component));
  return cwd;
}

/** From here on nothing answers where the server of the clone was. */
async function unplug({ ann }: CliScenario, cwd: string): Promise<void> {
  // The clone remembers its collection.
  await ann.must(['verrel'], { cwd });
  const url = await ann.git(cwd, 'remote', 'get-url', 'origin');
  await ann.git(cwd, 'config', 'centpkg.url', 'http://127.0.0.1:9');
  const { pathname } = new URL(url.trim());
  await ann.git(cwd, 'remote', 'set-url', 'origin', `http://127.0.0.1:9${pathname}`);
}

/** What Python makes of a configuration. */
async function loaded(config: string): Promise<Record<string, unknown>> {
  const file = scenario.path('mock.cfg');
  await writeFile(file, config);
  const program =
    'import json, sys\nconfig_opts = {"macros": {}}\n' +
    'exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"))\nprint(json.dumps(config_opts))';
  const { code, stdout, stderr } = await run('python3', ['-c', program, file]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('mock-config', () => {
  it("is the build tag's: packages, macros, package manager, Koji's repository", async () => {
    const cwd = await copyOf();
    const printed = await scenario.ann.must(['mock-config', '--arch', 'x86_64'], { cwd });
    const config = await loaded(printed);
    expect(config).toMatchObject({
      root: 'sclo7-rh-python35-rh-el7-x86_64',
      target_arch: 'x86_64',
      legal_host_arches: ['x86_64'],
      dist: 'el7',
      releasever: '7',
      package_manager: 'yum',
      isolation: 'simple',
      rpmbuild_networking: false,
      macros: { '%vendor': 'CentOS Sclo SIG' },
    });
    const packages = (config.chroot_setup_cmd as string).split(' ');
    expect(packages[0]).toBe('install');
    for (const name of ['bash', 'gcc-c++', 'buildsys-macros-el7', 'scl-utils-build'])
      expect(packages).toContain(name);
    expect(packages).toContain('rh-python35-build');
    const url =
      'https://cbs.centos.org/kojifiles/repos/sclo7-rh-python35-rh-el7-build/latest/x86_64/';
    expect(config['yum.conf']).toMatch(/^\n\[main\]\nassumeyes=1\n/);
    expect(config['yum.conf']).toContain(`[build]\nname=build\nbaseurl=${url}\npriority=1\n`);
    expect(config).not.toHaveProperty('dnf.conf');
  });

  it('on EL 9 Stream has dnf, hotfixes and the suffix; --external the repositories of CentOS', async () => {
    const cwd = await copyOf('scl-rh-python35-el9s');
    const args = [
      'mock-config',
      '--arch',
      'aarch64',
      '--external',
      '--repo',
      'own=file:///srv/a,b/',
    ];
    const { root, config } = await scenario.ann.json<{ root: string; config: string }>(args, {
      cwd,
    });
    expect(root).toBe('sclo9s-rh-python35-rh-el9s-aarch64');
    const options = await loaded(config);
    expect(options).toMatchObject({
      root,
      package_manager: 'dnf',
      releasever: '9',
      dist: 'el9s',
      macros: { '%distsuffix': 's' },
    });
    const repos = options['dnf.conf'] as string;
    expect(repos.match(/^\[.*\]$/gm)).toEqual([
      '[main]',
      '[centos9s-baseos]',
      '[centos9s-appstream]',
      '[centos9s-crb]',
      '[own]',
    ]);
    expect(repos.match(/^module_hotfixes=1$/gm)).toHaveLength(4);
    expect(repos).toMatch(/^baseurl=https:\/\/.*BaseOS\/aarch64\/os\/$/m);
    expect(repos).toMatch(/^baseurl=file:\/\/\/srv\/a,b\/\npriority=4$/m);
  });

  it("leaves out the metapackage's own build package where that is built", async () => {
    const cwd = await copyOf('scl-rh-python35-el7', 'python-meta');
    const config = await loaded(await scenario.ann.must(['mock-config'], { cwd }));
    expect(config.chroot_setup_cmd).not.toContain('rh-python35-build');
    expect(config.chroot_setup_cmd).toContain('scl-utils-build');
  });

  it.each(['i386', 'i686'])("--arch %s is mock's i686, and i386 in repositories", async (arch) => {
    const cwd = await copyOf('scl-rh-python35-el6');
    const config = await loaded(await scenario.ann.must(['mock-config', '--arch', arch], { cwd }));
    expect(config).toMatchObject({
      root: 'sclo6-rh-python35-rh-el6-i686',
      target_arch: 'i686',
      legal_host_arches: ['i686', 'i386', 'i586', 'x86_64'],
    });
    expect(config['yum.conf']).toMatch(/^baseurl=\S+-el6-build\/latest\/i386\/$/m);
    const external = ['mock-config', '--arch', arch, '--external'];
    const { 'yum.conf': repos } = await loaded(await scenario.ann.must(external, { cwd }));
    expect(repos).toMatch(/\/i386\//);
    expect(repos).not.toContain('i686');
  });

  it('without the server says so, and what to look at: 7', async () => {
    const cwd = await copyOf();
    await unplug(scenario, cwd);
    const { stderr, ...rest } = await scenario.ann.run(['mock-config'], { cwd });
    expect(rest).toEqual({ code: 7, stdout: '' });
    expect(stderr).toMatch(/^to do: Look at the address/m);
  });

  it.each([
    [['--repo', 'https://example.org/'], 'Write NAME=URL.'],
    [['--repo', 'own=ftp://example.org/'], 'Write https://HOST/PATH/'],
    [['--repo', 'own=https://ann:secret@example.org/'], 'Write https://HOST/PATH/'],
    [['--repo', 'own=https://example.org/?a={{ x }}'], 'Write https://HOST/PATH/'],
    [['--topurl', 'cbs'], 'Write https://HOST/PATH/'],
    [['--arch', 'x86-64"'], 'For instance: --arch x86_64'],
    [['--external'], 'Say it: --repo rhel9-baseos=URL'],
    [['--arch', 's390x'], 'For instance: --arch x86_64; --external makes do'],
  ])('with %j is refused: 2', async (args, remedy) => {
    const cwd = await copyOf('scl-rh-python35-el9');
    const { code, stderr } = await scenario.ann.run(['mock-config', ...args], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`to do: ${remedy}`) as string,
    });
    expect(stderr).not.toContain('secret');
  });
});

describe('mock-config at a site with names and profiles of its own', () => {
  const site = cliScenario({ DISTGIT_CONFIG: siteFile });
  const clone = async (): Promise<string> => {
    const { folder, component } = await site.annCopy('scl-python33-el7');
    await writeFile(join(folder, `${component}.spec`), specOf(component));
    return folder;
  };

  it('is what the site says, not CentOS', async () => {
    const printed = await site.ann.must(['mock-config', '--arch', 's390x'], { cwd: await clone() });
    const { 'dnf.conf': repos, ...config } = await loaded(printed);
    expect(config).toEqual({
      root: 'sclo-python33-el7-s390x',
      target_arch: 's390x',
      legal_host_arches: ['s390x'],
      dist: 'el7',
      releasever: '7',
      package_manager: 'dnf',
      isolation: 'nspawn',
      chroot_setup_cmd: 'install bash site-macros-el7 python33-build',
      rpmbuild_networking: false,
      macros: { '%vendor': 'Site "Sclo"', '%packager': 'python33' },
    });
    expect(repos).toContain(
      '[build]\nname=build\nbaseurl=https://koji.example.org/kojifiles/repos/sclo-python33-el7-build/latest/s390x/\n',
    );
  });

  it('--external has its repositories in their order, and asks for those without address', async () => {
    const cwd = await clone();
    const args = ['mock-config', '--arch', 'x86_64', '--external'];
    expect(await site.ann.run(args, { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('to do: Say it: --repo site7-secret=URL') as string,
    });
    const known = [...args, '--repo', 'site7-secret=https://repos.example.org/secret/'];
    const { 'dnf.conf': repos } = await loaded(await site.ann.must(known, { cwd }));
    expect((repos as string).match(/^(\[.*\]|baseurl=.*|priority=.*)$/gm)).toEqual([
      '[main]',
      '[site7-os]',
      'baseurl=file:///srv/site7/os/x86_64/',
      'priority=1',
      '[site7-updates]',
      'baseurl=https://repos.example.org/updates/x86_64/',
      'priority=2',
      '[site7-secret]',
      'baseurl=https://repos.example.org/secret/',
      'priority=3',
    ]);
  });

  it('verrel tells the target of the site, and none where the server can not be asked', async () => {
    const cwd = await clone();
    const told = () => site.ann.json(['verrel'], { cwd });
    expect(await told()).toMatchObject({ target: 'sclo-python33-el7' });
    await unplug(site, cwd);
    expect(await told()).toMatchObject({ target: null });
  });
});

describe('mockbuild', () => {
  /** What mock would build, aside. */
  async function sourcePackage(cwd: string): Promise<string> {
    const srpm = 'rh-python35-tool-1-1.src.rpm';
    await scenario.ann.must(['srpm'], { cwd });
    const aside = join(scenario.path('built'), srpm);
    await mkdir(dirname(aside));
    await rename(join(cwd, srpm), aside);
    return aside;
  }

  /** A folder with the program `mock`, and the environment that finds it. */
  async function withMock() {
    const bin = scenario.path('bin');
    await mkdir(bin);
    await writeFile(join(bin, 'mock'), MOCK);
    await chmod(join(bin, 'mock'), 0o755);
    const { ann } = scenario;
    const env = { PATH: `${bin}:${ann.env.PATH}`, SSH_AUTH_SOCK: '/run/agent' };
    const said = async (file: string) => (await readFile(join(bin, file), 'utf8')).split('\n');
    return { bin, env, said };
  }

  it('builds the source package in the buildroot of the branch', async () => {
    const cwd = await copyOf();
    const { bin, env, said } = await withMock();
    const args = [
      'mockbuild',
      '-N',
      '--without',
      'tests',
      '--enablerepo',
      'own',
      '--',
      '--verbose',
    ];
    const { code, stdout } = await scenario.ann.run(args, { cwd, env });
    const srpm = 'rh-python35-tool-1-1.src.rpm';
    const results = join(cwd, 'results_tool/1/1');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Wrote: ${join(results, 'built.x86_64.rpm')}\nWrote: ${join(results, srpm)}\n`,
    });
    const root = 'sclo7-rh-python35-rh-el7-x86_64';
    const given = await said('args');
    const configdir = given[given.indexOf('--configdir') + 1] ?? '';
    expect(given.join(' ').trim()).toBe(
      '--no-clean --no-cleanup-after --without tests --enablerepo own --verbose ' +
        `--configdir ${configdir} -r ${root} --resultdir ${results} --rebuild ${join(cwd, srpm)}`,
    );
    expect((await readdir(join(bin, 'config'))).sort()).toEqual([
      'logging.ini',
      `${root}.cfg`,
      'site-defaults.cfg',
    ]);
    const config = await readFile(join(bin, 'config', `${root}.cfg`), 'utf8');
    expect(await loaded(config)).toMatchObject({ root });
    await expect(readdir(configdir)).rejects.toThrow('ENOENT');
    const environment = await said('env');
    expect(environment).toContain(`HOME=${scenario.ann.home}`);
    expect(environment.join()).not.toContain('SSH_AUTH_SOCK');
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe('?? tool.spec\n');
  });

  it('--root takes a configuration of mock, --shell goes into the buildroot', async () => {
    const cwd = await copyOf();
    const { env, said } = await withMock();
    const args = ['mockbuild', '--root', 'epel-7-x86_64', '--shell'];
    expect(await scenario.ann.run(args, { cwd, env })).toMatchObject({ code: 0 });
    expect(await said('args')).toEqual(['-r', 'epel-7-x86_64', '--shell', '']);
  });

  it("--use-local-mock-config takes mock's own of the branch's name, --use-koji-mock-config ours", async () => {
    const cwd = await copyOf();
    const { env, said } = await withMock();
    const root = 'sclo7-rh-python35-rh-el7-aarch64';
    const local = ['mockbuild', '--use-local-mock-config', '--arch', 'aarch64', '--shell'];
    expect(await scenario.ann.run(local, { cwd, env })).toMatchObject({ code: 0 });
    expect(await said('args')).toEqual(['-r', root, '--shell', '']);
    const own = ['mockbuild', '--use-koji-mock-config', '--shell'];
    expect(await scenario.ann.run(own, { cwd, env })).toMatchObject({ code: 0 });
    expect((await said('args'))[0]).toBe('--configdir');
    for (const more of [['--use-koji-mock-config'], ['--root', 'epel-7-x86_64']])
      expect(await scenario.ann.run([...local, ...more], { cwd, env })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('to do: Give one of --root,') as string,
      });
  });

  it('fails with 6 where mock fails, and says where the logs are', async () => {
    const cwd = await copyOf();
    const { bin, env } = await withMock();
    await writeFile(join(bin, 'fail'), '');
    expect(await scenario.ann.run(['mockbuild'], { cwd, env })).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(
        /^to do: Look at root.log and build.log in .*results_tool/m,
      ) as string,
    });
  });

  it('--srpm-mock builds the source package in mock, too, with what else it is to have', async () => {
    const cwd = await copyOf();
    const { bin, env } = await withMock();
    const built = await sourcePackage(cwd);
    await writeFile(
      join(bin, 'mock'),
      `#!/bin/sh
echo "$@" >> "$(dirname "$0")/all"
while [ $# -gt 0 ]; do
  case "$1" in
    --resultdir) results=$2 ;;
    --buildsrpm) srpm=yes ;;
  esac
  shift
done
[ "$srpm" = yes ] && cp '${built}' "$results/"
exit 0
`,
    );
    const srpm = 'rh-python35-tool-1-1.src.rpm';
    const args = ['mockbuild', '--mock-config', 'own', '--srpm-mock', '-n', '--md5'];
    await scenario.ann.must([...args, '--extra-pkgs', 'gdb', 'strace'], { cwd, env });
    const said = (await readFile(join(bin, 'all'), 'utf8')).split('\n');
    const digests = ['source', 'binary'].map((kind) => `--define _${kind}_filedigest_algorithm 1`);
    const folder = / --resultdir (\S+) --buildsrpm /.exec(said[1] ?? '')?.[1] ?? '';
    expect(said).toEqual([
      '--version',
      `--no-clean ${digests.join(' ')} -r own --resultdir ${folder} --buildsrpm ` +
        `--spec ${join(cwd, 'tool.spec')} --sources ${cwd}`,
      '--no-clean --additional-package gdb --additional-package strace -r own ' +
        `--resultdir ${join(cwd, 'results_tool/1/1')} --rebuild ${join(cwd, srpm)}`,
      '',
    ]);
    await expect(readdir(folder)).rejects.toThrow('ENOENT');

    // The verb of its own; a package of another name is not kept.
    await rm(join(cwd, srpm));
    expect(await scenario.ann.must(['srpm', '--srpm-mock', '-r', 'own'], { cwd, env })).toBe(
      `Wrote: ${join(cwd, srpm)}\n`,
    );
    await rm(join(cwd, srpm));
    const other = await copyOf('scl-python33-el7', 'other');
    for (const [more, code, said] of [
      [['-r', 'own'], 6, /builds rh-python35-tool, but other in python33/],
      [['--define', 'a b'], 2, /options of rpmbuild do not count/],
    ] as const)
      expect(
        await scenario.ann.run(['srpm', '--srpm-mock', ...more], { cwd: other, env }),
      ).toMatchObject({ code, stderr: expect.stringMatching(said) as string });
    expect((await readdir(other)).filter((name) => name.endsWith('.rpm'))).toEqual([]);
  });

  it('--default-mock-resultdir leaves the results to mock', async () => {
    const cwd = await copyOf();
    const { bin, env, said } = await withMock();
    await writeFile(join(bin, 'mock'), '#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/args"\n');
    const args = ['mockbuild', '--root', 'own', '--default-mock-resultdir'];
    await scenario.ann.must(args, { cwd, env });
    const srpm = join(cwd, 'rh-python35-tool-1-1.src.rpm');
    expect(await said('args')).toEqual(['-r', 'own', '--rebuild', srpm, '']);
    expect(await readdir(cwd)).not.toContain('results_tool');
  });

  describe('that is interrupted', { timeout: 180_000 }, () => {
    const isRoot = process.getuid?.() === 0;
    const as = (words: string): string => (isRoot ? `setpriv ${words}` : '');
    /** Says what it hears; the real one becomes root, here root's becomes somebody else. */
    const LISTENING = `#!/bin/sh
[ "$1" = --version ] && exit
exec ${as('--reuid=65534 --clear-groups --inh-caps=-all --')} sh -c '
trap "echo heard INT; sleep 1; echo tidy; exit 1" INT
trap "echo heard TERM; exit 1" TERM
echo "mock is $$"
for i in $(seq 3000); do sleep 0.1; done'
`;

    async function withListeningMock() {
      const bin = scenario.path('listening');
      await mkdir(bin);
      await writeFile(join(bin, 'mock'), LISTENING, { mode: 0o755 });
      return { cwd: await copyOf(), PATH: `${bin}:${scenario.ann.env.PATH}` };
    }

    /** centpkg with mock, without a terminal; what it said so far. */
    async function running(program: readonly string[]) {
      const { cwd, PATH } = await withListeningMock();
      const [name = '', ...before] = program;
      const args = [...before, 'mockbuild', '--root', 'any'];
      const env = { ...scenario.ann.env, PATH };
      const child = spawn(name, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
      const ended = once(child, 'exit').then(([code]) => code as number);
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const until = (words: RegExp) =>
        expect.poll(() => words.exec(said)?.[1] ?? null, { timeout: 60_000 }).not.toBeNull();
      await until(/mock is (\d+)/);
      return { child, ended, until, mock: Number(/mock is (\d+)/.exec(said)?.[1]) };
    }

    it('Ctrl-C reaches it by the terminal, whoever it is, and it is waited for', async () => {
      const { cwd, PATH } = await withListeningMock();
      const command = `env 'PATH=${PATH}' ${as('--bounding-set=-kill')} centpkg mockbuild --root any`;
      const session = startOnTerminal(scenario.ann, command, { columns: 80, rows: 24, cwd });
      await expect.poll(() => session.shown(), { timeout: 60_000 }).toContain('mock is');
      session.type('\u0003');
      const { code, history } = await session.ended;
      expect(code).toBe(130);
      const lines = history.filter((line) => /heard|tidy|error/.test(line));
      expect(lines.map((line) => line.replace('^C', ''))).toEqual([
        'heard INT',
        'tidy',
        'error: Interrupted; mock is stopped.',
      ]);
    });

    it('it is told to stop where no terminal has done so', async () => {
      const { child, ended, until } = await running(['centpkg']);
      child.kill('SIGTERM');
      await until(/(heard TERM)/);
      expect(await ended).toBe(130);
    });

    it.runIf(isRoot)('as another user it is waited for, which is said', async () => {
      const { child, ended, until, mock } = await running([
        'setpriv',
        '--bounding-set=-kill',
        'centpkg',
      ]);
      child.kill('SIGTERM');
      await until(/(mock runs as another user and can not be told to stop)/);
      process.kill(mock, 'SIGKILL');
      expect(await ended).toBe(130);
    });
  });

  it('without mock says what to install, and makes nothing: 2', async () => {
    const cwd = await copyOf();
    const before = await readdir(cwd);
    expect(await scenario.ann.run(['mockbuild'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('to do: Install it: dnf install mock') as string,
    });
    expect(await readdir(cwd)).toEqual(before);
  });
});
