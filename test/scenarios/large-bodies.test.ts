import { createHash, randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, leftovers } from '../support/data-folder.ts';
import { git } from '../support/process.ts';
import { residentMemory, watchMemory } from '../support/process-memory.ts';
import { push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, workingCopy } from '../support/sclo.ts';
import { FORM_TYPE, type FormPart, formBody, partHead } from '../support/upload-form.ts';

const PIECE = 2 ** 20;
const PIECES = 1024;
const SIZE = PIECE * PIECES;
/** MiB that the server may grow by, whatever the size of what passes through it. */
const GROWTH = 150;
const MINUTES = 60_000;

const scenario = scloScenario();

/** 1 GiB that does not repeat itself, a piece at a time. */
async function* gibibyte(): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(PIECE, 'pattern');
  for (let n = 0; n < PIECES; n++) {
    piece.writeUInt32BE(n);
    yield Buffer.from(piece);
  }
}

let hash: string;
beforeAll(async () => {
  const sum = createHash('sha512');
  for await (const piece of gibibyte()) {
    sum.update(piece);
    // Else it is not seen that the server has closed idle connections meanwhile.
    await new Promise(setImmediate);
  }
  hash = sum.digest('hex');
  // What is loaded at the first request of a kind is not what is measured.
  const { server, people } = scenario;
  await put(server, people.committer, 'python', 'warm.tar', Buffer.alloc(30 * PIECE));
  const copy = await workingCopy(server, scenario.path(), people.committer);
  expect((await push(copy, ['HEAD'])).code).toBe(0);
});

/** Does it, and says how many MiB the server grew meanwhile. */
async function growthDuring<T>(act: () => Promise<T>): Promise<{ result: T; growth: number }> {
  const { pid } = scenario.server;
  const before = residentMemory(pid);
  const memory = watchMemory(pid);
  const result = await act();
  return { result, growth: memory.stop().self - before };
}

function upload(method: string, path: string, type: string, body: AsyncIterable<Buffer>) {
  return fetch(`${scenario.server.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${scenario.people.committer}`, 'Content-Type': type },
    body,
    duplex: 'half',
  });
}

async function* formWith(before: Buffer, after: Buffer): AsyncGenerator<Buffer> {
  yield before;
  yield* gibibyte();
  yield after;
}

describe('1 GiB passes in constant memory', () => {
  it('as a PUT', { timeout: 5 * MINUTES }, async () => {
    const path = `/lookaside/python/put.tar/sha512/${hash}`;
    const { result, growth } = await growthDuring(() =>
      upload('PUT', path, 'application/octet-stream', gibibyte()),
    );
    expect(result.status).toBe(201);
    expect(growth).toBeLessThan(GROWTH);
  });

  it('as a form, with the file before or behind the fields, and the time behind both', {
    timeout: 5 * MINUTES,
  }, async () => {
    const none = Buffer.alloc(0);
    const fields: readonly FormPart[] = [
      ['name', 'python'],
      ['sha512sum', hash],
    ];
    const time: FormPart = ['mtime', '1400000000'];
    const line = Buffer.from('\r\n');
    for (const [name, before, after] of [
      ['form.tar', fields, [time]],
      ['first.tar', [], [...fields, time]],
    ] as const) {
      const head = Buffer.concat([formBody(before, none), partHead('file', name)]);
      const body = formWith(head, Buffer.concat([line, formBody(after)]));
      const { result, growth } = await growthDuring(() =>
        upload('POST', '/repo/pkgs/upload.cgi', FORM_TYPE, body),
      );
      expect(await result.text()).toContain('stored OK');
      expect(growth).toBeLessThan(GROWTH);
      const url = `${scenario.server.url}/lookaside/python/${name}/sha512/${hash}`;
      const { headers } = await fetch(url, { method: 'HEAD' });
      expect(headers.get('last-modified')).toBe('Tue, 13 May 2014 16:53:20 GMT');
    }
  });

  it('as a download, whole and unchanged', { timeout: 5 * MINUTES }, async () => {
    const { result, growth } = await growthDuring(async () => {
      const url = `${scenario.server.url}/lookaside/python/put.tar/sha512/${hash}`;
      const answer = await fetch(url);
      const sum = createHash('sha512');
      for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>)
        sum.update(piece);
      return { length: answer.headers.get('content-length'), hash: sum.digest('hex') };
    });
    expect(result).toEqual({ length: String(SIZE), hash });
    expect(growth).toBeLessThan(GROWTH);
  });

  it('as a push, which is refused for its size and leaves nothing', {
    timeout: 10 * MINUTES,
  }, async () => {
    const { server, people } = scenario;
    const copy = await workingCopy(server, scenario.path(), people.committer);
    const file = await open(join(copy, 'random'), 'w');
    const piece = Buffer.alloc(16 * PIECE);
    for (let size = 0; size < SIZE; size += piece.length) await file.write(randomFillSync(piece));
    await file.close();
    const plain = ['-c', 'core.compression=0', '-c', 'pack.compression=0'];
    await git(copy, ...plain, 'add', 'random');
    await git(copy, 'commit', '--quiet', '--message', 'Add what does not compress');
    const { result, growth } = await growthDuring(() => push(copy, ['HEAD'], plain));
    expect(result.code).toBe(1);
    expect(result.remote.join('\n')).toContain(`has ${SIZE} bytes; the limit in git is`);
    expect(growth).toBeLessThan(GROWTH);
    const clean = async (): Promise<boolean> => (await leftovers(server.data)).length === 0;
    expect(await eventually(clean)).toBe(true);
    expect(faultsIn(server)).toEqual([]);
  });
});
