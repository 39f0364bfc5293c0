import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { eventually } from '../support/data-folder.ts';
import { deadUrl, FaultyProxy } from '../support/faulty-proxy.ts';
import type { Finished } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const MiB = 1024 * 1024;
const proxy = await FaultyProxy.open();
const scenario = cliScenario({}, proxy);
beforeEach(() => proxy.forget());
afterAll(() => proxy.close());

/** Ann's clone of a component that has these files in sources and in the cache, and nowhere else. */
async function copyWithSources(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const { folder, component } = await scenario.annCopy();
  const { server, people } = scenario;
  for (const [name, content] of Object.entries(files))
    expect(await put(server, people.committer, component, name, content)).toBe(201);
  const lines = Object.entries(files).map(([name, text]) => `SHA512 (${name}) = ${sha512(text)}\n`);
  await writeFile(join(folder, 'sources'), lines.join(''));
  proxy.forget();
  return folder;
}
const filesIn = async (cwd: string): Promise<string[]> =>
  (await readdir(cwd)).filter((name) => !['.git', '.gitignore', 'sources'].includes(name));
const partials = (cwd: string): Promise<string[]> =>
  readdir(join(cwd, '.git/centpkg')).catch(() => []);
const ranges = (): (string | undefined)[] =>
  proxy.of('GET', /big/).map(({ headers }) => headers.range);

// Takes a minute: it begins before the other tests and is looked at in its place.
const silence = await FaultyProxy.open();
let silent: { cwd: string; content: Buffer; run: Promise<Finished> };
beforeAll(async () => {
  const content = randomBytes(MiB);
  const cwd = await copyWithSources({ 'big.tar': content });
  await scenario.ann.git(cwd, 'config', 'centpkg.url', silence.url);
  const url = `${silence.url}/scls/${basename(cwd)}.git`;
  await scenario.ann.git(cwd, 'remote', 'set-url', 'origin', url);
  silence.forwardTo(scenario.server.url);
  silence.break('GET', /big/, { kind: 'stall-answer', after: MiB / 2 });
  silent = { cwd, content, run: scenario.ann.run(['sources'], { cwd }) };
});
afterAll(() => silence.close());

/** SIGKILL to a centpkg that has so many bytes of its one file. @returns what it left behind */
async function killedAfter(bytes: number, cwd: string): Promise<{ path: string; size: number }> {
  proxy.break('GET', /big/, { kind: 'stall-answer', after: bytes });
  const child = spawn('centpkg', ['sources'], { cwd, env: scenario.ann.env, stdio: 'ignore' });
  const left = { path: '', size: 0 };
  const look = async (): Promise<boolean> => {
    const name = (await partials(cwd)).find((one) => one.endsWith('.part'));
    if (name === undefined) return false;
    left.path = join(cwd, '.git/centpkg', name);
    left.size = (await stat(left.path)).size;
    return left.size > bytes / 2;
  };
  expect(await eventually(look)).toBe(true);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);
  left.size = (await stat(left.path)).size;
  return left;
}

describe('a download that breaks off', () => {
  it('goes on where it stopped, until it is whole and verified', async () => {
    const content = randomBytes(3 * MiB);
    const cwd = await copyWithSources({ 'big.tar': content });
    proxy.break('GET', /big/, { kind: 'cut-answer', after: MiB }, 2);
    const { code, stdout, stderr } = await scenario.ann.run(['sources'], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'big.tar: downloaded, verified\n' });
    expect(stderr).toMatch(/^big\.tar: broken off, trying again \(1 of 4\)$/m);
    expect(sha512(await readFile(join(cwd, 'big.tar')))).toBe(sha512(content));
    const [first, second, third] = ranges();
    expect(first).toBeUndefined();
    // What came before the cut, except what the system still held.
    expect(Number(/^bytes=(\d+)-$/.exec(second ?? '')?.[1])).toBeGreaterThan(MiB / 2);
    expect(Number(/^bytes=(\d+)-$/.exec(third ?? '')?.[1])).toBeGreaterThan(MiB * 1.5);
    expect(proxy.of('GET', /big/).reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(4 * MiB);
    expect(await partials(cwd)).toEqual([]);
  });

  it('again and again leaves no half file in the work tree; the next run goes on', async () => {
    const content = randomBytes(2 * MiB);
    const cwd = await copyWithSources({ 'big.tar': content });
    proxy.break('GET', /big/, { kind: 'cut-answer', after: 64 * 1024 }, 99);
    const { code, stdout, stderr } = await scenario.ann.run(['sources'], { cwd });
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(stderr).toMatch(/^error: /m);
    expect(await filesIn(cwd)).toEqual([]);
    expect(await scenario.ann.git(cwd, 'status', '--porcelain', '--ignored')).toBe(' M sources\n');
    expect(await partials(cwd)).toHaveLength(1);
    proxy.forget();
    await scenario.ann.must(['sources'], { cwd });
    expect(ranges()).toEqual([expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
    expect(sha512(await readFile(join(cwd, 'big.tar')))).toBe(sha512(content));
  });

  it('because centpkg was killed is taken up by the next run', async () => {
    const content = randomBytes(2 * MiB);
    const cwd = await copyWithSources({ 'big.tar': content });
    const had = await killedAfter(MiB, cwd);
    expect(await filesIn(cwd)).toEqual([]);
    proxy.forget();
    await scenario.ann.must(['sources'], { cwd });
    expect(ranges()).toEqual([`bytes=${had.size}-`]);
    expect(sha512(await readFile(join(cwd, 'big.tar')))).toBe(sha512(content));
    expect(await partials(cwd)).toEqual([]);
  });

  it('is taken up by one of many runs at once, and all succeed', async () => {
    const content = randomBytes(2 * MiB);
    const cwd = await copyWithSources({ 'big.tar': content });
    const had = await killedAfter(MiB, cwd);
    proxy.forget();
    const runs = Array.from({ length: 5 }, () => scenario.ann.run(['sources'], { cwd }));
    expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(ranges().filter((range) => range !== undefined)).toEqual([`bytes=${had.size}-`]);
    expect(sha512(await readFile(join(cwd, 'big.tar')))).toBe(sha512(content));
    expect(await partials(cwd)).toEqual([]);
  });

  it('does not stop the other files', async () => {
    const cwd = await copyWithSources({ 'big.tar': randomBytes(MiB), 'a.tar': Buffer.from('a') });
    proxy.break('GET', /big/, { kind: 'cut-answer', after: 10 }, 99);
    expect((await scenario.ann.run(['sources'], { cwd })).code).toBe(7);
    expect(await filesIn(cwd)).toEqual(['a.tar']);
  });
});

describe('a download of other content than sources says', () => {
  it('is not kept: exit status 6', async () => {
    const content = randomBytes(MiB);
    const cwd = await copyWithSources({ 'big.tar': content });
    proxy.break('GET', /big/, { kind: 'flip-answer', after: 700_000 });
    const { code, stdout, stderr } = await scenario.ann.run(['sources'], { cwd });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toMatch(/^error: big\.tar: the download has sha512 \w+, not \w+\.$/m);
    expect(stderr).toContain(sha512(content));
    expect(await filesIn(cwd)).toEqual([]);
    expect(await partials(cwd)).toEqual([]);
    await scenario.ann.must(['sources'], { cwd });
    expect(await readFile(join(cwd, 'big.tar'))).toEqual(content);
  });

  it.each([
    ['shorter', (whole: Buffer) => Buffer.from('rubbish').subarray(0, whole.length - 1)],
    ['as long', (whole: Buffer) => Buffer.alloc(whole.length)],
    ['longer', (whole: Buffer) => Buffer.concat([whole, whole])],
  ])(
    'because of a bad partial file, %s than it, is fetched anew in the same run',
    async (_, bad) => {
      const content = randomBytes(100_000);
      const cwd = await copyWithSources({ 'big.tar': content });
      const { path } = await killedAfter(50_000, cwd);
      await writeFile(path, bad(content));
      proxy.forget();
      expect(await scenario.ann.run(['sources'], { cwd })).toMatchObject({ code: 0 });
      expect(await readFile(join(cwd, 'big.tar'))).toEqual(content);
    },
  );
});

describe('a server that can not help', () => {
  const page = '<html><body><h1>502 Bad Gateway</h1></body></html>';

  it('for a moment only delays a download', async () => {
    const cwd = await copyWithSources({ 'big.tar': Buffer.from('small') });
    proxy.break('GET', /big/, { kind: 'answer', status: 502, body: page }, 2);
    expect(await scenario.ann.run(['sources'], { cwd })).toMatchObject({ code: 0 });
    expect(proxy.of('GET', /big/).map(({ status }) => status)).toEqual([502, 502, 200]);
  });

  it.each([
    [502, 7],
    [503, 7],
    [404, 3],
    [200, 7],
  ])(
    'with the page of a proxy, status %i, exits with %i and shows no page',
    async (status, exit) => {
      proxy.break('GET', /api/, { kind: 'answer', status, body: page }, 99);
      const { code, stdout, stderr } = await scenario.ann.run(['sig', 'list']);
      expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
      expect(stderr).toMatch(/^error: [^<>]+\nto do: [^<>]+\n$/);
      expect(stderr).not.toContain('fault of centpkg');
    },
  );

  it('because the answer breaks off exits with 7', async () => {
    proxy.break('GET', /api/, { kind: 'cut-answer', after: 10 });
    const { code, stderr } = await scenario.ann.run(['sig', 'list']);
    expect(code).toBe(7);
    expect(stderr).not.toContain('fault of centpkg');
  });

  it('because it speaks no TLS exits with 7 and says that', async () => {
    const env = { CENTPKG_URL: scenario.server.url.replace('http:', 'https:') };
    const { code, stderr } = await scenario.ann.run(['sig', 'list'], { env });
    expect({ code, stderr }).toEqual({
      code: 7,
      stderr: expect.stringMatching(/^error: .*(SSL|TLS|wrong version)/i) as string,
    });
  });

  it('because it is not reachable exits with 7, for every kind of command', async () => {
    const cwd = await copyWithSources({ 'big.tar': Buffer.from('small') });
    const nobody = await deadUrl();
    await scenario.ann.git(cwd, 'config', 'centpkg.url', nobody);
    await scenario.ann.git(cwd, 'config', 'remote.origin.url', `${nobody}/scls/python.git`);
    await writeFile(join(cwd, 'a.tar'), 'a');
    for (const args of [['sources'], ['new-sources', 'a.tar'], ['pre-push-check'], ['whoami']]) {
      const { code, stdout, stderr } = await scenario.ann.run(args, { cwd });
      expect({ args, code, stdout }).toEqual({ args, code: 7, stdout: '' });
      expect(stderr).toMatch(/^error: (\S+: )?http:\S+ can not be reached\.$/m);
      expect(stderr).toContain(nobody);
    }
  });
});

it('a connection that goes silent counts as broken after a minute', {
  timeout: 120_000,
}, async () => {
  expect(await silent.run).toMatchObject({ code: 0 });
  expect(silence.of('GET', /big/)).toHaveLength(2);
  expect(sha512(await readFile(join(silent.cwd, 'big.tar')))).toBe(sha512(silent.content));
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
