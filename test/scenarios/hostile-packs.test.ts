import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createDeflate, deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, leftovers } from '../support/data-folder.ts';
import {
  commitOf,
  packEntry,
  packOf,
  postToService,
  receiveRequest,
  sideBandText,
  treeOf,
  wholeObject,
} from '../support/git-wire.ts';
import { git, run } from '../support/process.ts';
import { residentMemory, watchMemory } from '../support/process-memory.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { specOf } from '../support/sclo.ts';

const scenario = scloScenario();
const REF = 'refs/heads/scl-python33-el7';
const GIGABYTE = 2 ** 30;
/** MiB that the server may grow by beside the tree, and that one git may take. */
const SERVER_GROWTH = 150;
/** A tree is read whole and its names are kept: so many times its size at the most. */
const TREE_TIMES = 5;
const GIT_LIMIT = 800;

let parent: string;
const spec = wholeObject('blob', specOf('python'));
const empty = wholeObject('blob', '');

beforeAll(async () => {
  const url = scenario.server.gitUrl('python');
  parent = (await git('/', 'ls-remote', url, REF)).slice(0, 40);
});

/** `size` zero bytes, deflated, and their object id. */
async function zeroBlob(size: number) {
  const piece = Buffer.alloc(2 ** 20);
  const hash = createHash('sha1').update(`blob ${size}\0`);
  const deflate = createDeflate({ level: 1 });
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => deflate.on('end', resolve));
  for (let at = 0; at < size; at += piece.length) {
    hash.update(piece);
    if (!deflate.write(piece)) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  deflate.end();
  await ended;
  return { oid: hash.digest('hex'), entry: packEntry('blob', size, Buffer.concat(chunks)) };
}

/** Pushes the objects, with a commit of `tree` on top of the branch; it must be refused. */
async function pushBomb(
  objects: readonly Buffer[],
  tree: readonly { mode: string; name: string; oid: string }[],
) {
  const { server, people } = scenario;
  const content = treeOf(tree);
  const root = wholeObject('tree', content);
  const commit = wholeObject('commit', commitOf(root.oid, [parent]));
  const pack = packOf([spec.entry, empty.entry, ...objects, root.entry, commit.entry]);
  const request = receiveRequest([{ oldOid: parent, newOid: commit.oid, ref: REF }], pack);
  const before = residentMemory(server.pid);
  const memory = watchMemory(server.pid);
  let alive = 0;
  const probe = setInterval(() => {
    void fetch(`${server.url}/healthz`).then(
      ({ ok }) => (alive += ok ? 1 : 0),
      () => (alive = Number.NEGATIVE_INFINITY),
    );
  }, 200);
  const start = performance.now();
  const { status, answer } = await postToService(
    server.gitUrl('python'),
    'git-receive-pack',
    request,
    people.committer,
  );
  clearInterval(probe);
  const seconds = (performance.now() - start) / 1000;
  const { self, child } = memory.stop();
  expect(status).toBe(200);
  expect(self - before).toBeLessThan(SERVER_GROWTH + (TREE_TIMES * content.length) / 2 ** 20);
  expect(child).toBeLessThan(GIT_LIMIT);
  expect(alive).toBeGreaterThanOrEqual(Math.min(1, Math.floor(seconds)));
  expect(answer.toString('latin1')).toContain(`ng ${REF}`);
  expect(await git('/', 'ls-remote', server.gitUrl('python'), REF)).toContain(parent);
  return { text: sideBandText(answer), sent: request.length, seconds };
}

const entries = (...more: { mode: string; name: string; oid: string }[]) => [
  ...more,
  { mode: '100644', name: 'python.spec', oid: spec.oid },
  { mode: '100644', name: 'sources', oid: empty.oid },
];

describe('a small pack is refused within bounded memory', () => {
  it('that inflates to a blob of 1 GiB', async () => {
    const blob = await zeroBlob(GIGABYTE);
    const tree = entries({ mode: '100644', name: 'bomb', oid: blob.oid });
    const { text, sent } = await pushBomb([blob.entry], tree);
    expect(sent).toBeLessThan(10 * 2 ** 20);
    expect(text).toContain('bomb in commit');
    expect(text).toContain(`has ${GIGABYTE} bytes`);
  });

  it.each(['python.spec', 'sources'])('that inflates to a %s of 1 GiB', async (name) => {
    const blob = await zeroBlob(GIGABYTE);
    const other = name === 'sources' ? 'python.spec' : 'sources';
    const tree = entries()
      .filter((entry) => entry.name === other)
      .concat({ mode: '100644', name, oid: blob.oid })
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
    const { text } = await pushBomb([blob.entry], tree);
    expect(text).toContain(`${name} in commit`);
  });

  it('that inflates to a tree or a commit of 1 GiB', async () => {
    const { entry } = await zeroBlob(GIGABYTE);
    for (const type of [0x10, 0x20]) {
      const bomb = Buffer.from(entry);
      bomb[0] = type | (bomb.readUInt8(0) & 0x8f);
      const { text } = await pushBomb([bomb], entries());
      expect(text).toContain('The pushed objects are broken or too large');
    }
  });

  it('that claims another size than it has', async () => {
    for (const claimed of [10, 2 ** 40]) {
      const bomb = packEntry('blob', claimed, deflateSync(Buffer.alloc(2 ** 20)));
      const { text } = await pushBomb([bomb], entries());
      expect(text).toContain('The pushed objects are broken or too large');
    }
  });

  it('of deltas that each repeat their base', async () => {
    const base = wholeObject('blob', Buffer.alloc(2 ** 16));
    const objects = [base.entry];
    let oid = base.oid;
    for (let size = 2 ** 16; size <= 2 ** 32; size *= 16) {
      const delta = repeatingDelta(size, 16);
      objects.push(
        packEntry('ref-delta', delta.length, deflateSync(delta), Buffer.from(oid, 'hex')),
      );
      if (size * 16 > GIGABYTE) break;
      oid = (await zeroBlob(size * 16)).oid;
    }
    const { text, sent } = await pushBomb(objects, entries());
    expect(sent).toBeLessThan(10_000);
    expect(text).toContain('The pushed objects are broken or too large');
  });

  it('of trees that hold each other ten times over (10^10 files)', async () => {
    let level = wholeObject('blob', 'x\n');
    const objects = [level.entry];
    let mode = '100644';
    for (let depth = 0; depth < 10; depth++) {
      const { oid } = level;
      const same = Array.from({ length: 10 }, (_, n) => ({ mode, name: `f${n}`, oid }));
      level = wholeObject('tree', treeOf(same));
      objects.push(level.entry);
      mode = '40000';
    }
    const tree = entries({ mode, name: 'bomb', oid: level.oid });
    const { text, seconds } = await pushBomb(objects, tree);
    expect(text).toContain('bomb/ is a directory');
    expect(seconds).toBeLessThan(30);
  });

  it.each([
    ['3,000 deep', 3000, 'd'],
    ['1,000 deep with names of 4,000 letters', 1000, 'd'.repeat(4000)],
  ])('of directories %s', async (_, depths, name) => {
    let level = wholeObject('blob', 'x\n');
    const objects = [level.entry];
    let mode = '100644';
    for (let depth = 0; depth < depths; depth++) {
      level = wholeObject('tree', treeOf([{ mode, name, oid: level.oid }]));
      objects.push(level.entry);
      mode = '40000';
    }
    const { text } = await pushBomb(objects, entries({ mode, name, oid: level.oid }));
    expect(text).toContain('d/ is a directory');
  });

  it('of 50,000 files whose names are 1,000 letters long', async () => {
    const blob = wholeObject('blob', 'x\0');
    const mode = '100644';
    const names = Array.from({ length: 50_000 }, (_, n) => `${'a'.repeat(1000)}${100_000 + n}`);
    const tree = entries(...names.map((name) => ({ mode, name, oid: blob.oid })));
    const { text } = await pushBomb([blob.entry], tree);
    expect(text).toContain('and 49950 more');
  });
});

/** A delta that copies its whole base so many times. */
function repeatingDelta(size: number, times: number): Buffer {
  const varint = (value: number): number[] => {
    const bytes: number[] = [];
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return [...bytes, rest];
      bytes.push((rest % 128) | 0x80);
    }
  };
  const copies: number[] = [];
  // One copy takes at most 0xff0000 bytes.
  const step = Math.min(size, 0xff0000);
  for (let n = 0; n < times; n++)
    for (let at = 0; at < size; at += step) {
      const length = Math.min(step, size - at);
      const offset = [at, at >>> 8, at >>> 16, at >>> 24].map((byte) => byte & 0xff);
      copies.push(0xff, ...offset, length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff);
    }
  return Buffer.from([...varint(size), ...varint(size * times), ...copies]);
}

describe('afterwards', () => {
  it('nothing is left over, the repository is whole, the server without a fault', async () => {
    const { data } = scenario.server;
    expect(await eventually(async () => (await leftovers(data)).length === 0)).toBe(true);
    const repository = join(data, 'repositories/python.git');
    const fsck = await run('git', ['-C', repository, 'fsck', '--full', '--strict']);
    expect(fsck.stdout.replace(/^dangling .*\n/gm, '')).toBe('');
    expect(fsck.code).toBe(0);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
