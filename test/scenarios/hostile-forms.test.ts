import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, isStored, leftovers, storedFiles } from '../support/data-folder.ts';
import { watchMemory } from '../support/process-memory.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { FORM_TYPE, type FormPart, formBody } from '../support/upload-form.ts';

const scenario = scloScenario();
const CGI = '/repo/pkgs/upload.cgi';
const CONTENT = 'hostile';
const BOUNDARY = `--${FORM_TYPE.split('boundary=')[1]}`;

const fields: readonly FormPart[] = [
  ['name', 'python'],
  ['sha512sum', sha512(CONTENT)],
];
const file: FormPart = ['file', { name: 'a.tar', content: CONTENT }];

/** Sends a body as upload.cgi's; `length` may promise more than is sent, which then ends. */
async function send(
  body: Buffer,
  headers: Readonly<Record<string, string | number>> = {},
): Promise<{ status: number; text: string }> {
  using client = await RawClient.connect(scenario.server.url);
  client.head('POST', CGI, {
    Authorization: `Bearer ${scenario.people.committer}`,
    'Content-Type': FORM_TYPE,
    'Content-Length': body.length,
    ...headers,
  });
  await client.send(body);
  const answer = await client.answer();
  return { status: answer.status, text: answer.body.toString() };
}

async function expectRefused(body: Buffer, status = 400): Promise<void> {
  const memory = watchMemory(scenario.server.pid);
  const start = performance.now();
  const answer = await send(body);
  const { self } = memory.stop();
  expect(await storedFiles(scenario.server.data)).toEqual([]);
  expect(answer.status).toBe(status);
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\n\s+at /);
  expect(performance.now() - start).toBeLessThan(15_000);
  // PGlite alone takes some 400 MiB.
  expect(self).toBeLessThan(900);
}

afterEach(async () => {
  const { server } = scenario;
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(await eventually(async () => (await leftovers(server.data)).length === 0)).toBe(true);
});

describe('a form is refused', () => {
  it('with 10,000 fields, or 10,000 files', async () => {
    const manyFields = Array.from({ length: 10_000 }, (_, n): FormPart => [`field${n}`, 'x']);
    await expectRefused(formBody([...manyFields, ...fields, file]));
    const manyFiles = Array.from({ length: 10_000 }, (): FormPart => file);
    await expectRefused(formBody([...manyFiles, ...fields]));
  });

  it('with a field of 100 MiB', async () => {
    await expectRefused(formBody([['name', 'p'.repeat(100 * 2 ** 20)], file]));
  });

  it('with a field whose name has 1 MiB', async () => {
    await expectRefused(formBody([['n'.repeat(2 ** 20), 'x'], ...fields, file]));
  });

  it('with the head of a part that does not end', async () => {
    const head = Buffer.from(`${BOUNDARY}\r\nContent-Disposition: form-data; name="name"\r\n`);
    await expectRefused(Buffer.concat([head, Buffer.alloc(20 * 2 ** 20, 'x')]));
    const lines = 'X-Header: y\r\n'.repeat(100_000);
    await expectRefused(Buffer.concat([head, Buffer.from(lines)]));
  });

  it('that ends in the middle: of the file, of a field, of a part head', async () => {
    const whole = formBody([...fields, file]);
    const content = whole.indexOf(`\r\n\r\n${CONTENT}`) + 4;
    for (const length of [content + CONTENT.length, content + 2, content - 2, 200, 100, 30, 1])
      await expectRefused(whole.subarray(0, length));
    await expectRefused(Buffer.alloc(0));
  });

  it('without any boundary in it', async () => {
    await expectRefused(Buffer.alloc(2 ** 20, 'x'));
    await expectRefused(Buffer.from(`${BOUNDARY}--\r\n`));
  });

  it('with nested names, and names of what every object has', async () => {
    const nested = `a${'[b]'.repeat(30)}`;
    for (const name of [nested, 'name[x]', 'a[0]', '__proto__', '__proto__[polluted]'])
      await expectRefused(formBody([[name, 'x'], ['name[]', 'python'], file]));
    // They mean nothing where what is needed is there too, or else refuse; never more than that.
    const answer = await fetch(`${scenario.server.url}/api/v1/whoami`);
    expect(await answer.json()).not.toHaveProperty('polluted');
  });

  it('whose file is in another field, or comes twice', async () => {
    await expectRefused(formBody([...fields, ['upload', { name: 'a.tar', content: CONTENT }]]));
    await expectRefused(formBody([...fields, file, file]).subarray(0, 400));
  });

  it.each(['', '.', '..', 'a\0b', '../a.tar', '/etc/passwd', 'C:\\a.tar', 'a/b', 'sources'])(
    'whose file is named %j',
    async (name) => {
      await expectRefused(formBody([...fields, ['file', { name, content: CONTENT }]]));
      await expectRefused(formBody([['file', { name, content: CONTENT }], ...fields]));
    },
  );

  it('whose file name is hidden in RFC 5987', async () => {
    const head = `${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="b.tar"; filename*=UTF-8''..%2f..%2fa.tar\r\n\r\n`;
    const { status } = await send(
      formBody(fields, Buffer.from(`${head}${CONTENT}\r\n${BOUNDARY}--\r\n`)),
    );
    const stored = await storedFiles(scenario.server.data);
    expect(stored.every((path) => path.startsWith('python/b.tar/'))).toBe(true);
    expect([200, 400]).toContain(status);
  });

  it.each([
    ['application/json', 415],
    ['application/x-www-form-urlencoded', 415],
    ['text/plain', 415],
    ['', 415],
    ['multipart/mixed; boundary=x', 415],
    ['multipart/form-data', 400],
    ['multipart/form-data; boundary=', 400],
    [`multipart/form-data; boundary=${'b'.repeat(5000)}`, 400],
  ])('of the content type %j: %i', async (type, status) => {
    const answer = await send(formBody([...fields, file]), { 'Content-Type': type });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toBe('');
  });

  it('that is compressed: nobody sends such, and it may inflate to anything', async () => {
    const bomb = gzipSync(
      formBody([...fields, ['file', { name: 'a', content: Buffer.alloc(1e8) }]]),
    );
    const { status } = await send(bomb, { 'Content-Encoding': 'gzip' });
    expect([400, 415]).toContain(status);
  });
});

describe('a form that lacks its end, although the file is whole', () => {
  const mtime: FormPart = ['mtime', '1400000000'];
  it.each([
    ['two dashes and a line end', 4, []],
    ['a line end and one dash', 3, []],
    ['half of the boundary', 10, []],
    ['the field behind the file', 60, [mtime]],
  ])('is refused and stores nothing, without %s', async (_, missing, more) => {
    const name = `late-${missing}.tar`;
    const whole = formBody([...fields, ['file', { name, content: CONTENT }], ...more]);
    const { status } = await send(whole.subarray(0, -missing));
    expect(status).toBe(400);
    expect(await isStored(scenario.server.data, name)).toBe(false);
  });
});

describe('afterwards', () => {
  it('the server still takes a good form, and has nothing to complain of', async () => {
    const good: FormPart = ['file', { name: 'good.tar', content: CONTENT }];
    expect((await send(formBody([...fields, good]))).status).toBe(200);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
