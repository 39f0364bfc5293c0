import { rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashOf, importSources, pathOfSource } from '../support/imported-source.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = scloScenario();
const FILE = 'Python 3.3+a~b.tar.gz';
const CONTENT = gzipSync('the content of an archive');
const HASH = sha512(CONTENT);
const MTIME = 'Tue, 13 May 2014 16:53:20 GMT';
const IMPORTED = { md5: 'old-md5.tar', sha1: 'old-sha1.tar' } as const;
const quoted = encodeURIComponent(FILE);
const spaces = FILE.replaceAll(' ', '%20');
const NEW = `${quoted}/sha512/${HASH}/${quoted}`;
const url = (path: string): string => `${scenario.server.url}${path}`;
const address = (): string => url(`/lookaside/python/${NEW}`);

beforeAll(async () => {
  const { server, people } = scenario;
  const stored = await fetch(address().replace(/\/[^/]*$/, ''), {
    method: 'PUT',
    headers: { Authorization: `Bearer ${people.committer}`, 'Last-Modified': MTIME },
    body: new Uint8Array(CONTENT),
  });
  expect(stored.status).toBe(201);
  await importSources(
    server,
    Object.entries(IMPORTED).map(([type, file]) => ({ type, file, content: file, mtime: MTIME })),
  );
});

describe('every template that clients use finds the file, for GET and for anonymous HEAD', () => {
  const templates = [
    ...['/repo/pkgs', '/lookaside/pkgs', '/lookaside', '/repo'].flatMap((root) => [
      `${root}/python/${NEW}`,
      `${root}/scls/python/${NEW}`,
    ]),
    `/repo/pkgs/python/${spaces}/sha512/${HASH}/${spaces}`,
    `/lookaside/python/${quoted}/sha512/${HASH}`,
    `/sources/rpms/python/${NEW}`,
    `/sources/python/${NEW}`,
  ];
  it.each(templates.map((path) => [path.replaceAll(HASH, '<hash>'), path]))(
    '%s',
    async (_, path) => {
      const answer = await fetch(url(path), { redirect: 'error' });
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(CONTENT);
      const head = await fetch(url(path), { method: 'HEAD', redirect: 'error' });
      for (const { status, headers } of [answer, head]) {
        expect(status).toBe(200);
        expect(Object.fromEntries(headers)).toMatchObject({
          'content-length': String(CONTENT.length),
          'content-type': 'application/octet-stream',
          'accept-ranges': 'bytes',
          'last-modified': MTIME,
          'cache-control': expect.stringContaining('immutable'),
          etag: expect.stringMatching(/^"[^"]+"$/),
          'x-content-type-options': 'nosniff',
        });
        expect(headers.get('content-encoding')).toBeNull();
      }
      expect(await head.text()).toBe('');
    },
  );
});

describe('every template finds what was imported with an old checksum, and serves it whole', () => {
  const md5 = hashOf('md5', IMPORTED.md5);
  const sha1 = hashOf('sha1', IMPORTED.sha1);
  const roots = [
    '/repo/pkgs',
    '/lookaside/pkgs',
    '/repo',
    '/lookaside',
    '/sources',
    '/sources/rpms',
  ];
  it.each(roots)(
    "the old Fedora form under %s, with Fedora's namespace and without",
    async (root) => {
      for (const component of ['python', 'scls/python'])
        await expectServed(`${root}/${component}/${IMPORTED.md5}/${md5}/${IMPORTED.md5}`, 'md5');
    },
  );

  it.each(roots)('the new form under %s', async (root) => {
    await expectServed(`${root}/python/${IMPORTED.md5}/md5/${md5}/${IMPORTED.md5}`, 'md5');
    await expectServed(`${root}/python/${IMPORTED.sha1}/sha1/${sha1}/${IMPORTED.sha1}`, 'sha1');
  });

  it.each(['scl-python33-el7', 'sig-sclo7-python33-rh', 'c7', 'c8s-stream-3.6', 'any%2Fthing'])(
    "CentOS's old form with the branch %s: whatever name the file has",
    async (branch) => {
      await expectServed(`/sources/python/${branch}/${sha1}`, 'sha1');
      await expectServed(`/sources/python/${branch}/${md5}`, 'md5');
    },
  );

  /** GET, HEAD, a range and the validators of one address. */
  async function expectServed(path: string, type: 'md5' | 'sha1'): Promise<void> {
    const content = Buffer.from(IMPORTED[type]);
    const ask = async (method: string, headers: Readonly<Record<string, string>> = {}) => {
      using client = await RawClient.connect(scenario.server.url);
      client.head(method, path, headers);
      return await client.answer(20, method === 'HEAD');
    };
    const whole = {
      'content-length': String(content.length),
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      'last-modified': MTIME,
      'cache-control': expect.stringContaining('immutable'),
      etag: expect.stringMatching(/^"[^"]+"$/),
    };
    const head = await ask('HEAD');
    expect([path, head]).toMatchObject([path, { status: 200, headers: whole }]);
    const get = await ask('GET', { 'Accept-Encoding': 'gzip, br' });
    expect([path, get]).toMatchObject([path, { status: 200, headers: whole, body: content }]);
    expect(get.headers['content-encoding']).toBeUndefined();
    const range = await ask('GET', { Range: 'bytes=2-4' });
    expect([path, range.status, range.body]).toEqual([path, 206, content.subarray(2, 5)]);
    for (const [name, value] of [
      ['If-None-Match', head.headers.etag ?? ''],
      ['If-Modified-Since', MTIME],
    ] as const)
      expect([path, name, (await ask('GET', { [name]: value })).status]).toEqual([path, name, 304]);
  }
});

describe('what is not there is 404, what is no address too', () => {
  it.each(
    [
      `/lookaside/python/${quoted}/sha512/${'0'.repeat(128)}`,
      `/lookaside/python/other.tar/sha512/${HASH}`,
      `/lookaside/ruby/${NEW}`,
      `/repo/pkgs/python/${quoted}/sha512/${HASH}/other`,
      `/repo/pkgs/other/python/${NEW}`,
      `/sources/python/c7/${hashOf('sha1', 'absent')}`,
      `/sources/ruby/c7/${hashOf('sha1', 'old-sha1.tar')}`,
      '/sources/python/c7',
      '/repo/pkgs/python',
      '/lookaside/',
    ].map((path) => [path.replaceAll(HASH, '<hash>'), path]),
  )('%s', async (_, path) => {
    for (const method of ['GET', 'HEAD'])
      expect((await fetch(url(path), { method })).status).toBe(404);
  });
});

describe("CentOS's old form", () => {
  it('finds new files too, by the length of the hash, and any of several names', async () => {
    const { server, people } = scenario;
    for (const name of ['b-name.tar', 'a-name.tar', 'c-name.tar'])
      await put(server, people.committer, 'python', name, 'the same content');
    const answer = await fetch(url(`/sources/python/c7/${sha512('the same content')}`));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('the same content');
  });

  it('gives the file of just that component', async () => {
    const { server, people } = scenario;
    await server.must('createComponent', { name: 'ruby', collections: ['python33'] }, people.chair);
    await put(server, people.committer, 'ruby', 'ruby.tar', 'of ruby');
    const [own, other] = ['ruby', 'python'].map((name) =>
      url(`/sources/${name}/c7/${sha512('of ruby')}`),
    );
    expect((await fetch(own ?? '')).status).toBe(200);
    expect((await fetch(other ?? '')).status).toBe(404);
  });
});

describe('a download', () => {
  it('arrives as it is although the client would take it encoded', async () => {
    using client = await RawClient.connect(scenario.server.url);
    client.head('GET', new URL(address()).pathname, { 'Accept-Encoding': 'gzip, br, zstd' });
    const { status, headers, body } = await client.answer();
    expect(status).toBe(200);
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body).toEqual(CONTENT);
  });

  it.each([
    ['bytes=0-4', 0, 4],
    ['bytes=5-', 5, CONTENT.length - 1],
    ['bytes=-3', CONTENT.length - 3, CONTENT.length - 1],
    ['bytes=0-99999', 0, CONTENT.length - 1],
    [`bytes=${CONTENT.length - 1}-`, CONTENT.length - 1, CONTENT.length - 1],
  ])('of the range %s is 206 with just that', async (Range, start, end) => {
    const answer = await fetch(address(), { headers: { Range } });
    expect(answer.status).toBe(206);
    const total = CONTENT.length;
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end}/${total}`);
    expect(answer.headers.get('content-length')).toBe(String(end - start + 1));
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(CONTENT.subarray(start, end + 1));
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', `bytes=${CONTENT.length}-`, 'bytes=-0'])(
    'of the range %s, beyond the end, is 416 and says how long the file is',
    async (Range) => {
      const answer = await fetch(address(), { headers: { Range } });
      expect(answer.status).toBe(416);
      expect(answer.headers.get('content-range')).toBe(`bytes */${CONTENT.length}`);
      expect(answer.headers.get('cache-control') ?? '').not.toContain('immutable');
      await answer.arrayBuffer();
    },
  );

  it.each(['bytes=0-1,3-4', 'lines=1-2', 'bytes=abc'])(
    'of the range %s, which is none that we give, is the whole file',
    async (Range) => {
      const answer = await fetch(address(), { headers: { Range } });
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(CONTENT);
    },
  );

  it('that the client has already is 304, by ETag and by time', async () => {
    const etag = (await fetch(address(), { method: 'HEAD' })).headers.get('etag') ?? '';
    for (const [name, value, status] of [
      ['If-None-Match', etag, 304],
      ['If-None-Match', '"other"', 200],
      ['If-None-Match', `"other", ${etag}`, 304],
      ['If-Modified-Since', MTIME, 304],
      ['If-Modified-Since', 'Tue, 13 May 2014 16:53:19 GMT', 200],
    ] as const) {
      // fetch would add Cache-Control: no-cache.
      using client = await RawClient.connect(scenario.server.url);
      client.head('GET', new URL(address()).pathname, { [name]: value });
      const answer = await client.answer();
      expect(`${name} ${value} ${answer.status}`).toBe(`${name} ${value} ${status}`);
      expect(answer.body).toHaveLength(status === 304 ? 0 : CONTENT.length);
    }
  });

  it('is resumed by If-Range only where the file is the same', async () => {
    const etag = (await fetch(address(), { method: 'HEAD' })).headers.get('etag') ?? '';
    const Range = 'bytes=4-';
    const same = await fetch(address(), { headers: { Range, 'If-Range': etag } });
    expect(same.status).toBe(206);
    expect(Buffer.from(await same.arrayBuffer())).toEqual(CONTENT.subarray(4));
    const other = await fetch(address(), { headers: { Range, 'If-Range': '"other"' } });
    expect(other.status).toBe(200);
    expect(Buffer.from(await other.arrayBuffer())).toEqual(CONTENT);
  });

  it('of a recorded file whose content was lost is never a 200', async () => {
    const { server, people } = scenario;
    await put(server, people.committer, 'python', 'lost.tar', 'lost');
    const lost = url(`/lookaside/python/lost.tar/sha512/${sha512('lost')}`);
    await rm(pathOfSource(server, 'lost.tar', 'sha512', sha512('lost')));
    const answer = await fetch(lost);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('etag')).toBeNull();
    expect(answer.headers.get('cache-control') ?? '').not.toContain('immutable');
    await put(server, people.committer, 'python', 'lost.tar', 'lost');
    expect(await (await fetch(lost)).text()).toBe('lost');
    expect(faultsIn(server)).toEqual([]);
  });
});
