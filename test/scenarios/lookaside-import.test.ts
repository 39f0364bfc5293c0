import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers } from '../support/data-folder.ts';
import { run } from '../support/process.ts';
import { foundSclo, sha512 } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const PROGRAM = resolve(import.meta.dirname, '../../server/import.ts');
const hashOf = (type: string, text: string): string => createHash(type).update(text).digest('hex');

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let tree: string;
let committer: string;

const importer = (...args: string[]) =>
  run(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH ?? '', DISTGIT_SERVER_DATA: server.data },
  });
async function plant(path: string, content: string): Promise<void> {
  const file = join(tree, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await utimes(file, 1_400_000_000, 1_400_000_000);
}
/** Asks the server, which runs for as long as this takes. */
async function served<T>(ask: () => Promise<T>): Promise<T> {
  await server.start();
  try {
    return await ask();
  } finally {
    await server.stop();
  }
}

beforeAll(async () => {
  temporary = await temporaryFolder();
  tree = join(temporary.path, 'tree');
  server = await new TestServer(join(temporary.path, 'data')).start();
  ({ committer } = await foundSclo(server));
  await server.stop();
  const [md5, sha1, strong] = [hashOf('md5', 'old'), hashOf('sha1', 'centos'), sha512('new')];
  await plant(`python/old.tar/${md5}/old.tar`, 'old');
  await plant(`python/new.tar/sha512/${strong}/new.tar`, 'new');
  await plant(`scls/python/spaced.tar/sha512/${sha512('ns')}/spaced.tar`, 'ns');
  await plant(`python/c7/${sha1}`, 'centos');
  await plant(`python/bad.tar/sha512/${strong}/bad.tar`, 'not what its path says');
  await plant(`nobody/x.tar/sha512/${strong}/x.tar`, 'new');
  await plant('README', 'no source');
});
afterAll(async () => {
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

describe('an import of a look-aside tree', () => {
  it('takes every layout, verified, and names what it can not take', async () => {
    const { code, stdout, stderr } = await importer('--tree', tree);
    expect(stdout).toMatch(/^4 imported \(14 B\), 0 there already, 3 failed; \d+ files\/s\n$/);
    expect(code).toBe(6);
    const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect(errors.toSorted()).toEqual([
      expect.stringContaining('README: This is not the address of a source file.'),
      expect.stringContaining('nobody/x.tar'),
      expect.stringContaining('SHA512 check failed'),
    ]);
    expect(await leftovers(server.data)).toEqual([]);
  });

  it('is served by the hash that each was imported with, with its time', async () => {
    await served(async () => {
      for (const [path, content] of [
        [`/repo/pkgs/python/old.tar/${hashOf('md5', 'old')}/old.tar`, 'old'],
        [`/lookaside/python/new.tar/sha512/${sha512('new')}`, 'new'],
        [`/repo/pkgs/scls/python/spaced.tar/sha512/${sha512('ns')}/spaced.tar`, 'ns'],
      ] as const) {
        const answer = await fetch(server.url + path);
        expect([path, answer.status, await answer.text()]).toEqual([path, 200, content]);
        expect(answer.headers.get('last-modified')).toBe('Tue, 13 May 2014 16:53:20 GMT');
      }
      const { items } = await server.must('listSources', { component: 'python' }, committer);
      expect(items.map(({ uploadedBy }) => uploadedBy)).toEqual(Array(4).fill('import'));
      expect((await server.must('showUsage', {})).total).toEqual({ files: 4, bytes: 14 });
    });
  });

  it('takes nothing twice, and goes on where it stopped', async () => {
    const more = sha512('more');
    await plant(`python/more.tar/sha512/${more}/more.tar`, 'more');
    const { stdout } = await importer('--tree', tree);
    expect(stdout).toMatch(/^1 imported \(4 B\), 4 there already, 3 failed;/);
  });

  it('is refused while a server runs on the folder, and without a way in', async () => {
    const busy = await served(() => importer('--tree', tree));
    expect(busy.stderr).toContain('runs on this data folder');
    expect(busy.code).toBe(2);
    const none = await importer();
    expect([none.code, none.stdout.split('\n')[0]]).toEqual([
      2,
      'Usage: npm run import -- [--config FILE] (--tree FOLDER | --list FILE)',
    ]);
    expect((await importer('--tree', join(tree, 'none'))).code).toBe(2);
    expect((await importer('--list', join(tree, 'none'))).code).toBe(2);
  });
});

describe('an import of a list of URLs', () => {
  let upstream: Server;
  let base: string;
  beforeAll(async () => {
    upstream = createServer((req, res) => {
      if (req.url?.endsWith('.tar') === true) res.end(`content of ${req.url}`);
      else res.writeHead(404).end();
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    upstream.close();
  });

  it('downloads and verifies each', async () => {
    const list = join(temporary.path, 'list');
    const lines = [
      '# what came from elsewhere',
      `python ${sha512('content of /a.tar')} ${base}/a.tar`,
      `python ${hashOf('md5', 'content of /b.tar')} ${base}/b.tar named.tar`,
      `python ${sha512('something else')} ${base}/c.tar`,
      `python ${sha512('x')} ${base}/missing`,
      `python ${sha512('x')} file:///etc/passwd`,
      'python nonsense',
      '',
    ];
    await writeFile(list, lines.join('\n'));
    const { code, stdout, stderr } = await importer('--list', list);
    expect(stderr).toContain('answers with status 404');
    expect(stderr).not.toContain('root:');
    expect(stdout).toMatch(/^2 imported \(34 B\), 0 there already, 4 failed;/);
    expect(code).toBe(6);
    await served(async () => {
      const { items } = await server.must('listSources', { component: 'python' });
      expect(items.map(({ file }) => file)).toEqual(expect.arrayContaining(['a.tar', 'named.tar']));
    });
  });
});
