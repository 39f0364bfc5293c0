import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/architecture.ts';
import { installPackages } from '../support/debian.ts';
import { git, run } from '../support/process.ts';
import { scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const SCRIPT = join(ROOT, 'deploy/koji/scl-fetch-sources');
const NAME = 'Python-3.3 (rc^1)+x@y,z=1%:~.tar.xz';
const CONTENT = 'what the upstream published\n';
const scenario = scloScenario();
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const line = (file: string, content = CONTENT): string => `SHA512 (${file}) = ${sha512(content)}\n`;

/** Each shell, and a PATH with nothing but what the buildroot of its kind has. */
const shells: Record<string, { program: readonly string[]; path: string }> = {};
/** Serves old md5 addresses and answers that lie; counts what was asked for. */
let other: Server;
let asked: string[] = [];

beforeAll(async () => {
  await installPackages({ dash: 'dash', busybox: 'busybox', curl: 'curl', rpmbuild: 'rpm' });
  const busybox = scenario.path('busybox');
  const applets = ['sed', 'tr', 'rm', 'mv', 'md5sum', 'sha512sum'];
  await mkdir(busybox, { recursive: true });
  for (const applet of applets) await symlink('/bin/busybox', join(busybox, applet));
  await symlink('/usr/bin/curl', join(busybox, 'curl'));
  shells.dash = { program: ['/bin/dash'], path: '/usr/bin:/bin' };
  shells.busybox = { program: ['/bin/busybox', 'sh'], path: busybox };
  await put(scenario.server, scenario.people.committer, 'python', NAME, CONTENT);
  await put(scenario.server, scenario.people.committer, 'python', 'empty.tar', '');
  other = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.includes('missing') === true) response.writeHead(404);
    if (request.url?.includes('cut') === true) {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write(CONTENT);
      setTimeout(() => response.destroy(), 50);
      return;
    }
    response.end(CONTENT);
  });
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready));
});
afterAll(
  () =>
    new Promise((done) => {
      other.close(done);
    }),
);

/** A clone as Koji's builder makes it, with this `sources`. */
async function checkout(sources: string): Promise<string> {
  const folder = scenario.path('checkout');
  const url = scenario.server.gitUrl('python');
  await git('/', 'clone', '--quiet', '--branch', 'scl-python33-el7', url, folder);
  await writeFile(join(folder, 'sources'), sources);
  return folder;
}

function fetchIn(shell: string, folder: string, ...args: string[]) {
  const { program: [program = '', ...first] = [], path = '' } = shells[shell] ?? {};
  return run(program, [...first, SCRIPT, ...args], { cwd: folder, env: { PATH: path } });
}
const elsewhere = (): string =>
  `http://127.0.0.1:${(other.address() as AddressInfo).port}/lookaside`;
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => !/^(\.git|\.gitignore|sources)$/.test(name)).toSorted();

describe.each(['dash', 'busybox'])("Koji's source command under %s", (shell) => {
  it('fetches from the server that the clone is of, and checks', async () => {
    const folder = await checkout(`${line(NAME)}\n${line('empty.tar', '')}`.trimEnd());
    expect(await fetchIn(shell, folder)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await filesIn(folder)).toEqual([NAME, 'empty.tar'].toSorted());
    expect(await readFile(join(folder, NAME), 'utf8')).toBe(CONTENT);
    // Again: what is there and right stays.
    expect((await fetchIn(shell, folder)).code).toBe(0);
  });

  it('has nothing to do for an empty list', async () => {
    expect((await fetchIn(shell, await checkout(''))).code).toBe(0);
  });

  it('reads old lines, and takes another address', async () => {
    const folder = await checkout(`${md5(CONTENT)}  old (1).tar.gz\n`);
    asked = [];
    expect(await fetchIn(shell, folder, elsewhere())).toMatchObject({ code: 0, stderr: '' });
    expect(asked).toEqual([`/lookaside/python/old%20(1).tar.gz/md5/${md5(CONTENT)}`]);
    expect(await filesIn(folder)).toEqual(['old (1).tar.gz']);
  });

  it.each([
    ['missing.tar', 'missing.tar: can not be had from'],
    ['cut.tar', 'cut.tar: can not be had from'],
    ['other.tar', 'other.tar: what came has another sha512 hash than in sources'],
  ])('ends at the first miss, with no part of it: %s', async (file, why) => {
    const first = line('first.tar');
    const folder = await checkout(`${first}${line(file, 'not what comes')}${line('last.tar')}`);
    const { code, stderr } = await fetchIn(shell, folder, elsewhere());
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(await filesIn(folder)).toEqual(['first.tar']);
  });

  it.each([
    ['../evil', 'not allowed'],
    ['/etc/cron.d/evil', 'not allowed'],
    ['.git', 'not allowed'],
    ['-evil', 'not allowed'],
    ['a;touch evil', 'not allowed'],
    ['$(touch evil)', 'not allowed'],
    ['a\tb', 'not allowed'],
    ['a\rb', 'not allowed'],
    ['a*', 'not allowed'],
    ['end ', 'not allowed'],
    ['sources', 'not allowed'],
    ['ä.tar', 'not allowed'],
    ['x'.repeat(256), 'too long'],
  ])('refuses the name %j, and asks for nothing', async (name, why) => {
    for (const text of [line(name), `${md5(CONTENT)}  ${name}\n`]) {
      const folder = await checkout(text);
      asked = [];
      const { code, stderr } = await fetchIn(shell, folder, elsewhere());
      expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
      expect([asked, await filesIn(folder)]).toEqual([[], []]);
    }
  });

  it.each([
    ['a line that is none\n', 'sources has a line that is none: a line that is none'],
    ['SHA512 (a.tar) = 12\n', 'a.tar: its hash in sources is none'],
    [`SHA512 (a.tar) = ${'../'.repeat(42)}ab\n`, 'a.tar: its hash in sources is none'],
    [`LS (a.tar) = ${md5('')}\n`, 'a.tar: its hash in sources is none'],
    [`${line('a.tar').trimEnd()}\r\n`, 'a.tar: its hash in sources is none'],
  ])('refuses %j', async (text, why) => {
    const folder = await checkout(text);
    const { code, stderr } = await fetchIn(shell, folder, elsewhere());
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
  });

  it('leaves alone what is in its way', async () => {
    const folder = await checkout(line('a.tar'));
    await writeFile(join(folder, 'a.tar'), 'something else');
    expect((await fetchIn(shell, folder, elsewhere())).stderr).toContain('with another content');
    expect(await readFile(join(folder, 'a.tar'), 'utf8')).toBe('something else');
    const linked = await checkout(line('b.tar'));
    const target = join(linked, '..', `${shell}-target`);
    await symlink(target, join(linked, 'b.tar'));
    expect((await fetchIn(shell, linked, elsewhere())).stderr).toContain('is no file');
    await expect(readFile(target)).rejects.toThrow('ENOENT');
  });

  it('never says the password of an address', async () => {
    const folder = await checkout(line('missing.tar'));
    const { host } = new URL(elsewhere());
    for (const [login, said] of [
      ['http://ann:sec:k3y@', `missing.tar: can not be had from http://${host}/lookaside`],
      ['HTTP://ann:sec:k3y@', `HTTP://${host}/lookaside is no address`],
      ['ann:sec:k3y@', `${host}/lookaside is no address`],
      ['http://ann:sec:k3y/@', `can not be had from http://${host}/lookaside`],
    ] as const) {
      const { code, stderr } = await fetchIn(shell, folder, `${login}${host}/lookaside`);
      expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
      expect(stderr).not.toContain('k3y');
    }
  });

  it('says where it can not work', async () => {
    const folder = scenario.path('nowhere');
    await mkdir(folder);
    expect((await fetchIn(shell, folder)).stderr).toContain('there is no file sources here');
    await writeFile(join(folder, 'sources'), '');
    expect((await fetchIn(shell, folder)).stderr).toContain('this is no clone of a component');
    const clone = await checkout('');
    expect((await fetchIn(shell, clone, 'file:///etc')).stderr).toContain('is no address of');
  });
});

describe('the package for the buildroot', () => {
  it('is built by rpmbuild, and holds the command', async () => {
    const top = scenario.path('rpmbuild');
    await mkdir(top);
    const define = ['--define', `_topdir ${top}`, '--define', `_sourcedir ${join(SCRIPT, '..')}`];
    const spec = `${SCRIPT}.spec`;
    const built = await run('rpmbuild', ['-bb', ...define, spec], { env: { HOME: top } });
    expect([built.code, built.code === 0 ? '' : built.stderr]).toEqual([0, '']);
    const [name = ''] = await readdir(join(top, 'RPMS/noarch'));
    const file = join(top, 'RPMS/noarch', name);
    const listed = await run('rpm', ['-qp', '--qf', '[%{FILENAMES} %{FILEMODES:perms}\n]', file], {
      env: { HOME: top },
    });
    expect(listed.stdout).toBe('/usr/bin/scl-fetch-sources -rwxr-xr-x\n');
  });
});
