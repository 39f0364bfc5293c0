import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { FLUSH, pktLine, postToService } from '../support/git-wire.ts';
import { git, run, tryGit } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const BRANCH = 'scl-python33-el7';
const version = (n: number): string[] => ['-c', `protocol.version=${n}`];
const count = async (copy: string): Promise<number> =>
  Number(await git(copy, 'rev-list', '--count', 'HEAD'));
const missing = async (copy: string): Promise<number> =>
  (await git(copy, 'rev-list', '--objects', '--missing=print', 'HEAD')).match(/^\?/gm)?.length ?? 0;

/** Runs git and returns the HTTP headers that it sent. */
async function sentHeaders(cwd: string, ...args: string[]): Promise<string> {
  const trace = scenario.path('trace');
  const { code, stderr } = await tryGit(cwd, args, {
    GIT_TRACE_CURL: trace,
    GIT_TRACE_CURL_NO_DATA: '1',
  });
  expect(stderr).not.toContain('error:');
  expect(code).toBe(0);
  const lines = (await readFile(trace, 'utf8')).split('\n');
  return lines.filter((line) => line.includes('=> Send header:')).join('\n');
}

beforeAll(async () => {
  const copy = await workingCopy(scenario.server, scenario.path(), scenario.people.committer);
  for (let n = 1; n <= 5; n++)
    await commitFiles(copy, { [`patch-${n}.patch`]: `${n}`.repeat(1000) });
  expect((await push(copy, ['HEAD'])).code).toBe(0);
});

describe.each([0, 2])('by protocol version %i', (n) => {
  const clone = async (...options: string[]): Promise<string> => {
    const copy = scenario.path();
    const url = scenario.server.gitUrl('python', scenario.people.committer);
    await git('/', ...version(n), 'clone', '--quiet', '--branch', BRANCH, ...options, url, copy);
    return copy;
  };

  it('a shallow clone is deepened, made whole, and pushed from', async () => {
    const copy = await clone('--depth', '1');
    expect(await count(copy)).toBe(1);
    await git(copy, ...version(n), 'fetch', '--quiet', '--deepen', '2');
    expect(await count(copy)).toBe(3);
    await commitFiles(copy, { [`shallow-${n}.patch`]: 'x\n' });
    expect((await push(copy, ['HEAD'], version(n))).code).toBe(0);
    await git(copy, ...version(n), 'fetch', '--quiet', '--unshallow');
    expect(await count(copy)).toBeGreaterThanOrEqual(8);
    expect(await git(copy, 'fsck', '--full')).toBe('');
  });

  it('a partial clone leaves the files out and gets them when they are needed', async () => {
    const copy = await clone('--filter=blob:none', '--no-checkout');
    expect(await missing(copy)).toBeGreaterThanOrEqual(7);
    await git(copy, ...version(n), 'checkout', '--quiet', BRANCH);
    expect(await missing(copy)).toBe(0);
    expect(await git(copy, ...version(n), 'show', 'HEAD:patch-3.patch')).toBe('3'.repeat(1000));
  });

  it('a request with so many haves that git compresses it is understood', async () => {
    const copy = await clone();
    const commits = Array.from(
      { length: 600 },
      (_, i) =>
        `commit refs/heads/local\ncommitter T <t@example.org> ${4_000_000_000 + i} +0000\ndata 1\nx\n` +
        (i === 0 ? `from refs/remotes/origin/${BRANCH}\n` : ''),
    );
    await run('git', ['-C', copy, 'fast-import', '--quiet'], { input: commits.join('') });
    const writer = await workingCopy(scenario.server, scenario.path(), scenario.people.committer);
    await commitFiles(writer, { [`haves-${n}.patch`]: 'x\n' });
    expect((await push(writer, ['HEAD'])).code).toBe(0);
    const headers = await sentHeaders(copy, ...version(n), 'fetch', '--quiet', 'origin');
    expect(headers).toMatch(/content-encoding: gzip/i);
    expect(await git(copy, 'show', `origin/${BRANCH}:haves-${n}.patch`)).toBe('x\n');
  });

  it('a push larger than http.postBuffer comes in chunks behind a probe, others in one piece', async () => {
    for (const [buffer, chunked] of [
      ['65536', true],
      ['16777216', false],
    ] as const) {
      const copy = await clone();
      const content = randomBytes(150_000).toString('base64');
      await commitFiles(copy, { [`buffer-${n}-${buffer}.patch`]: content });
      const config = [...version(n), '-c', `http.postBuffer=${buffer}`];
      const headers = await sentHeaders(copy, ...config, 'push', '--quiet', 'origin', 'HEAD');
      expect(/transfer-encoding: chunked/i.test(headers)).toBe(chunked);
      // The probe of four bytes finds out whether the server wants a password.
      expect(/content-length: 4$/im.test(headers.replaceAll('\r', ''))).toBe(chunked);
      const url = scenario.server.gitUrl('python');
      const tip = await git('/', 'ls-remote', url, `refs/heads/${BRANCH}`);
      expect(tip).toContain((await git(copy, 'rev-parse', 'HEAD')).trim());
    }
  });
});

describe('a POST with Content-Encoding: gzip', () => {
  const request = Buffer.concat([pktLine('command=ls-refs\n'), Buffer.from('0001'), FLUSH]);
  const ask = (body: Buffer, encoding: string) =>
    postToService(scenario.server.gitUrl('python'), 'git-upload-pack', body, null, {
      'Content-Encoding': encoding,
      'Git-Protocol': 'version=2',
    });

  it.each(['gzip', 'x-gzip'])('is understood as %s', async (encoding) => {
    expect(gunzipSync(gzipSync(request))).toEqual(request);
    const { status, answer, headers } = await ask(gzipSync(request), encoding);
    expect(status).toBe(200);
    expect(answer.toString()).toContain(`refs/heads/${BRANCH}`);
    expect(headers.get('content-type')).toBe('application/x-git-upload-pack-result');
    expect(headers.get('cache-control')).toContain('no-cache');
  });

  it('that is none is refused with 400, another compression with 415', async () => {
    expect((await ask(request, 'gzip')).status).toBe(400);
    expect((await ask(gzipSync(request).subarray(0, 20), 'gzip')).status).toBe(400);
    expect((await ask(request, 'br')).status).toBe(415);
  });

  it('leaves the server without a fault', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
