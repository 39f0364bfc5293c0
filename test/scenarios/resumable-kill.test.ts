import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leftovers } from '../support/data-folder.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { TusClient } from '../support/tus.ts';

const MiB = 1024 * 1024;
const KILLS = 12;
/** How long the server lives between two kills, at most. */
const LIFE_MS = 250;
const scenario = scloScenario();

/** What arrived is what was sent, as far as it goes. */
function expectPrefix(there: Buffer, content: Buffer): void {
  expect(there.equals(content.subarray(0, there.length))).toBe(true);
}

it(`an upload outlives a server that is killed ${KILLS} times`, { timeout: 600_000 }, async () => {
  const { server, people } = scenario;
  const tus = new TusClient(server, people.committer);
  const content = randomBytes(64 * MiB);
  const path = await tus.begin('stubborn.tar', content);
  const file = join(server.data, 'staging/resumable', path.slice('/uploads/'.length));
  const storm = { over: false, cut: 0 };
  let told = 0;

  /** Sends the rest from wherever the server says, until all is stored. */
  const client = async (): Promise<void> => {
    while (!storm.over)
      try {
        const { status, offset } = await tus.head(path);
        if (status === 423) continue;
        expect(status).toBe(200);
        // Never less than was told before: what is told is kept.
        expect(offset).toBeGreaterThanOrEqual(told);
        told = offset;
        if (offset === content.length) return;
        await tus.patch(path, offset, content.subarray(offset, offset + MiB));
      } catch (error) {
        // A server that is dead, or dies, is a failed fetch.
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
  };
  const uploading = client();
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE_MS));
      await server.kill();
      const there = await readFile(file).catch(() => null);
      if (there !== null) {
        storm.cut++;
        expect(told).toBeLessThanOrEqual(there.length);
        expectPrefix(there, content);
      }
      await server.start();
    }
    await uploading;
    // There was something to lose.
    expect(storm.cut).toBeGreaterThan(0);
  } finally {
    storm.over = true;
  }
  const url = `${server.url}/lookaside/python/stubborn.tar/sha512/${sha512(content)}`;
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  const { items } = await server.must('listSources', { component: 'python' });
  expect(items).toMatchObject([{ file: 'stubborn.tar', size: content.length }]);
  // The record alone stays, for a client that did not hear the end.
  const left = await leftovers(server.data);
  expect(left).toEqual([`staging/resumable${path.slice('/uploads'.length)}.json`]);
  expect(faultsIn(server)).toEqual([]);
});
