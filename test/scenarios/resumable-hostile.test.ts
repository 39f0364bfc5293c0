import { randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, everythingIn } from '../support/data-folder.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { metadata, pairsOf, TusClient } from '../support/tus.ts';

const MiB = 1024 * 1024;
const scenario = scloScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '4 MiB' });
const ann = (): TusClient => new TusClient(scenario.server, scenario.people.committer);
/** The head of a piece that ann sends by hand. @param more of the head: how long the body is */
async function rawPiece(
  path: string,
  offset: number,
  more: Readonly<Record<string, string | number>>,
): Promise<RawClient> {
  const raw = await RawClient.connect(scenario.server.url);
  raw.head('PATCH', path, {
    Authorization: `Bearer ${scenario.people.committer}`,
    'Tus-Resumable': '1.0.0',
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': offset,
    ...more,
  });
  return raw;
}
const folder = (): string => join(scenario.server.data, 'staging/resumable');
const GOOD = pairsOf('good.tar', 'good');
const without = (key: string) => {
  const { [key]: _, ...rest } = GOOD as Readonly<Record<string, string>>;
  return rest;
};

describe('what begins no upload, and leaves nothing:', () => {
  it.each<[string, Readonly<Record<string, string | undefined>>, number, string]>([
    ['no version', { 'Tus-Resumable': undefined }, 412, 'version_unsupported'],
    ['another version', { 'Tus-Resumable': '0.2.2' }, 412, 'version_unsupported'],
    ['no length', { 'Upload-Length': undefined }, 400, 'input_invalid'],
    [
      'a length to be told later',
      { 'Upload-Length': undefined, 'Upload-Defer-Length': '1' },
      400,
      'input_invalid',
    ],
    ['a negative length', { 'Upload-Length': '-1' }, 400, 'input_invalid'],
    ['a length in other words', { 'Upload-Length': '0x10' }, 400, 'input_invalid'],
    ['a length with a fraction', { 'Upload-Length': '1.5' }, 400, 'input_invalid'],
    ['a length beyond 2^53', { 'Upload-Length': '9007199254740993' }, 400, 'input_invalid'],
    ['a length of many digits', { 'Upload-Length': '1'.repeat(300) }, 400, 'input_invalid'],
    ['one byte above the limit', { 'Upload-Length': String(4 * MiB + 1) }, 413, 'too_large'],
    ['no metadata', { 'Upload-Metadata': undefined }, 400, 'input_invalid'],
    ['metadata without base64', { 'Upload-Metadata': 'component python' }, 400, 'input_invalid'],
    [
      'metadata with a comma too many',
      { 'Upload-Metadata': `${metadata(GOOD)},` },
      400,
      'input_invalid',
    ],
    [
      'a key twice',
      { 'Upload-Metadata': `${metadata(GOOD)},${metadata({ file: 'x' })}` },
      400,
      'input_invalid',
    ],
    [
      'text that is not UTF-8',
      {
        'Upload-Metadata': `${metadata(without('file'))},file ${Buffer.from([0xff]).toString('base64')}`,
      },
      400,
      'input_invalid',
    ],
    ['no file', { 'Upload-Metadata': metadata(without('file')) }, 400, 'input_invalid'],
    ['no hash', { 'Upload-Metadata': metadata(without('hash')) }, 400, 'input_invalid'],
    [
      'a path as file',
      { 'Upload-Metadata': metadata({ ...GOOD, file: '../../etc/passwd' }) },
      400,
      'name_invalid',
    ],
    [
      'a path as component',
      { 'Upload-Metadata': metadata({ ...GOOD, component: '../x' }) },
      400,
      'name_invalid',
    ],
    [
      'a component that is not there',
      { 'Upload-Metadata': metadata({ ...GOOD, component: 'foo' }) },
      404,
      'not_found',
    ],
    [
      'a short hash',
      { 'Upload-Metadata': metadata({ ...GOOD, hash: 'ab' }) },
      400,
      'input_invalid',
    ],
    [
      'a hash as a path',
      { 'Upload-Metadata': metadata({ ...GOOD, hash: '../'.padEnd(128, 'a') }) },
      400,
      'input_invalid',
    ],
    [
      'md5',
      { 'Upload-Metadata': metadata({ ...GOOD, hashtype: 'md5', hash: 'a'.repeat(32) }) },
      406,
      'checksum_weak',
    ],
    [
      'a time that is none',
      { 'Upload-Metadata': metadata({ ...GOOD, mtime: '-1' }) },
      400,
      'input_invalid',
    ],
    [
      'a time beyond all dates',
      { 'Upload-Metadata': metadata({ ...GOOD, mtime: '999999999999' }) },
      400,
      'input_invalid',
    ],
  ])('%s', async (_, headers, status, code) => {
    const before = await everythingIn(folder());
    const answer = await ann().create(4, GOOD, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('tus-resumable')).toBe('1.0.0');
    expect(JSON.parse(answer.text)).toMatchObject({ status, code });
    if (status === 412) expect(answer.headers.get('tus-version')).toBe('1.0.0');
    expect(answer.headers.get('location')).toBeNull();
    expect(await everythingIn(folder())).toEqual(before);
  });
});

describe('what names no upload is 404:', () => {
  it.each([
    '/uploads/..%2f..%2fadmin-token',
    '/uploads/admin-token',
    `/uploads/${'0'.repeat(32)}`,
    `/uploads/${'0'.repeat(32)}.json`,
    `/uploads/${'A'.repeat(32)}`,
    `/uploads/${'0'.repeat(32)}%00`,
    `/uploads/${'0'.repeat(5000)}`,
  ])('%s', async (path) => {
    for (const method of ['HEAD', 'DELETE'])
      expect(await ann().send(method, path)).toMatchObject({ status: 404 });
    expect(await ann().patch(path, 0, 'x')).toMatchObject({ status: 404 });
  });
});

describe('a piece is refused, and changes nothing:', () => {
  it.each<[string, Readonly<Record<string, string | undefined>>, number]>([
    ['no version', { 'Tus-Resumable': undefined }, 412],
    ['no offset', { 'Upload-Offset': undefined }, 400],
    ['a negative offset', { 'Upload-Offset': '-2' }, 400],
    ['an offset that is no number', { 'Upload-Offset': 'NaN' }, 400],
    ['two offsets', { 'Upload-Offset': '2, 2' }, 400],
    ['an offset before what is there', { 'Upload-Offset': '1' }, 409],
    ['an offset beyond what is there', { 'Upload-Offset': '3' }, 409],
    ['an offset beyond the file', { 'Upload-Offset': '9007199254740991' }, 409],
    ['no type', { 'Content-Type': undefined }, 415],
    ['another type', { 'Content-Type': 'application/octet-stream' }, 415],
  ])('%s', async (_, headers, status) => {
    const path = await ann().begin('piece.tar', 'piece');
    await ann().patch(path, 0, 'pi');
    expect(await ann().patch(path, 2, 'xx', headers)).toMatchObject({ status });
    expect(await ann().head(path)).toMatchObject({ status: 200, offset: 2 });
  });

  it('more bytes than are missing: none is taken where their number is said', async () => {
    const path = await ann().begin('more.tar', 'more');
    expect(await ann().patch(path, 0, 'more and more')).toMatchObject({ status: 400 });
    expect(await ann().head(path)).toMatchObject({ offset: 0 });
  });

  it('and not beyond the end where it is not; the file can still be made whole', async () => {
    const path = await ann().begin('chunked.tar', 'chunked');
    using raw = await rawPiece(path, 0, { 'Transfer-Encoding': 'chunked' });
    await raw.send('4\r\nchun\r\n');
    await raw.send('10\r\nXXXXXXXXXXXXXXXX\r\n0\r\n\r\n');
    expect((await raw.answer()).status).toBe(400);
    const { offset } = await ann().head(path);
    expect(offset).toBeLessThan(7);
    expect(await ann().patch(path, offset, 'chunked'.slice(offset))).toMatchObject({ status: 204 });
  });

  it('other methods, with those that are possible', async () => {
    const path = await ann().begin('methods.tar', 'm');
    for (const [where, method] of [
      [path, 'GET'],
      [path, 'PUT'],
      ['/uploads', 'GET'],
      ['/uploads', 'DELETE'],
    ] as const) {
      const { status, headers } = await ann().send(method, where);
      expect(status).toBe(405);
      expect(headers.get('allow')).toContain(where === path ? 'PATCH' : 'POST');
    }
  });

  it('with Expect, before the client sends a byte', async () => {
    const path = await ann().begin('expect.tar', 'expect');
    using raw = await rawPiece(path, 3, { 'Content-Length': 3, Expect: '100-continue' });
    expect((await raw.answer()).status).toBe(409);
  });
});

describe('a piece that breaks off', () => {
  it('is kept as far as it came', async () => {
    const content = randomBytes(3 * MiB);
    const path = await ann().begin('broken.tar', content);
    using raw = await rawPiece(path, 0, { 'Content-Length': content.length });
    await raw.send(content.subarray(0, 2 * MiB + 5));
    // Half of it is on the disk before the line is cut: nothing else is known to be read.
    const half = async (): Promise<boolean> => (await ann().head(path)).status === 423;
    expect(await eventually(half)).toBe(true);
    raw.destroy();
    expect(await eventually(async () => (await ann().head(path)).status === 200)).toBe(true);
    const { offset } = await ann().head(path);
    expect(offset).toBeLessThanOrEqual(2 * MiB + 5);
    expect(await ann().patch(path, offset, content.subarray(offset))).toMatchObject({
      status: 204,
      offset: content.length,
    });
  });
});

describe('a line that is dead, but was never closed', () => {
  it('is cut when its client asks anew, long before the idle limit', async () => {
    const content = randomBytes(2 * MiB);
    const path = await ann().begin('dead.tar', content);
    using raw = await rawPiece(path, 0, { 'Content-Length': content.length });
    await raw.send(content.subarray(0, MiB));
    expect(await eventually(async () => (await ann().head(path)).status === 423)).toBe(true);
    // Whose upload it is not learns nothing and cuts nothing.
    const sam = new TusClient(scenario.server, scenario.people.stranger);
    expect(await sam.head(path)).toMatchObject({ status: 404 });
    expect(await eventually(async () => (await ann().head(path)).status === 200, 60)).toBe(true);
    await raw.end();
    expect(await ann().head(path)).toMatchObject({ offset: MiB });
    expect(await ann().patch(path, MiB, content.subarray(MiB))).toMatchObject({ status: 204 });
  });
});

describe('an upload without progress', () => {
  it('expires, and only that is removed, at the next start and in between', async () => {
    const { server } = scenario;
    const [old, young] = [
      await ann().begin('old.tar', 'old'),
      await ann().begin('young.tar', 'young'),
    ];
    await ann().patch(old, 0, 'o');
    const id = old.slice('/uploads/'.length);
    const long = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    for (const name of [id, `${id}.json`]) await utimes(join(folder(), name), long, long);
    await writeFile(join(folder(), 'notes'), 'of somebody else');
    expect(await ann().head(old)).toMatchObject({ status: 404 });
    expect(await ann().patch(old, 1, 'ld')).toMatchObject({ status: 404 });
    await server.stop();
    await server.start();
    const gone = async (): Promise<boolean> =>
      (await readdir(folder())).every((name) => !name.startsWith(id));
    expect(await eventually(gone)).toBe(true);
    expect(await ann().head(young)).toMatchObject({ status: 200, offset: 0 });
    expect(await readdir(folder())).toContain('notes');
  });

  it('stays for as long as pieces come', async () => {
    const path = await ann().begin('alive.tar', 'alive');
    const id = path.slice('/uploads/'.length);
    const long = new Date(Date.now() - 6 * 24 * 3600 * 1000);
    for (const name of [id, `${id}.json`]) await utimes(join(folder(), name), long, long);
    const { headers } = await ann().patch(path, 0, 'al');
    const days = (Date.parse(headers.get('upload-expires') ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
