import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, leftovers } from '../support/data-folder.ts';
import { RawClient } from '../support/raw-http.ts';
import { BUILD_MS, S3Server } from '../support/s3-server.ts';
import { faultsIn } from '../support/scenario.ts';
import { foundSclo, put, type Sclo, sha512 } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';
import { type FormPart, postForm } from '../support/upload-form.ts';

const MIB = 1024 * 1024;
const MTIME = 'Tue, 13 May 2014 16:53:20 GMT';
const small = randomBytes(50_000);
/** Three parts. */
const large = randomBytes(12 * MIB);
const CONTENTS = { small, large };

let s3: S3Server;
let bucket: string;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let people: Sclo;
let settings: Record<string, string>;

beforeAll(async () => {
  s3 = await S3Server.open('versitygw');
  bucket = await s3.newBucket();
  temporary = await temporaryFolder();
  const fileOf = async (name: string, content: string): Promise<string> => {
    const path = join(temporary.path, name);
    await writeFile(path, `${content}\n`, { mode: 0o600 });
    return path;
  };
  settings = {
    DISTGIT_STORAGE_KIND: 's3',
    DISTGIT_STORAGE_S3_BUCKET: bucket,
    DISTGIT_STORAGE_S3_PREFIX: 'lookaside/',
    DISTGIT_STORAGE_S3_ENDPOINT: s3.url,
    DISTGIT_STORAGE_S3_PATH_STYLE: 'true',
    DISTGIT_STORAGE_S3_ACCESS_KEY_ID_FILE: await fileOf('id', s3.credentials.accessKeyId),
    DISTGIT_STORAGE_S3_SECRET_ACCESS_KEY_FILE: await fileOf(
      'secret',
      s3.credentials.secretAccessKey,
    ),
  };
  server = await new TestServer(join(temporary.path, 'data'), settings).start();
  people = await foundSclo(server);
}, BUILD_MS);
afterAll(async () => {
  await server.stop();
  await s3[Symbol.asyncDispose]();
  await temporary[Symbol.asyncDispose]();
});

const form = (file: string, content: Buffer, hash = sha512(content)): FormPart[] => [
  ['name', 'scls/python'],
  ['sha512sum', hash],
  ['file', { name: file, content }],
  ['mtime', '1400000000'],
];
const upload = (parts: FormPart[]) =>
  postForm(`${server.url}/repo/pkgs/upload.cgi`, people.committer, parts);
const address = (file: string, content: Buffer, root = '/repo/pkgs/scls'): string =>
  `${server.url}${root}/python/${file}/sha512/${sha512(content)}/${file}`;
const nameOf = (file: string, content: Buffer): string =>
  `lookaside/python/${file}/sha512-${sha512(content)}`;

describe.each(['small', 'large'] as const)('a %s file in a bucket', (size) => {
  const content = CONTENTS[size];
  const file = `${size}.tar.gz`;

  it("is uploaded by rpkg's form, once, under a name that says what it is", async () => {
    const stored = await upload(form(file, content));
    expect(stored.status).toBe(200);
    expect(stored.text).toMatch(/stored OK\n$/);
    expect((await upload(form(file, content))).text).toMatch(/already exists\n/);
    expect(await s3.names(bucket)).toContain(nameOf(file, content));
    expect(await s3.leftovers(bucket)).toEqual([]);
  });

  it('is uploaded by PUT, once', async () => {
    const status = () => put(server, people.committer, 'python', `put-${file}`, content);
    expect(await status()).toBe(201);
    expect(await status()).toBe(200);
    expect(await s3.names(bucket)).toContain(nameOf(`put-${file}`, content));
  });

  it('is uploaded with the file before the fields', async () => {
    const [name, sum, part, mtime] = form(`first-${file}`, content);
    const answer = await upload([part, name, sum, mtime] as FormPart[]);
    expect(answer.text).toMatch(/stored OK\n$/);
  });

  it('of another checksum leaves nothing listed', async () => {
    const before = await s3.names(bucket);
    const wrong = sha512('something else');
    expect((await upload(form('wrong.tar', content, wrong))).status).toBe(400);
    expect(await put(server, people.committer, 'python', 'wrong.tar', content, wrong)).toBe(400);
    expect(await s3.names(bucket)).toEqual(before);
    expect(await s3.leftovers(bucket)).toEqual([]);
  });

  it('that breaks off leaves nothing listed', async () => {
    const before = await s3.names(bucket);
    using client = await RawClient.connect(server.url);
    client.head('PUT', `/lookaside/python/broken.tar/sha512/${sha512(content)}`, {
      Authorization: `Bearer ${people.committer}`,
      'Content-Length': content.length,
    });
    await client.send(content.subarray(0, content.length - 100));
    client.destroy();
    const clean = async () => (await s3.leftovers(bucket)).length === 0;
    expect(await eventually(clean)).toBe(true);
    expect(await s3.names(bucket)).toEqual(before);
  });

  it('is downloaded whole and by ranges, through the server, and told of by HEAD', async () => {
    for (const root of ['/repo/pkgs/scls', '/lookaside/pkgs', '/sources']) {
      const url = address(file, content, root);
      const whole = await fetch(url, { redirect: 'error' });
      expect(whole.status).toBe(200);
      expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
      const head = await fetch(url, { method: 'HEAD', redirect: 'error' });
      for (const { headers } of [whole, head])
        expect(Object.fromEntries(headers)).toMatchObject({
          'content-length': String(content.length),
          'last-modified': MTIME,
          'accept-ranges': 'bytes',
          etag: `"${sha512(content)}"`,
        });
    }
    const Range = `bytes=1000-${content.length - 2}`;
    const part = await fetch(address(file, content), { headers: { Range } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(1000, -1))).toBe(true);
  });

  it('is redirected to by GET alone, where the settings say so', async () => {
    await server.stop();
    const redirecting = { ...settings, DISTGIT_STORAGE_DOWNLOADS: 'redirect' };
    await using other = await new TestServer(server.data, redirecting).start();
    const path = new URL(address(file, content)).pathname;
    const answer = await fetch(other.url + path, { redirect: 'manual' });
    expect(answer.status).toBe(307);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const location = answer.headers.get('location') ?? '';
    expect(location.startsWith(`${s3.url}/${bucket}/lookaside/python/`)).toBe(true);
    expect(location).not.toContain(s3.credentials.secretAccessKey);
    const followed = await fetch(other.url + path, { headers: { Range: 'bytes=7-' } });
    expect(followed.status).toBe(206);
    expect(Buffer.from(await followed.arrayBuffer()).equals(content.subarray(7))).toBe(true);
    const head = await fetch(other.url + path, { method: 'HEAD', redirect: 'error' });
    expect([head.status, head.headers.get('content-length')]).toEqual([
      200,
      String(content.length),
    ]);
    const none = await fetch(other.url + path.replace(/[^/]+$/, 'x'), { redirect: 'manual' });
    expect(none.status).toBe(404);
    const beyond = { Range: `bytes=${content.length}-` };
    const range = await fetch(other.url + path, { redirect: 'manual', headers: beyond });
    expect(range.status).toBe(416);
    await other.stop();
    await server.start();
  });
});

describe('a bucket that is away', () => {
  it('is 503 with words, for uploads and downloads, and never a 404', async () => {
    const back = await s3.takeBucketAway(bucket);
    const get = await fetch(address('small.tar.gz', small));
    expect(get.status).toBe(503);
    expect(get.headers.get('etag')).toBeNull();
    const posted = await upload(form('late.tar', small));
    expect(posted).toMatchObject({ status: 503 });
    expect(posted.text).toContain('The look-aside cache can not be reached.');
    await back();
    expect((await fetch(address('small.tar.gz', small))).status).toBe(200);
    expect((await upload(form('late.tar', small))).status).toBe(200);
  });

  it('is told of at the start, and the server does not start', async () => {
    const absent = { ...settings, DISTGIT_STORAGE_S3_BUCKET: 'no-such-bucket' };
    const failed = new TestServer(join(temporary.path, 'other'), absent).start();
    await expect(failed).rejects.toThrow('The bucket no-such-bucket can not be used: ');
  });
});

describe('afterwards', () => {
  it('there was no fault, no secret in the log, and nothing is left', async () => {
    expect(faultsIn(server)).toEqual([]);
    for (const secret of Object.values(s3.credentials)) expect(server.log).not.toContain(secret);
    expect(await leftovers(server.data)).toEqual([]);
    expect(await s3.leftovers(bucket)).toEqual([]);
  });
});
