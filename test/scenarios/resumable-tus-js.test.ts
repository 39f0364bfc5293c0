import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as tus from 'tus-js-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/data-folder.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { pairsOf, TusClient } from '../support/tus.ts';

const MiB = 1024 * 1024;
const proxy = await FaultyProxy.open();
const scenario = scloScenario();
beforeAll(() => proxy.forwardTo(scenario.server.url));
beforeEach(() => proxy.forget());
afterAll(() => proxy.close());

/** Uploads as anybody's program would, by the protocol's own client. */
function upload(
  body: Buffer | ReturnType<typeof createReadStream>,
  options: Partial<tus.UploadOptions>,
): Promise<tus.Upload> {
  return new Promise((resolve, reject) => {
    const one: tus.Upload = new tus.Upload(body, {
      endpoint: `${proxy.url}/uploads`,
      headers: { Authorization: `Bearer ${scenario.people.committer}` },
      retryDelays: [10, 50, 100, 200, 400],
      onError: reject,
      onSuccess: () => resolve(one),
      ...options,
    });
    one.start();
  });
}
async function expectStored(file: string, content: Buffer): Promise<void> {
  const url = `${scenario.server.url}/lookaside/python/${file}/sha512/${sha512(content)}`;
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
}

it('the client of the protocol uploads a file', async () => {
  const content = randomBytes(5 * MiB);
  await upload(content, { metadata: pairsOf('plain.tar', content) });
  await expectStored('plain.tar', content);
});

it('in pieces, from a file', async () => {
  const content = randomBytes(5 * MiB + 3);
  const path = scenario.path('file');
  await writeFile(path, content);
  const metadata = pairsOf('pieces.tar', content);
  await upload(createReadStream(path), { metadata, chunkSize: MiB });
  expect(proxy.of('PATCH', /./)).toHaveLength(6);
  await expectStored('pieces.tar', content);
});

it('over connections that break', async () => {
  const content = randomBytes(8 * MiB);
  proxy.break('PATCH', /./, { kind: 'cut-request', after: 2 * MiB }, 3);
  await upload(content, { metadata: pairsOf('broken.tar', content) });
  expect(proxy.of('HEAD', /./).length).toBeGreaterThanOrEqual(3);
  await expectStored('broken.tar', content);
});

it('and when the last answer is lost', async () => {
  const content = randomBytes(2 * MiB);
  proxy.break('PATCH', /./, { kind: 'lose-answer' });
  await upload(content, { metadata: pairsOf('lost.tar', content) });
  expect(proxy.of('PATCH', /./)).toHaveLength(1);
  await expectStored('lost.tar', content);
});

it('goes on with what another run left, also after the server was killed', async () => {
  const content = randomBytes(8 * MiB);
  const metadata = pairsOf('resumed.tar', content);
  proxy.break('PATCH', /./, { kind: 'cut-request', after: 4 * MiB });
  const first = upload(content, { metadata, retryDelays: [] });
  await expect(first).rejects.toThrow();
  const path = proxy.of('PATCH', /./)[0]?.path ?? '';
  const told = async (): Promise<number> => {
    const { status, offset } = await new TusClient(scenario.server, scenario.people.committer).head(
      path,
    );
    return status === 200 ? offset : 0;
  };
  expect(await eventually(async () => (await told()) > 0)).toBe(true);
  const before = await told();
  await scenario.server.kill();
  await scenario.server.start();
  proxy.forwardTo(scenario.server.url);
  proxy.forget();
  await upload(content, { metadata, uploadUrl: proxy.url + path });
  expect(proxy.of('POST', /./)).toEqual([]);
  expect(proxy.of('PATCH', /./)).toMatchObject([{ received: content.length - before }]);
  await expectStored('resumed.tar', content);
});

it('is told of content that is not what its hash says', async () => {
  const content = randomBytes(MiB);
  const metadata = pairsOf('wrong.tar', randomBytes(MiB));
  const wrong = upload(content, { metadata, retryDelays: [] });
  await expect(wrong).rejects.toThrow(/checksum_mismatch/);
});

it('gives an upload up', async () => {
  const content = randomBytes(2 * MiB);
  const metadata = pairsOf('given-up.tar', content);
  proxy.break('PATCH', /./, { kind: 'cut-request', after: MiB });
  await expect(upload(content, { metadata, retryDelays: [] })).rejects.toThrow();
  const path = proxy.of('PATCH', /./)[0]?.path ?? '';
  const headers = { Authorization: `Bearer ${scenario.people.committer}` };
  await tus.Upload.terminate(`${proxy.url}${path}`, { headers, retryDelays: [50, 200, 400, 800] });
  const asked = await fetch(`${scenario.server.url}${path}`, {
    method: 'HEAD',
    headers: { ...headers, 'Tus-Resumable': '1.0.0' },
  });
  expect(asked.status).toBe(404);
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
