import { afterEach, describe, expect, it } from 'vitest';
import { leftovers, storedFiles } from '../support/data-folder.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { FORM_TYPE, formBody, partHead } from '../support/upload-form.ts';

const scenario = scloScenario();
const GIGABYTE = 2 ** 30;
const CGI = '/repo/pkgs/upload.cgi';
const bearer = (token: string): { Authorization: string } => ({ Authorization: `Bearer ${token}` });
const putPath = (file: string, content: string, component = 'python'): string =>
  `/lookaside/${component}/${file}/sha512/${sha512(content)}`;

afterEach(async () => {
  expect(await leftovers(scenario.server.data)).toEqual([]);
});

/** The head of a request that waits for `100 Continue`; the first answer to it. */
async function expecting(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
) {
  const client = await RawClient.connect(scenario.server.url);
  client.head(method, path, { Expect: '100-continue', ...headers });
  return { client, answer: await client.answer() };
}

describe('with Expect: 100-continue, before a byte of the body', () => {
  const form = { 'Content-Type': FORM_TYPE, 'Content-Length': GIGABYTE };

  it('an upload is refused to who has not logged in, and the line is closed', async () => {
    for (const [method, path, headers] of [
      ['POST', CGI, form],
      ['PUT', putPath('a.tar', 'a'), { 'Content-Length': GIGABYTE }],
    ] as const) {
      const { client, answer } = await expecting(method, path, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Basic');
      expect(answer.headers.connection).toBe('close');
      await client.end();
    }
  });

  it.each([
    ['who may not upload', 'a.tar', 'python', 403],
    ['a component that is not there', 'a.tar', 'foo', 404],
    ['a name that is none', '..%2fa.tar', 'python', 400],
  ])('a PUT is refused for %s', async (reason, file, component, status) => {
    const { committer, stranger } = scenario.people;
    const { client, answer } = await expecting('PUT', putPath(file, 'a', component), {
      ...bearer(reason === 'who may not upload' ? stranger : committer),
      'Content-Length': 5,
    });
    expect(answer.status).toBe(status);
    await client.end();
  });

  it('an upload that may be is told to go on, and taken', async () => {
    const { committer } = scenario.people;
    const content = 'expected';
    const put = await expecting('PUT', putPath('expected.tar', content), {
      ...bearer(committer),
      'Content-Length': content.length,
    });
    expect(put.answer.status).toBe(100);
    await put.client.send(content);
    expect((await put.client.answer()).status).toBe(201);

    const body = formBody([
      ['name', 'python'],
      ['sha512sum', sha512(content)],
      ['file', { name: 'posted.tar', content }],
    ]);
    const post = await expecting('POST', CGI, {
      ...bearer(committer),
      'Content-Type': FORM_TYPE,
      'Content-Length': body.length,
    });
    expect(post.answer.status).toBe(100);
    await post.client.send(body);
    const answer = await post.client.answer();
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('posted.tar size 8 SHA512');
    for (const { client } of [put, post]) client.destroy();
  });
});

describe('without Expect, a refusal comes while the body is still being sent', () => {
  /** Sends the head and `first`, and then on until an answer is there. */
  async function sendUntilAnswered(
    method: string,
    path: string,
    headers: Readonly<Record<string, string | number>>,
    first: Buffer = Buffer.alloc(0),
  ) {
    using client = await RawClient.connect(scenario.server.url);
    client.head(method, path, { 'Content-Length': GIGABYTE, ...headers });
    await client.send(first);
    return await client.sendUntilAnswered(GIGABYTE);
  }

  it.each([
    ['anonymous', null, 'python', 401],
    ['a stranger', 'stranger', 'python', 403],
    ['an unknown component', 'committer', 'foo', 404],
  ] as const)('of a PUT by %s', async (_, who, component, status) => {
    const headers = who === null ? {} : bearer(scenario.people[who]);
    const { answer, sent } = await sendUntilAnswered(
      'PUT',
      putPath('a.tar', 'a', component),
      headers,
    );
    expect(answer.status).toBe(status);
    expect(sent).toBeLessThan(GIGABYTE / 2);
  });

  it.each([
    ['anonymous', null, 'python', 401],
    ['a stranger', 'stranger', 'python', 403],
    ['an unknown component', 'committer', 'foo', 404],
  ] as const)('of a form by %s', async (_, who, name, status) => {
    const first = formBody(
      [
        ['name', name],
        ['sha512sum', sha512('a')],
      ],
      partHead('file', 'a.tar'),
    );
    const { answer, sent } = await sendUntilAnswered(
      'POST',
      CGI,
      { ...(who === null ? {} : bearer(scenario.people[who])), 'Content-Type': FORM_TYPE },
      first,
    );
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).not.toBe('');
    expect(sent).toBeLessThan(GIGABYTE / 2);
  });

  it('and a client that sends on regardless is cut', async () => {
    using client = await RawClient.connect(scenario.server.url);
    client.head('PUT', putPath('a.tar', 'a'), { 'Content-Length': GIGABYTE });
    expect((await client.answer()).status).toBe(401);
    const slowly = setInterval(() => void client.send(Buffer.alloc(1000)), 100);
    await client.end();
    clearInterval(slowly);
    expect(client.closed).toBe(true);
  });
});

describe('afterwards', () => {
  it('only the two accepted files are stored, and the server has nothing to complain of', async () => {
    const files = await storedFiles(scenario.server.data);
    expect(files.map((path) => path.split('/').slice(0, 2))).toEqual([
      ['python', 'expected.tar'],
      ['python', 'posted.tar'],
    ]);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
