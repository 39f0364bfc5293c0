import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { storedFiles } from '../support/data-folder.ts';
import { hashOf, importSources } from '../support/imported-source.ts';
import { git, run } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';
import { put, sha512, specOf } from '../support/sclo.ts';
import { rpkgScenario } from './support/rpkg-user.ts';
import { fieldsOf, TokenFront } from './support/token-front.ts';

const scenario = rpkgScenario(await TokenFront.open());
const BRANCH = 'scl-python33-el7';
/** Seconds since 1970. */
const MTIME = 1_400_000_000;
let copies = 0;

/** A clone made by rpkg. */
async function cloned(component = 'python'): Promise<string> {
  const name = `clone-${++copies}`;
  await scenario.must(null, 'clone', '-b', BRANCH, component, name);
  return join(scenario.home, name);
}

/** A clone with a spec and these lines in sources. */
async function clonedWith(sources: string): Promise<string> {
  const copy = await cloned();
  await writeFile(join(copy, 'python.spec'), specOf('python'));
  await writeFile(join(copy, 'sources'), sources);
  return copy;
}

/** A file at home, as old as `MTIME`. */
async function fileOf(name: string, content: Buffer | string): Promise<string> {
  const path = join(scenario.home, name);
  await writeFile(path, content);
  await utimes(path, MTIME, MTIME);
  return path;
}

async function newComponent(name: string): Promise<void> {
  const input = { name, collections: ['python33'] };
  await scenario.server.must('createComponent', input, scenario.people.chair);
}

beforeEach(() => {
  scenario.front.token = scenario.people.committer;
  scenario.front.seen = [];
});

describe('rpkg with the rpkg.conf that the server hands out', () => {
  it('clones a component by its bare name', async () => {
    const copy = await cloned();
    expect(await git(copy, 'remote', 'get-url', 'origin')).toBe(
      `${scenario.front.url}/scls/python.git\n`,
    );
    expect(await git(copy, 'branch', '--show-current')).toBe(`${BRANCH}\n`);
  });

  it('clones each branch into a folder of its own: the branch expression fits', async () => {
    await scenario.must(null, 'clone', '-B', 'python', 'dirs');
    for (const branch of [BRANCH, 'scl-rh-python34-el6'])
      expect((await stat(join(scenario.home, 'dirs', branch, '.git'))).isDirectory()).toBe(true);
  });

  it('uploads new sources: asks, sends, and notes them in sources and .gitignore', async () => {
    const copy = await cloned();
    const content = gzipSync('a source archive');
    const file = await fileOf('Python-3.3+a~b^1.tar.gz', content);
    const said = await scenario.must(copy, 'new-sources', file);
    expect(said).toContain('Source upload succeeded');
    expect(scenario.front.uploads.map(({ path, status }) => [path, status])).toEqual([
      ['/repo/pkgs/upload.cgi', 200],
      ['/repo/pkgs/upload.cgi', 200],
    ]);
    expect(scenario.front.uploads.map(({ body }) => fieldsOf(body))).toEqual([
      ['name', 'sha512sum', 'filename'],
      ['name', 'sha512sum', 'file', 'mtime'],
    ]);
    expect(await readFile(join(copy, '.gitignore'), 'utf8')).toContain(
      '/Python-3.3+a~b^1.tar.gz\n',
    );
    expect(await readFile(join(copy, 'sources'), 'utf8')).toContain(sha512(content));
    const url = `${scenario.server.url}/repo/pkgs/python/Python-3.3%2Ba~b%5E1.tar.gz/sha512/${sha512(content)}/Python-3.3%2Ba~b%5E1.tar.gz`;
    const answer = await fetch(url);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(content);
    expect(answer.headers.get('last-modified')).toBe(new Date(MTIME * 1000).toUTCString());
  });

  it('sends nothing of what is there', async () => {
    const copy = await cloned();
    const files = [await fileOf('one.bin', 'one'), await fileOf('two.bin', 'two')];
    await scenario.must(copy, 'upload', ...files);
    const stored = await storedFiles(scenario.server.data);
    scenario.front.seen = [];
    expect(await scenario.must(copy, 'new-sources', ...files)).toContain(
      'All sources were already uploaded',
    );
    expect(scenario.front.uploads.map(({ body }) => fieldsOf(body))).toEqual([
      ['name', 'sha512sum', 'filename'],
      ['name', 'sha512sum', 'filename'],
    ]);
    expect(await storedFiles(scenario.server.data)).toEqual(stored);
  });

  it('uploads a file that is larger than what curl sends unasked', async () => {
    const copy = await cloned();
    const content = Buffer.alloc(9 * 2 ** 20, 'large');
    await scenario.must(copy, 'upload', await fileOf('large.bin', content));
    const stored = (await storedFiles(scenario.server.data)).find((path) =>
      path.startsWith('python/large.bin/'),
    );
    expect(stored).toContain(sha512(content));
  });

  it('downloads what sources names, with the time of its upload, and verifies it', async () => {
    const copy = await cloned();
    const file = await fileOf('Python-3.tgz', gzipSync('to be downloaded'));
    await scenario.must(copy, 'upload', file);
    const content = await readFile(file);
    const other = await clonedWith(`SHA512 (Python-3.tgz) = ${sha512(content)}\n`);
    scenario.front.token = null;
    await scenario.must(other, 'sources');
    expect(await readFile(join(other, 'Python-3.tgz'))).toEqual(content);
    expect((await stat(join(other, 'Python-3.tgz'))).mtimeMs).toBe(MTIME * 1000);
    // A second time there is nothing to do.
    expect(await scenario.must(other, 'sources')).toContain('Not downloading already downloaded');
  });

  it('says of a file that the cache does not have what the server said', async () => {
    const copy = await clonedWith(`SHA512 (absent.tgz) = ${sha512('absent')}\n`);
    const { code, stderr } = await scenario.rpkg(copy, 'sources');
    expect(code).not.toBe(0);
    expect(stderr).toContain('Dist-git server returned status code 404');
  });

  it('downloads by an old line of md5 what was imported with it', async () => {
    const content = 'imported long ago';
    await importSources(scenario.server, [{ file: 'old.tar', type: 'md5', content }]);
    const copy = await clonedWith(`${hashOf('md5', content)}  old.tar\n`);
    await scenario.must(copy, 'sources');
    expect(await readFile(join(copy, 'old.tar'), 'utf8')).toBe(content);
  });

  it('imports a source package: text to git, the rest to the look-aside cache', async () => {
    await newComponent('hello');
    const copy = await cloned('hello');
    const archive = gzipSync('hello, world');
    const build = scenario.path('rpmbuild');
    await git('/', 'init', '--quiet', build);
    await writeFile(join(build, 'hello-1.tar.gz'), archive);
    await writeFile(join(build, 'fix.patch'), '--- a\n+++ b\n');
    const spec = specOf('hello').replace(
      '%description',
      'Source0: hello-1.tar.gz\nPatch0: fix.patch\n%description',
    );
    await writeFile(join(build, 'hello.spec'), spec);
    const define = ['--define', `_topdir ${build}`, '--define', `_sourcedir ${build}`];
    const built = await run('rpmbuild', ['-bs', ...define, join(build, 'hello.spec')]);
    const srpm = /^Wrote: (.*\.src\.rpm)$/m.exec(built.stdout)?.[1] ?? built.stderr;

    expect(await scenario.must(copy, 'import', '--skip-diffs', srpm)).toContain(
      'New content staged and new sources uploaded.',
    );
    expect(await git(copy, 'diff', '--cached', '--name-only')).toBe(
      '.gitignore\nfix.patch\nhello.spec\nsources\n',
    );
    const { items } = await scenario.server.must('listSources', { component: 'hello' });
    expect(items).toMatchObject([
      { file: 'hello-1.tar.gz', hash: sha512(archive), uploadedBy: 'ann' },
    ]);
  });

  it('pre-push-check asks by HEAD, without a login, whether the sources are there', async () => {
    const copy = await cloned();
    const content = 'checked before the push';
    await put(scenario.server, scenario.people.committer, 'python', 'checked.tar', content);
    const spec = specOf('python').replace(
      '%description',
      'Source0: https://example.org/checked.tar\n%description',
    );
    await writeFile(join(copy, 'python.spec'), spec);
    const commit = async (hash: string): Promise<void> => {
      await writeFile(join(copy, 'sources'), `SHA512 (checked.tar) = ${hash}\n`);
      await git(copy, 'add', '--all');
      await git(copy, 'commit', '--quiet', '--message', 'Name the source');
    };
    // rpkg knows the names of RHEL's releases only.
    const check = ['--release', 'rhel-7', 'pre-push-check', 'HEAD'] as const;
    scenario.front.seen = [];
    await commit(sha512(content));
    await scenario.must(copy, ...check);
    const heads = scenario.front.seen.filter(({ method }) => method === 'HEAD');
    expect(heads.map(({ path, status }) => [path, status])).toEqual([
      [`/repo/pkgs/python/checked.tar/sha512/${sha512(content)}/checked.tar`, 200],
    ]);
    expect(heads[0]?.headers).not.toHaveProperty('authorization');

    await commit(sha512('never uploaded'));
    const { code, stderr } = await scenario.rpkg(copy, ...check);
    expect(stderr).toContain("wasn't uploaded to the lookaside cache");
    expect(code).toBe(5);
  });
});

describe("rpkg's own program, which notes sources in the form for md5 whatever the hash", () => {
  it('is told so when it pushes them: no client could read them back, itself neither', async () => {
    const copy = await clonedWith('');
    const content = gzipSync('noted in the wrong form');
    await scenario.must(copy, 'new-sources', await fileOf('odd.tar.gz', content));
    expect(await readFile(join(copy, 'sources'), 'utf8')).toBe(`${sha512(content)}  odd.tar.gz\n`);
    await git(copy, 'add', '--all');
    await scenario.must(copy, 'commit', '-m', 'Odd sources');
    const { code, stdout, stderr } = await scenario.rpkg(copy, 'push');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('is not "SHA512 (file) = checksum"');
    const { stderr: own } = await scenario.rpkg(
      await clonedWith(`${sha512(content)}  odd.tar.gz\n`),
      'sources',
    );
    expect(own).toContain('status code 404');
  });
});

describe('rpkg is told of a refusal, and notes nothing as uploaded', () => {
  it.each([
    ['nobody is logged in', 'nobody', '', 'Dist-git request is unauthorized.', 401],
    ['who may not upload', 'stranger', '', 'Server returns status 403', 403],
    ['md5 in an old configuration', 'committer', 'md5', 'Server returns status 406', 406],
    ['sha1 in an old configuration', 'committer', 'sha1', 'Server returns status 406', 406],
  ] as const)('%s', async (_, who, hash, text, status) => {
    const config = await scenario.config('rpkg', (conf) =>
      hash === '' ? conf : conf.replace('lookasidehash = sha512', `lookasidehash = ${hash}`),
    );
    const copy = await cloned();
    const sources = (await git(copy, 'status', '--short')) + (await git(copy, 'ls-files'));
    const file = await fileOf(`refused-${status}-${hash}.tar`, 'refused');
    scenario.front.token = who === 'nobody' ? null : scenario.people[who];
    const done = await scenario.runAs('rpkg', config, copy, ['new-sources', file]);
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain(text);
    expect(scenario.front.uploads.at(-1)?.status).toBe(status);
    expect((await git(copy, 'status', '--short')) + (await git(copy, 'ls-files'))).toBe(sources);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
