import { afterEach, describe, expect, it } from 'vitest';
import { isStored, leftovers } from '../support/data-folder.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';
import { FORM_TYPE, type FormPart, formBody, partHead, postForm } from '../support/upload-form.ts';

const MEGABYTE = 2 ** 20;
const GIGABYTE = 2 ** 30;
const CGI = '/repo/pkgs/upload.cgi';

const scenario = scloScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '1 MiB' });
const bearer = (): { Authorization: string } => ({
  Authorization: `Bearer ${scenario.people.committer}`,
});
const fields: readonly FormPart[] = [
  ['name', 'python'],
  ['sha512sum', sha512('a')],
];

afterEach(async () => {
  expect((await fetch(`${scenario.server.url}/healthz`)).status).toBe(200);
  expect(await leftovers(scenario.server.data)).toEqual([]);
  expect(await isStored(scenario.server.data, 'over.tar')).toBe(false);
});

/** Sends `first` and then zeros for ever, until an answer is there; hangs up after it. */
async function refusedWhileSending(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  first: Buffer,
) {
  using client = await RawClient.connect(scenario.server.url);
  client.head(method, path, { ...bearer(), ...headers });
  await client.send(first);
  return (await client.sendUntilAnswered(GIGABYTE / 4)).answer;
}

describe('a file over the size limit is refused with 413', () => {
  it('where one of just that size is taken', async () => {
    const { server, people } = scenario;
    expect(await put(server, people.committer, 'python', 'ok.tar', Buffer.alloc(MEGABYTE))).toBe(
      201,
    );
    expect(
      await put(server, people.committer, 'python', 'over.tar', Buffer.alloc(MEGABYTE + 1)),
    ).toBe(413);
  });

  it('by its stated size, before a byte of it', async () => {
    using client = await RawClient.connect(scenario.server.url);
    client.head('PUT', `/lookaside/python/over.tar/sha512/${sha512('a')}`, {
      ...bearer(),
      Expect: '100-continue',
      'Content-Length': GIGABYTE,
    });
    expect((await client.answer()).status).toBe(413);
  });

  it('at the first byte too many, where no size was stated', async () => {
    const chunk = Buffer.concat([
      Buffer.from(`${(MEGABYTE + 1).toString(16)}\r\n`),
      Buffer.alloc(MEGABYTE + 1),
      Buffer.from('\r\n'),
    ]);
    for (let round = 0; round < 5; round++) {
      using client = await RawClient.connect(scenario.server.url);
      client.head('PUT', `/lookaside/python/over.tar/sha512/${sha512('a')}`, {
        ...bearer(),
        'Transfer-Encoding': 'chunked',
      });
      await client.send(chunk);
      const answer = await client.answer();
      expect(answer.status).toBe(413);
      expect(answer.body.toString()).toContain('The file is larger than 1 MiB');
    }
  });

  it.each([
    ['behind the fields', Buffer.concat([formBody(fields, partHead('file', 'over.tar'))])],
    ['before the fields', partHead('file', 'over.tar')],
  ])('in a form, %s, while it is still being sent', async (_, first) => {
    for (let round = 0; round < 5; round++) {
      const headers = { 'Content-Type': FORM_TYPE, 'Content-Length': GIGABYTE };
      const answer = await refusedWhileSending('POST', CGI, headers, first);
      expect(answer.status).toBe(413);
      expect(answer.body.toString()).toContain('The file is larger than 1 MiB');
    }
  });

  it('in a whole form too', async () => {
    const file: FormPart = ['file', { name: 'over.tar', content: Buffer.alloc(MEGABYTE + 1) }];
    for (const parts of [
      [...fields, file],
      [file, ...fields],
    ]) {
      const { committer } = scenario.people;
      const { status } = await postForm(`${scenario.server.url}${CGI}`, committer, parts);
      expect(status).toBe(413);
    }
  });

  it('and the client that sends on is cut after a while, without stalling', async () => {
    using client = await RawClient.connect(scenario.server.url);
    client.head('PUT', `/lookaside/python/over.tar/sha512/${sha512('a')}`, {
      ...bearer(),
      'Transfer-Encoding': 'chunked',
    });
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(65536),
      Buffer.from('\r\n'),
    ]);
    for (let sent = 0; sent < 17; sent++) await client.send(chunk);
    expect((await client.answer()).status).toBe(413);
    const sending = (async () => {
      while (await client.send(chunk)) await new Promise((resolve) => setTimeout(resolve, 20));
    })();
    await client.end();
    await sending;
    expect(client.closed).toBe(true);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
