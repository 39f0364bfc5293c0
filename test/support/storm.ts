import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { git, tryGit } from './process.ts';
import { commitFiles, push } from './pushing.ts';
import { put, sha512, workingCopy } from './sclo.ts';
import type { TestServer } from './test-server.ts';

/** A random number generator that starts from a seed (mulberry32), so that a run can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Storm {
  /** True: the loops come to their end. */
  over: boolean;
  /** How many pushes and uploads were acknowledged. */
  pushes: number;
  uploads: number;
}

export interface PushedCommit {
  readonly component: string;
  readonly branch: string;
  readonly oid: string;
  /** git ended with 0. */
  readonly acknowledged: boolean;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Waits for somebody to listen at the server's address, or for the end of the storm. Who started a
 * git, or sent a file, again and again to find that out, would take the processor from the start.
 */
async function untilItListens(storm: Storm, server: TestServer): Promise<void> {
  const { hostname, port } = new URL(server.url);
  while (!storm.over) {
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await pause(20);
    } finally {
      socket.destroy();
    }
  }
}

/** Commits and pushes to one branch, again and again, whatever becomes of the server. */
export async function pushLoop(
  storm: Storm,
  server: TestServer,
  token: string,
  folder: string,
  { component, branch }: { readonly component: string; readonly branch: string },
): Promise<PushedCommit[]> {
  const copy = await workingCopy(server, folder, token, { component, branch });
  const pushed: PushedCommit[] = [];
  for (let n = 0; !storm.over; n++) {
    await commitFiles(copy, { [`${n % 20}.patch`]: randomBytes(15_000).toString('base64') });
    const oid = (await git(copy, 'rev-parse', 'HEAD')).trim();
    const { code } = await push(copy, ['HEAD']);
    pushed.push({ component, branch, oid, acknowledged: code === 0 });
    if (code === 0) {
      storm.pushes++;
      continue;
    }
    // Goes on from where the branch is now, wherever the push has come to.
    do {
      await untilItListens(storm, server);
      if (storm.over) return pushed;
    } while ((await tryGit(copy, ['fetch', '--quiet', 'origin'])).code !== 0);
    await git(copy, 'reset', '--quiet', '--hard', `origin/${branch}`);
  }
  return pushed;
}

export interface UploadedFile {
  readonly component: string;
  readonly file: string;
  readonly hash: string;
  readonly size: number;
  /** The server answered 2xx. */
  readonly acknowledged: boolean;
}

/** Uploads files of all sizes, one after the other. */
export async function uploadLoop(
  storm: Storm,
  server: TestServer,
  token: string,
  name: string,
  random: () => number,
): Promise<UploadedFile[]> {
  const uploaded: UploadedFile[] = [];
  const component = 'python';
  for (let n = 0; !storm.over; n++) {
    const size = Math.floor(10 ** (1 + 6 * random()));
    const content = randomBytes(size);
    const file = `${name}-${n}.tar`;
    const hash = sha512(content);
    const status = await put(server, token, component, file, content).catch(() => 0);
    const acknowledged = status >= 200 && status < 300;
    uploaded.push({ component, file, hash, size, acknowledged });
    if (acknowledged) storm.uploads++;
    else await untilItListens(storm, server);
  }
  return uploaded;
}

export interface RefMovement {
  readonly push: string;
  readonly ref: string;
  readonly oid: string;
}

/** What the reflogs of a repository say that pushes have moved. */
export async function movementsIn(server: TestServer, component: string): Promise<RefMovement[]> {
  const repository = join(server.data, `repositories/${component}.git`);
  const refs = await git(repository, 'for-each-ref', '--format=%(refname)');
  const movements: RefMovement[] = [];
  for (const ref of refs.split('\n').filter((line) => line !== '')) {
    const log = await git(repository, 'log', '--walk-reflogs', '--format=%H %gE', ref, '--');
    for (const line of log.split('\n')) {
      const [oid = '', who = ''] = line.split(' ');
      if (who.startsWith('push-')) movements.push({ push: who.slice('push-'.length), ref, oid });
    }
  }
  return movements;
}
