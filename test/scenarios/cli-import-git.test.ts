import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { eventually } from '../support/data-folder.ts';
import { git } from '../support/process.ts';
import { sha512, specOf } from '../support/sclo.ts';

const scenario = cliScenario();
const PYTHON34 = 'scl-rh-python34-el7';
const PYTHON33 = 'scl-python33-el7';

/** Another site's look-aside cache: content by path; null stands for one that never answers. */
const files = new Map<string, Buffer | null>();
const asked: string[] = [];
let cache: Server;
beforeAll(async () => {
  cache = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const content = files.get(path);
    if (content === null) return;
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  cache.listen(0, '127.0.0.1');
  await once(cache, 'listening');
});
afterAll(() => {
  cache.closeAllConnections();
  cache.close();
});
const cacheUrl = (): string => `http://127.0.0.1:${(cache.address() as AddressInfo).port}/their`;

const md5 = (content: Buffer): string => createHash('md5').update(content).digest('hex');
const sha1 = (content: Buffer): string => createHash('sha1').update(content).digest('hex');

/** Another site's repository with one branch, which gets a commit per set of files. */
async function theirRepository(branch: string, commits: readonly Record<string, string | null>[]) {
  const folder = scenario.path('their');
  await mkdir(folder);
  await git(folder, 'init', '--quiet', '--initial-branch', branch);
  const commit = async (content: Record<string, string | null>): Promise<string> => {
    for (const [name, text] of Object.entries(content)) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      if (text === null) await git(folder, 'rm', '--quiet', name);
      else await writeFile(path, text);
    }
    await git(folder, 'add', '--all', '--force');
    await git(folder, 'commit', '--quiet', '--message', `Their ${Object.keys(content).join(' ')}`);
    return (await git(folder, 'rev-parse', 'HEAD')).trim();
  };
  for (const content of commits) await commit(content);
  return { url: `file://${folder}`, folder, commit };
}

interface Report {
  branches: { theirs: string; ours: string; state: string; commit: string; reason: string }[];
  passedOver: string[];
}

async function imports(cwd: string, args: readonly string[], code = 0): Promise<Report> {
  const done = await scenario.ann.run(['import-git', ...args, '--json'], { cwd });
  if (done.code !== code) throw new Error(`exit status ${done.code}: ${done.stdout}${done.stderr}`);
  return JSON.parse(done.stdout) as Report;
}

const stateOf = async (cwd: string): Promise<unknown> => ({
  refs: await scenario.ann.git(cwd, 'for-each-ref', 'refs/heads', 'refs/remotes'),
  fetched: await scenario.ann.git(cwd, 'for-each-ref', 'refs/centpkg'),
  status: await scenario.ann.git(cwd, 'status', '--porcelain'),
  aside: await readdir(join(cwd, '.git/centpkg')).catch(() => []),
});

describe('import-git', () => {
  it('brings history, and sources by SHA-512 in place of the old MD5, and follows what they do', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const { ann } = scenario;
    const [old, fresh] = [randomBytes(1000), randomBytes(2000)];
    files.set(`/their/${component}/a-2.tar.gz/${md5(fresh)}/a-2.tar.gz`, fresh);
    const their = await theirRepository('sig-sclo7-rh-python34-rh', [
      { 'other-name.spec': specOf(component), sources: `${md5(old)}  a-1.tar.gz\n` },
      { 'fix.patch': 'fix\n', sources: `${md5(fresh)}  a-2.tar.gz\n` },
    ]);
    await git(their.folder, 'branch', 'master');
    const tip = (await git(their.folder, 'rev-parse', 'HEAD')).trim();
    const args = [their.url, '--lookaside', cacheUrl()];

    const before = await stateOf(cwd);
    expect(await imports(cwd, [...args, '--dry-run'])).toMatchObject({
      branches: [{ theirs: 'sig-sclo7-rh-python34-rh', ours: PYTHON34, state: 'planned' }],
      passedOver: ['master'],
    });
    expect(await stateOf(cwd)).toEqual(before);

    const first = await imports(cwd, [...args, '--push']);
    expect(first.branches).toMatchObject([
      { ours: PYTHON34, state: 'imported', sources: ['a-2.tar.gz'], reason: null },
    ]);
    expect(await scenario.cached(component)).toEqual(['a-2.tar.gz']);
    const server = scenario.server.gitUrl(component);
    const copy = scenario.path('copy');
    await ann.git('/', 'clone', '--quiet', '--branch', PYTHON34, server, copy);
    expect(await ann.git(copy, 'rev-parse', 'HEAD')).toBe(`${first.branches[0]?.commit}\n`);
    expect(await ann.git(copy, 'merge-base', 'HEAD', tip)).toBe(`${tip}\n`);
    expect(await ann.git(copy, 'show', 'HEAD:sources')).toBe(
      `SHA512 (a-2.tar.gz) = ${sha512(fresh)}\n`,
    );
    expect((await ann.git(copy, 'ls-files')).split('\n').filter(Boolean)).toEqual(
      ['.gitignore', 'fix.patch', `${component}.spec`, 'sources'].sort(),
    );
    expect(await ann.git(copy, 'show', '--no-patch', '--format=%B', 'HEAD')).toContain(
      `Imported-From-Git: ${their.url} sig-sclo7-rh-python34-rh ${tip}\n`,
    );

    const again = await imports(cwd, [...args, '--push']);
    expect(again.branches).toMatchObject([{ state: 'already', commit: null }]);

    // They go on; so do we.
    await their.commit({ 'fix.patch': null, 'better.patch': 'better\n' });
    const second = await imports(cwd, [...args, '--push']);
    expect(second.branches).toMatchObject([{ state: 'imported' }]);
    await ann.git(copy, 'pull', '--quiet');
    expect(await readdir(copy)).toContain('better.patch');
    expect(await readdir(copy)).not.toContain('fix.patch');

    // With work of our own on it, nothing is taken back.
    await ann.must(['switch-branch', PYTHON34], { cwd });
    await writeFile(join(cwd, 'ours.patch'), 'ours\n');
    await ann.git(cwd, 'add', 'ours.patch');
    await ann.git(cwd, 'commit', '--quiet', '--message', 'Ours');
    await their.commit({ 'worse.patch': 'worse\n' });
    const own = await stateOf(cwd);
    const refused = await imports(cwd, args, 6);
    expect(refused.branches[0]).toMatchObject({
      state: 'refused',
      reason: expect.stringMatching(
        /has commits that are not theirs\. Merge them by hand/,
      ) as string,
    });
    expect(await stateOf(cwd)).toEqual(own);
  });

  it('takes the folders and the metadata of git.centos.org, on the branch that is checked out', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const content = randomBytes(1000);
    files.set(`/their/python/c7/${sha1(content)}`, content);
    const their = await theirRepository('c7', [
      {
        [`SPECS/${component}.spec`]: specOf(component),
        'SOURCES/fix.patch': 'fix\n',
        '.python.metadata': `${sha1(content)} SOURCES/a.tar.gz\n`,
        '.gitignore': 'SOURCES/a.tar.gz\n',
      },
    ]);
    const pattern = `${cacheUrl()}/%(name)s/%(branch)s/%(hash)s`;
    const args = [their.folder, '--branch', `c7:${PYTHON33}`, '--name', 'python', '--push'];
    await imports(cwd, [...args, '--lookaside', pattern]);
    const { ann } = scenario;
    expect((await ann.git(cwd, 'ls-files')).split('\n').filter(Boolean)).toEqual(
      ['.gitignore', 'fix.patch', `${component}.spec`, 'sources'].sort(),
    );
    expect(await ann.git(cwd, 'status', '--porcelain')).toBe('');
    expect(await ann.git(cwd, 'show', 'HEAD:sources')).toBe(
      `SHA512 (a.tar.gz) = ${sha512(content)}\n`,
    );
    expect(await ann.git(cwd, 'show', 'HEAD:.gitignore')).toBe('/a.tar.gz\n');
    expect(await ann.git(cwd, 'rev-parse', `origin/${PYTHON33}`)).toBe(
      await ann.git(cwd, 'rev-parse', 'HEAD'),
    );
  });

  it('finds a source where the other cache may have it, and uses what is here', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const [here, there] = [randomBytes(1000), randomBytes(1000)];
    await writeFile(join(cwd, 'ours.tar.gz'), here);
    await scenario.ann.must(['upload', 'ours.tar.gz'], { cwd });
    await scenario.ann.git(cwd, 'reset', '--quiet', '--hard');
    files.set(`/their/${component}/theirs.tar.gz/sha512/${sha512(there)}/theirs.tar.gz`, there);
    const their = await theirRepository(PYTHON33, [
      {
        [`${component}.spec`]: specOf(component),
        sources: `SHA512 (ours.tar.gz) = ${sha512(here)}\nSHA512 (theirs.tar.gz) = ${sha512(there)}\n`,
      },
    ]);
    asked.length = 0;
    await imports(cwd, [their.url, '--lookaside', `${cacheUrl()}/`, '--push']);
    expect(await scenario.cached(component)).toEqual(['ours.tar.gz', 'theirs.tar.gz']);
    expect(asked.filter((path) => path.includes('ours.tar.gz'))).toEqual([]);
  });

  it('carries over files that have the names of files of its own', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const names = ['index', 'message', 'own-sources'];
    for (const name of names)
      files.set(`/their/${component}/${name}/sha512/${sha512(name)}/${name}`, Buffer.from(name));
    const sources = names.map((name) => `SHA512 (${name}) = ${sha512(name)}\n`).join('');
    const their = await theirRepository(PYTHON33, [
      { [`${component}.spec`]: specOf(component), sources },
    ]);
    const { branches } = await imports(cwd, [their.url, '--lookaside', cacheUrl(), '--push']);
    expect(branches).toMatchObject([{ state: 'imported', reason: null }]);
    expect(await scenario.cached(component)).toEqual(names);
    expect(await scenario.ann.git(cwd, 'show', 'HEAD:sources')).toBe(sources);
  });

  it('logs in by the URL, whose password no command line, output or commit has', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const their = await theirRepository(PYTHON33, [
      { [`${component}.spec`]: specOf(component), sources: '' },
    ]);
    await git(their.folder, 'update-server-info');
    const password = 's%cr/t @1';
    const basic = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
    const host = createServer((request, response) => {
      if (request.headers.authorization !== basic) {
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="theirs"' }).end();
        return;
      }
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      readFile(join(their.folder, pathname)).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    try {
      const bin = scenario.path('bin');
      const log = join(bin, 'log');
      await mkdir(bin);
      const { stdout: real } = await scenario.ann.does('sh', ['-c', 'command -v git']);
      const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\nexec ${real.trim()} "$@"\n`;
      await writeFile(join(bin, 'git'), script, { mode: 0o755 });
      const env = { PATH: `${bin}:${scenario.ann.env.PATH}` };
      const { port } = host.address() as AddressInfo;
      const place = `127.0.0.1:${port}/.git`;
      const said: string[] = [];
      const importFrom = async (login: string): Promise<number | null> => {
        const args = ['-d', 'import-git', `http://${login}@${place}`, '--branch', PYTHON33];
        const { code, stdout, stderr } = await scenario.ann.run(args, { cwd, env });
        said.push(stdout, stderr);
        return code;
      };
      expect(await importFrom('ann:wrong-s%25cr')).toBe(6);
      expect(await importFrom(`ann:${encodeURIComponent(password)}`)).toBe(0);
      said.push(await readFile(log, 'utf8'), await scenario.ann.git(cwd, 'log', '--format=%B'));
      expect(said.join('\n')).toContain(`http://${place}`);
      expect(said.join('\n')).not.toMatch(/s%(?:25)?cr/);
    } finally {
      host.closeAllConnections();
      host.close();
    }
  });

  it('is interrupted in a download, changes nothing, and runs again', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const content = randomBytes(1000);
    const path = `/their/${component}/a.tar.gz/md5/${md5(content)}/a.tar.gz`;
    files.set(path, null);
    const their = await theirRepository(PYTHON33, [
      { [`${component}.spec`]: specOf(component), sources: `${md5(content)}  a.tar.gz\n` },
    ]);
    const before = await stateOf(cwd);
    const args = ['import-git', their.url, '--lookaside', cacheUrl()];
    for (const [signal, exit] of [
      ['SIGINT', [130, null]],
      ['SIGKILL', [null, 'SIGKILL']],
    ] as const) {
      asked.length = 0;
      const child = scenario.ann.start(args, cwd);
      child.stdout?.resume();
      child.stderr?.resume();
      const end = once(child, 'exit');
      expect(await eventually(() => asked.includes(path), 120)).toBe(true);
      child.kill(signal);
      expect(await end).toEqual(exit);
      expect(await stateOf(cwd)).toMatchObject({
        ...(before as object),
        // After SIGKILL until the next run.
        fetched: expect.anything() as unknown,
        aside: expect.anything() as unknown,
      });
    }
    files.set(path, content);
    expect((await imports(cwd, args.slice(1))).branches).toMatchObject([{ state: 'imported' }]);
    expect(await stateOf(cwd)).toMatchObject({ status: '', fetched: '', aside: [] });
  });
});

describe('import-git refuses', () => {
  /** A branch of theirs that can not be imported; nothing here changes. */
  async function refusal(
    content: (component: string) => Record<string, string>,
    lookaside: boolean,
    why: RegExp,
  ): Promise<void> {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const their = await theirRepository(PYTHON33, [content(component)]);
    const before = await stateOf(cwd);
    const args = [their.url, ...(lookaside ? ['--lookaside', cacheUrl()] : [])];
    const { branches } = await imports(cwd, args, 6);
    expect(branches).toMatchObject([
      { state: 'refused', commit: null, reason: expect.stringMatching(why) as string },
    ]);
    expect(await stateOf(cwd)).toEqual(before);
    expect(await scenario.cached(component)).toEqual([]);
  }
  const listing = (component: string, line: string) => ({
    [`${component}.spec`]: specOf(component),
    sources: line,
  });
  const wrong = 'f'.repeat(32);

  it('a source that is not what its MD5 says', () =>
    refusal(
      (component) => {
        files.set(`/their/${component}/a.tar.gz/${wrong}/a.tar.gz`, randomBytes(100));
        return listing(component, `${wrong}  a.tar.gz\n`);
      },
      true,
      /a\.tar\.gz from 127\.0\.0\.1:\d+ has md5 [0-9a-f]{32}, not ffff/,
    ));

  it('a source that the other cache does not have', () =>
    refusal(
      (component) => listing(component, `${wrong}  b.tar.gz\n`),
      true,
      /b\.tar\.gz is not at http/,
    ));

  it('a source where no other cache is named', () =>
    refusal(
      (component) => listing(component, `${wrong}  b.tar.gz\n`),
      false,
      /Say where it is: --lookaside/,
    ));

  it('a list of sources that does not parse', () =>
    refusal(
      (component) => listing(component, `${wrong}  ../b\n`),
      true,
      /sources file does not parse.*line 1/,
    ));

  it('a file that is in both lists', () =>
    refusal(
      (component) => ({
        ...listing(component, `${wrong}  b.tar.gz\n`),
        '.a.metadata': `${wrong} SOURCES/b.tar.gz\n`,
      }),
      true,
      /b\.tar\.gz is in sources and in the metadata/,
    ));

  it('two files that would have one name', () =>
    refusal(
      (component) => ({ ...listing(component, ''), 'fix.patch': '1', 'SOURCES/fix.patch': '2' }),
      true,
      /Two files would be fix\.patch/,
    ));

  it.each(['sources', '.gitignore'])('a file that would be our own %s', (name) =>
    refusal(
      (component) => ({ ...listing(component, ''), [`SOURCES/${name}`]: 'theirs\n' }),
      true,
      new RegExp(`Two files would be ${name.replace('.', '\\.')}\\.`),
    ),
  );

  it('to write over a file that git does not know, ignored or not', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const content = { ...listing(component, ''), 'fix.patch': 'theirs\n' };
    const their = await theirRepository(PYTHON33, [content]);
    await writeFile(join(cwd, '.git/info/exclude'), '/fix.patch\n');
    await writeFile(join(cwd, 'fix.patch'), 'mine\n');
    const before = await stateOf(cwd);
    const { branches } = await imports(cwd, [their.url], 6);
    expect(branches[0]?.reason).toMatch(/Not known to git, and in the way: fix\.patch\./);
    expect(await readFile(join(cwd, 'fix.patch'), 'utf8')).toBe('mine\n');
    expect(await stateOf(cwd)).toEqual(before);
  });

  it('what can not be asked for', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const their = await theirRepository('main', [listing(component, '')]);
    const marker = scenario.path('marker');
    const before = await stateOf(cwd);
    for (const [args, code, why] of [
      [[`ext::sh -c "touch ${marker}"`], 2, /not the address of a git repository/],
      [['--', `--upload-pack=touch ${marker}`], 2, /not the address of a git repository/],
      [['ssh://ann:secret@example.org/a.git'], 2, /ssh: takes no password in a URL/],
      [['https://ann:a%0Ab@example.org/a.git'], 2, /password in the URL is not valid/],
      [['https://ann:a/b#c@example.org/a.git'], 2, /^(?!.*a\/b#c).*That is no valid URL/s],
      [['ftp://example.org/a.git'], 2, /ftp: is no protocol/],
      [[their.url, '--lookaside', 'file:///etc'], 2, /not the address of a look-aside cache/],
      [[their.url, '--lookaside', 'https://a:b@example.org'], 2, /not the address of a look-aside/],
      [[their.url], 3, /None of the branches there is one of this component: main/],
      [[their.url, '--branch', 'missing'], 3, /There is no branch missing there/],
      [
        [their.url, '--branch', 'main:scl-other-el7'],
        3,
        /This component has no branch scl-other-el7/,
      ],
      [[their.url, '--branch', 'main'], 2, /"main" is not a release branch/],
      [[`${their.folder}-missing`], 6, /git ls-remote failed/],
    ] as const)
      expect(await scenario.ann.run(['import-git', ...args], { cwd })).toMatchObject({
        code,
        stdout: '',
        stderr: expect.stringMatching(why) as string,
      });
    expect(await stateOf(cwd)).toEqual(before);
    expect(await readdir(dirname(marker))).not.toContain(basename(marker));
  });

  it('changes that are not committed, and commits of the server that the clone lacks', async () => {
    const { folder: cwd, component } = await scenario.annCopy(PYTHON33);
    const their = await theirRepository(PYTHON33, [listing(component, '')]);
    await writeFile(join(cwd, 'sources'), '\n');
    const dirty = await imports(cwd, [their.url], 6);
    expect(dirty.branches[0]?.reason).toMatch(/changes that are not committed/);
    await scenario.ann.git(cwd, 'checkout', '--quiet', 'sources');

    const other = scenario.path('other');
    await scenario.ann.must(['clone', '--branch', PYTHON33, component, other]);
    await writeFile(join(other, `${component}.spec`), specOf(component));
    await scenario.ann.git(other, 'add', '--all');
    await scenario.ann.git(other, 'commit', '--quiet', '--message', 'Others');
    await scenario.ann.must(['push'], { cwd: other });
    const behind = await imports(cwd, [their.url], 6);
    expect(behind.branches[0]?.reason).toMatch(
      /has commits on scl-python33-el7 that the clone lacks/,
    );
  });
});
