import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, isStored, leftovers } from '../support/data-folder.ts';
import { commitOf, packOf, receiveRequest, treeOf, wholeObject } from '../support/git-wire.ts';
import { git } from '../support/process.ts';
import { descendants } from '../support/process-memory.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512, specOf } from '../support/sclo.ts';
import { FORM_TYPE, type FormPart, formBody } from '../support/upload-form.ts';

const IDLE_SECONDS = 3;
/** How much later things happen on a machine that is busy. */
const ROOM_SECONDS = 60;
const scenario = scloScenario({ DISTGIT_SERVER_IDLE_TIMEOUT: String(IDLE_SECONDS) });
const REF = 'refs/heads/scl-python33-el7';
const CONTENT = randomBytes(300_000);
const HASH = sha512(CONTENT);

interface WholeRequest {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}
const put = (file: string): WholeRequest => ({
  method: 'PUT',
  path: `/lookaside/python/${file}/sha512/${HASH}`,
  type: 'application/octet-stream',
  body: CONTENT,
});
const fields: readonly FormPart[] = [
  ['name', 'python'],
  ['sha512sum', HASH],
];
const form = (parts: readonly FormPart[]): WholeRequest => ({
  method: 'POST',
  path: '/repo/pkgs/upload.cgi',
  type: FORM_TYPE,
  body: formBody(parts),
});
const part = (name: string): FormPart => ['file', { name, content: CONTENT }];

/** A push of one good commit with a random text in it, of some 400 kB. */
async function pushRequest(component = 'python'): Promise<WholeRequest> {
  const { server } = scenario;
  const parent = (await git('/', 'ls-remote', server.gitUrl(component), REF)).slice(0, 40);
  const objects = {
    'a.patch': wholeObject('blob', randomBytes(300_000).toString('base64')),
    [`${component}.spec`]: wholeObject('blob', specOf(component)),
    sources: wholeObject('blob', ''),
  };
  const entries = Object.entries(objects);
  const tree = wholeObject(
    'tree',
    treeOf(entries.map(([name, { oid }]) => ({ mode: '100644', name, oid }))),
  );
  const commit = wholeObject('commit', commitOf(tree.oid, [parent]));
  const pack = packOf([...entries.map(([, { entry }]) => entry), tree.entry, commit.entry]);
  const command = { oldOid: parent, newOid: commit.oid, ref: REF };
  return {
    method: 'POST',
    path: `/scls/${component}.git/git-receive-pack`,
    type: 'application/x-git-receive-pack-request',
    body: receiveRequest([command], pack),
  };
}

/** Sends the head, and the first `bytes` of the body. */
async function begin(request: WholeRequest, bytes: number): Promise<RawClient> {
  const client = await RawClient.connect(scenario.server.url);
  client.head(request.method, request.path, {
    Authorization: `Bearer ${scenario.people.committer}`,
    'Content-Type': request.type,
    'Content-Length': request.body.length,
  });
  await client.send(request.body.subarray(0, bytes));
  return client;
}

const requests: readonly (readonly [string, () => WholeRequest | Promise<WholeRequest>])[] = [
  ['a PUT', () => put('cut.tar')],
  ['a form', () => form([...fields, part('cut.tar')])],
  ['a form with the file first', () => form([part('cut.tar'), ...fields])],
  ['a push', () => pushRequest()],
];

afterEach(async () => {
  const { server } = scenario;
  const clean = async (): Promise<boolean> =>
    (await leftovers(server.data)).length === 0 && descendants(server.pid).length === 0;
  expect(await eventually(clean)).toBe(true);
  expect(await isStored(server.data, 'cut.tar')).toBe(false);
  expect((await server.must('listSources', { component: 'python' })).items).not.toContainEqual(
    expect.objectContaining({ file: 'cut.tar' }),
  );
  const pushes = await server.must('listPushes', { component: 'python' });
  expect(pushes.items.filter(({ state }) => state !== 'applied')).toEqual([]);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

describe('a client that goes away leaves nothing behind', () => {
  it.each(requests)('in the middle of %s', async (_, make) => {
    const before = await git('/', 'ls-remote', scenario.server.gitUrl('python'));
    const request = await make();
    const end = request.body.length;
    for (const bytes of [0, 10, 200, 1000, end / 2, end - 1000, end - 10, end - 1]) {
      const client = await begin(request, Math.floor(bytes));
      await new Promise((resolve) => setTimeout(resolve, 30));
      client.destroy();
    }
    expect(await git('/', 'ls-remote', scenario.server.gitUrl('python'))).toBe(before);
  });

  it.each(requests)('that half closes in the middle of %s', async (_, make) => {
    const request = await make();
    const client = await begin(request, request.body.length / 2);
    client.socket.end();
    await client.end(IDLE_SECONDS + ROOM_SECONDS);
    expect(client.closed).toBe(true);
  });

  it('in 50 requests at once', async () => {
    const all = [...Array(13).keys()].flatMap(() => requests);
    await Promise.all(
      all.map(async ([, make]) => {
        const request = await make();
        const client = await begin(request, request.body.length * Math.random());
        client.destroy();
      }),
    );
    expect((await fetch(`${scenario.server.url}/healthz`)).status).toBe(200);
  });
});

describe('a client that says nothing any more is cut', () => {
  it.each(requests)('in the middle of %s', async (_, make) => {
    const request = await make();
    const start = performance.now();
    const client = await begin(request, request.body.length / 2);
    await client.end(IDLE_SECONDS + ROOM_SECONDS);
    const seconds = (performance.now() - start) / 1000;
    expect(seconds).toBeGreaterThan(IDLE_SECONDS - 0.5);
  });

  it('before it says anything, and after half a request line', async () => {
    for (const text of ['', 'GET /healthz HT']) {
      const client = await RawClient.connect(scenario.server.url);
      await client.send(text);
      await client.end(IDLE_SECONDS + ROOM_SECONDS);
      expect(client.closed).toBe(true);
    }
  });
});

describe('a client that is slow but steady is waited for', () => {
  it.each<readonly [string, () => WholeRequest | Promise<WholeRequest>, number]>([
    ['a PUT', () => put('slow-put.tar'), 201],
    ['a form', () => form([...fields, part('slow-form.tar')]), 200],
    ['a form with the file first', () => form([part('slow-late.tar'), ...fields]), 200],
    ['a push', () => pushRequest(), 200],
  ])('for more than twice the idle time, in %s', async (_, make, status) => {
    const request = await make();
    const steps = 24;
    const piece = Math.ceil(request.body.length / steps);
    const start = performance.now();
    const client = await begin(request, 0);
    for (let at = 0; at < request.body.length; at += piece) {
      await client.send(request.body.subarray(at, at + piece));
      await new Promise((resolve) => setTimeout(resolve, (IDLE_SECONDS * 1000) / 10));
    }
    const answer = await client.answer();
    client.destroy();
    expect((performance.now() - start) / 1000).toBeGreaterThan(IDLE_SECONDS * 2);
    expect(answer.status).toBe(status);
    if (request.path.includes('receive-pack'))
      expect(answer.body.toString()).toContain(`ok ${REF}`);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
