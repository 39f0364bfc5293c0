import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isStored } from '../support/data-folder.ts';
import { Nginx } from '../support/nginx.ts';
import { git, run } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { foundSclo, sha512, specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const CONTENT = '0123456789'.repeat(10_000);
const HASH = sha512(CONTENT);
const NAME = 'Python 3.3+2.tar';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let nginx: Nginx;
let server: TestServer;
let token: string;
const path = (file: string, hash: string): string =>
  `/lookaside/python/${encodeURIComponent(file)}/sha512/${hash}`;
const get = (headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  fetch(nginx.url + path(NAME, HASH), { headers, method });

beforeAll(async () => {
  temporary = await temporaryFolder();
  nginx = await Nginx.at(join(temporary.path, 'nginx'));
  server = await new TestServer(join(temporary.path, 'data'), {
    DISTGIT_SERVER_URL: nginx.url,
    DISTGIT_STORAGE_DOWNLOADS: 'accel',
  }).start();
  ({ committer: token } = await foundSclo(server));
  await nginx.start(server.url, join(server.data, 'lookaside'));
});
afterAll(async () => {
  await nginx[Symbol.asyncDispose]();
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

describe('behind the shipped nginx', () => {
  it('an upload by curl is asked for before it is sent, and stored', async () => {
    const upload = (bearer: string) => {
      const headers = [
        `Authorization: Bearer ${bearer}`,
        'Expect: 100-continue',
        'Last-Modified: Tue, 13 May 2014 16:53:20 GMT',
      ].flatMap((header) => ['--header', header]);
      const options = ['--silent', '--show-error', '--verbose', '--upload-file', '-'];
      return run('curl', [...options, ...headers, nginx.url + path(NAME, HASH)], {
        input: CONTENT,
      });
    };
    const refused = await upload('nonsense');
    expect(refused.stderr).toContain('HTTP/1.1 401');
    expect(await isStored(server.data, NAME)).toBe(false);
    const done = await upload(token);
    expect(done.stderr).toContain('HTTP/1.1 201');
    expect(await isStored(server.data, NAME)).toBe(true);
  });

  it('a download is what was uploaded, with the headers of the server', async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(CONTENT);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(CONTENT.length),
      'content-disposition': 'attachment',
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable, no-transform',
      'last-modified': 'Tue, 13 May 2014 16:53:20 GMT',
      etag: `"${HASH}"`,
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers.get('x-accel-redirect')).toBeNull();
    expect(answer.headers.get('content-encoding')).toBeNull();
  });

  it('ranges, conditions and HEAD are as without it', async () => {
    const part = await get({ Range: 'bytes=5-14' });
    expect([part.status, await part.text()]).toEqual([206, '5678901234']);
    expect(part.headers.get('content-range')).toBe(`bytes 5-14/${CONTENT.length}`);
    const resumed = await get({ Range: 'bytes=99990-', 'If-Range': `"${HASH}"` });
    expect([resumed.status, await resumed.text()]).toEqual([206, '0123456789']);
    const other = await get({ Range: 'bytes=99990-', 'If-Range': '"other"' });
    expect([other.status, (await other.text()).length]).toEqual([200, CONTENT.length]);
    // By curl: fetch would ask for no cached answer at the same time.
    const condition = ['--header', `If-None-Match: "${HASH}"`, nginx.url + path(NAME, HASH)];
    const same = await run('curl', ['--silent', '--write-out', '%{http_code}', ...condition]);
    expect(same.stdout).toBe('304');
    expect((await get({ Range: 'bytes=100000-' })).status).toBe(416);
    const head = await get({}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '100000']);
  });

  it('nobody gets at the files past the server', async () => {
    const key = `python/${encodeURIComponent(NAME)}/sha512-${HASH}`;
    for (const inside of [`/internal/lookaside/${key}`, '/internal/lookaside/../admin-token'])
      expect((await fetch(nginx.url + inside)).status).toBe(404);
    expect((await fetch(nginx.url + path('none.tar', HASH))).status).toBe(404);
  });

  it('git clones and pushes', async () => {
    const url = new URL(`${nginx.url}/scls/python.git`);
    [url.username, url.password] = ['x', token];
    const copy = join(temporary.path, 'copy');
    await git('/', 'clone', '--quiet', '--branch', 'scl-python33-el7', url.href, copy);
    await commitFiles(copy, {
      'python.spec': specOf('python'),
      'large.patch': 'x\n'.repeat(900_000),
    });
    expect((await push(copy, ['HEAD'], ['-c', 'http.postBuffer=65536'])).code).toBe(0);
  });

  it('the server is without a fault', () => {
    expect(faultsIn(server)).toEqual([]);
  });
});
