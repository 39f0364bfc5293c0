import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseChecksum } from '../../core/domain/checksum.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { lookasideKey, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseSourceFileName } from '../../core/domain/source-file-name.ts';
import { openPglite } from '../../server/db/database.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = scloScenario();
const FILE = 'Python 3.3+a~b.tar.gz';
const CONTENT = gzipSync('the content of an archive');
const HASH = sha512(CONTENT);
const MTIME = 'Tue, 13 May 2014 16:53:20 GMT';
const IMPORTED = { md5: 'old-md5.tar', sha1: 'old-sha1.tar' } as const;
const hash = (type: string, content: string): string =>
  createHash(type).update(content).digest('hex');

const quoted = encodeURIComponent(FILE);
const spaces = FILE.replaceAll(' ', '%20');
const NEW = `${quoted}/sha512/${HASH}/${quoted}`;
const url = (path: string): string => `${scenario.server.url}${path}`;
const address = (): string => url(`/lookaside/python/${NEW}`);

/** Where the server keeps the file. */
function pathOf(file: string, type: string, hex: string): string {
  const address: SourceAddress = {
    component: parseComponentName('python'),
    file: parseSourceFileName(file),
    checksum: parseChecksum(type, hex),
  };
  return join(scenario.server.data, 'lookaside', lookasideKey(address));
}

beforeAll(async () => {
  const { server, people } = scenario;
  const stored = await fetch(address().replace(/\/[^/]*$/, ''), {
    method: 'PUT',
    headers: { Authorization: `Bearer ${people.committer}`, 'Last-Modified': MTIME },
    body: new Uint8Array(CONTENT),
  });
  expect(stored.status).toBe(201);
  // Uploads with md5 and sha1 are refused: such files only come from an import.
  await server.stop();
  const db = await openPglite(join(server.data, 'database'));
  for (const [type, file] of Object.entries(IMPORTED)) {
    const path = pathOf(file, type, hash(type, file));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file);
    const source = { component: 'python', file, hash_type: type, hash: hash(type, file) };
    await db.sql
      .insertInto('sources')
      .values({ ...source, size: file.length, mtime: new Date(MTIME), uploaded_by: 'ann' } as never)
      .execute();
  }
  await db.close();
  await server.start();
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

  const md5 = hash('md5', IMPORTED.md5);
  const sha1 = hash('sha1', IMPORTED.sha1);
  it.each([
    `/repo/pkgs/python/${IMPORTED.md5}/${md5}/${IMPORTED.md5}`,
    `/repo/pkgs/scls/python/${IMPORTED.md5}/${md5}/${IMPORTED.md5}`,
    `/repo/pkgs/python/${IMPORTED.md5}/md5/${md5}/${IMPORTED.md5}`,
    `/repo/pkgs/python/${IMPORTED.sha1}/sha1/${sha1}/${IMPORTED.sha1}`,
  ])('imported with an old checksum: %s', async (path) => {
    const head = await fetch(url(path), { method: 'HEAD', redirect: 'error' });
    expect(head.status).toBe(200);
    const answer = await fetch(url(path));
    expect(await answer.text()).toBe(path.includes('sha1') ? IMPORTED.sha1 : IMPORTED.md5);
  });
});

describe('what is not there is 404, what is no address too', () => {
  it.each(
    [
      `/lookaside/python/${quoted}/sha512/${'0'.repeat(128)}`,
      `/lookaside/python/other.tar/sha512/${HASH}`,
      `/lookaside/ruby/${NEW}`,
      `/repo/pkgs/python/${quoted}/sha512/${HASH}/other`,
      `/repo/pkgs/other/python/${NEW}`,
      '/repo/pkgs/python',
      '/lookaside/',
    ].map((path) => [path.replaceAll(HASH, '<hash>'), path]),
  )('%s', async (_, path) => {
    for (const method of ['GET', 'HEAD'])
      expect((await fetch(url(path), { method })).status).toBe(404);
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
    await rm(pathOf('lost.tar', 'sha512', sha512('lost')));
    const answer = await fetch(lost);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('etag')).toBeNull();
    expect(answer.headers.get('cache-control') ?? '').not.toContain('immutable');
    await put(server, people.committer, 'python', 'lost.tar', 'lost');
    expect(await (await fetch(lost)).text()).toBe('lost');
    expect(faultsIn(server)).toEqual([]);
  });
});
