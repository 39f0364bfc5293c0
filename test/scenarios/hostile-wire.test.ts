import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createGzip, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, leftovers } from '../support/data-folder.ts';
import {
  commitOf,
  EMPTY_PACK,
  FLUSH,
  NULL_OID,
  packOf,
  pktLine,
  postToService,
  receiveRequest,
  sideBandText,
  treeOf,
  wholeObject,
} from '../support/git-wire.ts';
import { git, run } from '../support/process.ts';
import { residentMemory, watchMemory } from '../support/process-memory.ts';
import { RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { specOf } from '../support/sclo.ts';

const scenario = scloScenario();
const REF = 'refs/heads/scl-python33-el7';
const UNKNOWN = 'd'.repeat(40);
const refs = (): Promise<string> => git('/', 'ls-remote', scenario.server.gitUrl('python'));
const post = (service: 'git-upload-pack' | 'git-receive-pack', body: Buffer, headers = {}) =>
  postToService(
    scenario.server.gitUrl('python'),
    service,
    body,
    scenario.people.committer,
    headers,
  );

let before: string;
let tip: string;
beforeAll(async () => {
  before = await refs();
  tip = new RegExp(`^(\\w{40})\t${REF}$`, 'm').exec(before)?.[1] ?? '';
});

afterEach(async () => {
  expect(await refs()).toBe(before);
  const { data } = scenario.server;
  expect(await eventually(async () => (await leftovers(data)).length === 0)).toBe(true);
});

const MALFORMED: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['a length that is no number', Buffer.from('zzzzhello')],
  ['a length that is too short', Buffer.from('0003')],
  ['a length with a sign', Buffer.from('-001x')],
  ['a line longer than what comes', Buffer.from('ffffshort')],
  ['a line longer than allowed', Buffer.concat([Buffer.from('fff5'), Buffer.alloc(0xfff1, 'x')])],
  ['special packets only', Buffer.from('00010002')],
  ['100,000 empty lines', Buffer.from('0004'.repeat(100_000))],
  ['no flush', pktLine(`${NULL_OID} ${UNKNOWN} ${REF}\n`)],
  ['random bytes', randomBytes(100_000)],
  ['a NUL in every place', Buffer.alloc(10_000)],
  ['half a line', pktLine(`want ${UNKNOWN}\n`).subarray(0, 20)],
  ['an unknown command', Buffer.concat([pktLine('command=rm -rf\n'), FLUSH])],
];

describe.each(['git-upload-pack', 'git-receive-pack'] as const)('%s refuses', (service) => {
  it.each(MALFORMED)('%s', async (_, body) => {
    for (const headers of [{}, { 'Git-Protocol': 'version=2' }]) {
      const start = performance.now();
      const { status, answer } = await post(service, body, headers);
      expect(performance.now() - start).toBeLessThan(10_000);
      expect(status).toBeLessThan(500);
      expect(answer.toString()).not.toContain(scenario.server.data);
    }
  });

  it('another content type, and none', async () => {
    for (const type of [
      'application/json',
      'text/plain',
      'application/x-git-upload-pack-result',
      '',
    ]) {
      const { status } = await post(service, FLUSH, { 'Content-Type': type });
      expect(status).toBe(415);
    }
  });

  it('other methods', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const url = `${scenario.server.gitUrl('python')}/${service}`;
      expect((await fetch(url, { method })).status).toBe(405);
    }
  });
});

describe('git-upload-pack', () => {
  it.each([
    ['an object that is not there', pktLine(`want ${UNKNOWN} side-band-64k\n`)],
    ['an object of another repository', pktLine(`want ${'e'.repeat(40)}\n`)],
    ['no object id', pktLine('want ../../../etc/passwd\n')],
    ['a filter that is none', pktLine(`want ${UNKNOWN} filter\n`)],
  ])('gives nothing for %s', async (_, line) => {
    const { answer } = await post(
      'git-upload-pack',
      Buffer.concat([line, FLUSH, pktLine('done\n')]),
    );
    expect(answer.includes('PACK')).toBe(false);
  });

  it('ignores options and protocols that are none', async () => {
    const url = `${scenario.server.gitUrl('python')}/info/refs?service=git-upload-pack`;
    for (const protocol of ['version=99', 'version=2:$(id)', '--help', 'x'.repeat(5000)]) {
      const answer = await fetch(url, { headers: { 'Git-Protocol': protocol } });
      expect(answer.status).toBe(200);
      expect((await answer.text()).startsWith('001e# service=git-upload-pack')).toBe(true);
    }
  });

  it('stops a gzip bomb at a limit, in bounded memory', async () => {
    // A want of what is there, and then haves without end.
    const lines = pktLine(`have ${UNKNOWN}\n`);
    const piece = Buffer.concat(Array.from({ length: 20_000 }, () => lines));
    const gzip = createGzip();
    const chunks: Buffer[] = [];
    gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
    gzip.write(Buffer.concat([pktLine(`want ${tip}\n`), FLUSH]));
    for (let bytes = 0; bytes < 2 ** 30; bytes += piece.length)
      if (!gzip.write(piece)) await new Promise((resolve) => gzip.once('drain', resolve));
    await new Promise((resolve) => gzip.end(resolve));
    const bomb = Buffer.concat(chunks);
    expect(bomb.length).toBeLessThan(10 * 2 ** 20);

    const { pid } = scenario.server;
    const idle = residentMemory(pid);
    const memory = watchMemory(pid);
    const start = performance.now();
    const status = await post('git-upload-pack', bomb, { 'Content-Encoding': 'gzip' }).then(
      (answer) => answer.status,
      () => 'cut',
    );
    const { self, child } = memory.stop();
    expect([413, 'cut']).toContain(status);
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(self - idle).toBeLessThan(150);
    expect(child).toBeLessThan(300);
  });

  it('and git-receive-pack stop a bomb of zeros', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 28));
    for (const service of ['git-upload-pack', 'git-receive-pack'] as const) {
      const { status } = await post(service, bomb, { 'Content-Encoding': 'gzip' });
      expect(status).toBeLessThan(500);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('git-receive-pack', () => {
  const tree = wholeObject('tree', treeOf([]));
  const commit = wholeObject('commit', commitOf(tree.oid, []));
  const pack = packOf([tree.entry, commit.entry]);
  const update = { oldOid: NULL_OID, newOid: commit.oid, ref: REF };

  it.each([
    ['no pack', Buffer.alloc(0)],
    ['half a pack', pack.subarray(0, pack.length - 30)],
    ['a pack with a wrong checksum', Buffer.concat([pack.subarray(0, -20), Buffer.alloc(20)])],
    ['a pack of version 99', Buffer.concat([Buffer.from('PACK\0\0\0\x63'), pack.subarray(8)])],
    [
      'a pack that counts 4 billion objects',
      Buffer.concat([Buffer.from('PACK\0\0\0\x02'), Buffer.alloc(4, 255), pack.subarray(12)]),
    ],
    ['a pack of nothing', EMPTY_PACK],
    ['random bytes as a pack', randomBytes(100_000)],
    ['a pack and more behind it', Buffer.concat([pack, randomBytes(1000)])],
  ])('refuses %s', async (_, content) => {
    const { status, answer } = await post('git-receive-pack', receiveRequest([update], content));
    expect(status).toBeLessThan(500);
    expect(answer.toString('latin1')).not.toContain(`ok ${REF}`);
    expect(answer.toString()).not.toContain(scenario.server.data);
  });

  it.each([
    'HEAD',
    'refs/heads/../../../escaped',
    'refs/heads/scl-python33-el7/../x',
    '../../../escaped',
    'refs/heads/scl-python33-el7.lock',
    'refs/heads/.hidden',
    'refs/heads/a b',
    'refs/heads/a\u0007b',
    'refs/heads/@{x}',
    'refs/heads/scl-pуthon33-el7',
    `refs/heads/${'a'.repeat(5000)}`,
    'refs/remotes/origin/x',
    'refs/replace/dddddddddddddddddddddddddddddddddddddddd',
    'config',
  ])('refuses to put a commit on %j', async (ref) => {
    const spec = wholeObject('blob', specOf('python'));
    const empty = wholeObject('blob', '');
    const root = wholeObject(
      'tree',
      treeOf([
        { mode: '100644', name: 'python.spec', oid: spec.oid },
        { mode: '100644', name: 'sources', oid: empty.oid },
      ]),
    );
    const good = wholeObject('commit', commitOf(root.oid, [tip]));
    const objects = packOf([spec.entry, empty.entry, root.entry, good.entry]);
    const request = receiveRequest([{ oldOid: NULL_OID, newOid: good.oid, ref }], objects);
    const { status, answer } = await post('git-receive-pack', request);
    expect(status).toBeLessThan(500);
    expect(answer.toString()).not.toContain(`ok ${ref}`);
    expect(sideBandText(answer)).not.toContain('\u0007');
  });

  it('refuses one ref named twice, and what it is not at', async () => {
    const twice = receiveRequest([update, update], pack);
    const stale = receiveRequest([{ ...update, oldOid: UNKNOWN }], pack);
    for (const request of [twice, stale]) {
      const { answer } = await post('git-receive-pack', request);
      expect(answer.toString()).not.toContain(`ok ${REF}`);
    }
  });

  it('takes no more than it is promised, and no less', async () => {
    using client = await RawClient.connect(scenario.server.url);
    client.head('POST', '/scls/python.git/git-receive-pack', {
      Authorization: `Bearer ${scenario.people.committer}`,
      'Content-Type': 'application/x-git-receive-pack-request',
      'Transfer-Encoding': 'chunked',
    });
    await client.send('zz\r\nnot a chunk\r\n');
    expect((await client.answer()).status).toBe(400);
  });
});

describe('afterwards', () => {
  it('the repository is whole, and the server has nothing to complain of', async () => {
    const { server } = scenario;
    const repository = join(server.data, 'repositories/python.git');
    expect((await run('git', ['-C', repository, 'fsck', '--full', '--strict'])).code).toBe(0);
    expect((await server.must('listPushes', { component: 'python' })).items).toEqual([]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(faultsIn(server)).toEqual([]);
  });
});
