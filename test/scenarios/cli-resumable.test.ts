import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { eventually } from '../support/data-folder.ts';
import { FaultyProxy, type Seen } from '../support/faulty-proxy.ts';
import { faultsIn } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { startOnTerminal } from '../support/terminal.ts';

const MiB = 1024 * 1024;
const SIZE = 24 * MiB;
const proxy = await FaultyProxy.open();
const scenario = cliScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '40 MiB' }, proxy);
beforeEach(async () => {
  proxy.forget();
  for (const folder of [partials(), stateFolder()])
    for (const name of await readdir(folder).catch(() => [])) await rm(join(folder, name));
});
afterAll(() => proxy.close());

/** Ann's clone of a new component with a large file `name` in it. */
async function copyWith(name: string, size = SIZE) {
  const { folder: cwd, component } = await scenario.annCopy();
  const content = randomBytes(size);
  await writeFile(join(cwd, name), content);
  proxy.forget();
  return { cwd, component, content };
}
const partials = (): string => join(scenario.server.data, 'staging/resumable');
const stateFolder = (): string => join(scenario.ann.home, '.cache/centpkg/uploads');
const states = (): Promise<string[]> => readdir(stateFolder()).catch(() => []);
const pieces = (): Seen[] => proxy.of('PATCH', /^\/uploads\//);
const offsetOf = (piece: Seen | undefined): number => Number(piece?.headers['upload-offset']);

/** Bytes of the one upload that is not in the cache yet. */
async function arrived(): Promise<number> {
  const names = await readdir(partials());
  const sizes = await Promise.all(
    names
      .filter((name) => !name.includes('.'))
      .map((name) =>
        stat(join(partials(), name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return Math.max(0, ...sizes);
}

async function expectStored(component: string, file: string, content: Buffer): Promise<void> {
  const path = `/lookaside/${component}/${file}/sha512/${sha512(content)}`;
  const answer = await fetch(`${scenario.server.url}${path}`);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
}

/** Starts an upload that stands still when a part of it has reached the server's disk. */
async function halfWay(cwd: string, file: string): Promise<ChildProcess> {
  proxy.break('PATCH', /uploads/, { kind: 'stall-request', after: 8 * MiB });
  const child = scenario.ann.start(['new-sources', file], cwd);
  expect(await eventually(async () => (await arrived()) > 4 * MiB, 30)).toBe(true);
  return child;
}
async function killedHalfWay(cwd: string, file: string): Promise<void> {
  const child = await halfWay(cwd, file);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  expect(await states()).toHaveLength(1);
}

describe('a large file', () => {
  it('asks first, sends each byte once, and leaves no state', async () => {
    const { cwd, component, content } = await copyWith('large.tar');
    const text = await scenario.ann.must(['new-sources', 'large.tar'], { cwd });
    expect(text).toContain(`SHA512 (large.tar) = ${sha512(content)}`);
    expect(proxy.of('POST', /^\/uploads$/)).toMatchObject([{ status: 201, received: 0 }]);
    expect(pieces()).toMatchObject([{ status: 204, received: SIZE }]);
    expect(pieces()[0]?.headers.expect).toBe('100-continue');
    expect(proxy.of('PUT', /./)).toEqual([]);
    await expectStored(component, 'large.tar', content);
    expect(await states()).toEqual([]);
    const { items } = await scenario.server.must('listSources', { component });
    const { mtime } = await stat(join(cwd, 'large.tar'));
    expect(items).toMatchObject([{ mtime: mtime.toISOString(), uploadedBy: 'ann' }]);
  });

  it('goes with others, small and large, at once', async () => {
    const { cwd, component, content } = await copyWith('one.tar');
    await writeFile(join(cwd, 'two.tar'), randomBytes(SIZE));
    await writeFile(join(cwd, 'small.tar'), 'small');
    proxy.break('PATCH', /uploads/, { kind: 'cut-request', after: 3 * MiB }, 3);
    const files = ['one.tar', 'two.tar', 'small.tar'];
    await scenario.ann.must(['new-sources', ...files], { cwd });
    expect(await scenario.cached(component)).toEqual([...files].sort());
    await expectStored(component, 'one.tar', content);
  });

  it('by two runs at once is stored, and both are told so', async () => {
    const { cwd, component, content } = await copyWith('twice.tar');
    const args = ['upload', 'twice.tar'];
    const copy = await scenario.annCopy();
    await scenario.ann.git(
      copy.folder,
      'remote',
      'set-url',
      'origin',
      `${proxy.url}/scls/${component}.git`,
    );
    await writeFile(join(copy.folder, 'twice.tar'), content);
    const runs = [cwd, copy.folder].map((folder) => scenario.ann.run(args, { cwd: folder }));
    for (const { code, stderr } of await Promise.all(runs))
      expect({ code, stderr }).toMatchObject({ code: 0 });
    await expectStored(component, 'twice.tar', content);
    expect(await states()).toEqual([]);
  });

  it('without permission is refused before its first byte: 4', async () => {
    const { cwd } = await copyWith('refused.tar');
    const env = { CENTPKG_URL: proxy.url, CENTPKG_TOKEN: scenario.people.stranger };
    const { code, stderr } = await scenario.ann.run(['upload', 'refused.tar'], { cwd, env });
    expect(code).toBe(4);
    expect(stderr).toMatch(/^to do: Ask for it: centpkg request access --sig sclo/m);
    expect(proxy.of('POST', /uploads/)).toMatchObject([{ status: 403 }]);
    expect(pieces()).toEqual([]);
  });

  it('over the limit is refused before its first byte: 6', async () => {
    const { cwd } = await copyWith('over.tar', 40 * MiB + 1);
    const { code, stderr } = await scenario.ann.run(['upload', 'over.tar'], { cwd });
    expect(code).toBe(6);
    expect(stderr).toContain('larger than 40 MiB');
    expect(pieces()).toEqual([]);
  });
});

describe('a connection that breaks', () => {
  it('is taken up again where the server stands, as often as it comes forward', async () => {
    const { cwd, component, content } = await copyWith('cut.tar');
    proxy.break('PATCH', /uploads/, { kind: 'cut-request', after: 2 * MiB }, 10);
    const { code, stderr } = await scenario.ann.run(['new-sources', 'cut.tar'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('cut.tar: broken off, trying again (1 of 7)');
    expect(pieces()).toHaveLength(11);
    const offsets = pieces().map(offsetOf);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(offsets.at(-1)).toBeGreaterThan(10 * MiB);
    await expectStored(component, 'cut.tar', content);
  });

  it('when only the answer is lost, nothing is sent again', async () => {
    const { cwd, component, content } = await copyWith('answer.tar');
    proxy.break('PATCH', /uploads/, { kind: 'lose-answer' });
    await scenario.ann.must(['new-sources', 'answer.tar'], { cwd });
    expect(pieces()).toMatchObject([{ status: 204, received: SIZE }]);
    await expectStored(component, 'answer.tar', content);
  });

  it('before the upload begins, or while it is asked for, is tried again, too', async () => {
    const { cwd, component, content } = await copyWith('begin.tar');
    proxy.break('POST', /uploads/, { kind: 'lose-answer' });
    proxy.break('PATCH', /uploads/, { kind: 'cut-request', after: MiB });
    proxy.break('HEAD', /uploads/, { kind: 'answer', status: 502, body: '<html>' });
    await scenario.ann.must(['new-sources', 'begin.tar'], { cwd });
    await expectStored(component, 'begin.tar', content);
  });

  it('because the server is killed: it goes on when that is back', async () => {
    const { cwd, component, content } = await copyWith('killed.tar');
    const child = await halfWay(cwd, 'killed.tar');
    const exit = once(child, 'exit');
    await scenario.server.kill();
    const there = await arrived();
    await scenario.server.start();
    expect(await exit).toEqual([0, null]);
    expect(offsetOf(pieces().at(-1))).toBe(there);
    expect(pieces().at(-1)).toMatchObject({ status: 204, received: SIZE - there });
    await expectStored(component, 'killed.tar', content);
  });
});

describe('a centpkg that ends in the middle', () => {
  it('by kill -9: the next run sends the rest only', async () => {
    const { cwd, component, content } = await copyWith('rest.tar');
    await killedHalfWay(cwd, 'rest.tar');
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe('');
    proxy.forget();
    const { code, stderr } = await scenario.ann.run(['new-sources', 'rest.tar'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/^rest\.tar: goes on at \S+ MiB of 24 MiB$/m);
    expect(proxy.of('POST', /./)).toEqual([]);
    const [piece] = pieces();
    expect(offsetOf(piece)).toBeGreaterThan(4 * MiB);
    expect(piece?.received).toBe(SIZE - offsetOf(piece));
    await expectStored(component, 'rest.tar', content);
    expect(await states()).toEqual([]);
  });

  it('by Ctrl-C: it says that the upload goes on later, and it does', async () => {
    const { cwd, component, content } = await copyWith('ctrl-c.tar');
    proxy.break('PATCH', /uploads/, { kind: 'stall-request', after: 8 * MiB });
    const size = { columns: 80, rows: 24, cwd };
    const session = startOnTerminal(scenario.ann, 'centpkg new-sources ctrl-c.tar', size);
    expect(await eventually(async () => (await arrived()) > 4 * MiB, 30)).toBe(true);
    session.type('\u0003');
    const { code, raw, history } = await session.ended;
    expect(code).toBe(130);
    // A fast line may have taken all of it before the bar was drawn once.
    expect(raw).toMatch(/ctrl-c\.tar +(\[#*\.*\] +\d+% |100% sent)/);
    expect(history).toContain('error: Interrupted; what came of ctrl-c.tar is kept.');
    expect(history).toContain('to do: Run the same command again: it goes on where it stopped.');
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe('');
    proxy.forget();
    const dry = await scenario.ann.must(['upload', '--dry-run', 'ctrl-c.tar'], { cwd });
    expect(dry).toMatch(/^ctrl-c\.tar: the upload would go on at \S+ MiB of 24 MiB$/m);
    await scenario.ann.must(['new-sources', 'ctrl-c.tar'], { cwd });
    expect(offsetOf(pieces()[0])).toBeGreaterThan(4 * MiB);
    await expectStored(component, 'ctrl-c.tar', content);
  });

  it('by Ctrl-C during a small file: nothing is half done', async () => {
    const { cwd, component } = await copyWith('small.tar', 4 * MiB);
    proxy.break('PUT', /small/, { kind: 'stall-request', after: MiB });
    const size = { columns: 80, rows: 24, cwd };
    const session = startOnTerminal(scenario.ann, 'centpkg new-sources small.tar', size);
    const sending = (): boolean => (proxy.of('PUT', /small/)[0]?.received ?? 0) >= MiB;
    expect(await eventually(sending, 30)).toBe(true);
    session.type('\u0003');
    const { code, history } = await session.ended;
    expect(code).toBe(130);
    expect(history).toContain('error: Interrupted; nothing was left half done.');
    expect(await scenario.cached(component)).toEqual([]);
  });

  it('with another token in the next run, begins anew', async () => {
    const { cwd, component, content } = await copyWith('token.tar');
    await killedHalfWay(cwd, 'token.tar');
    await scenario.server.must('setMember', { sig: 'sclo', user: 'sam' });
    const { server, people } = scenario;
    await server.must('approveUser', { sig: 'sclo', user: 'sam' }, people.chair);
    const env = { CENTPKG_URL: proxy.url, CENTPKG_TOKEN: people.stranger };
    proxy.forget();
    await scenario.ann.must(['new-sources', 'token.tar'], { cwd, env });
    await server.must('revokeApproval', { sig: 'sclo', user: 'sam' }, people.chair);
    expect(pieces()).toMatchObject([{ received: SIZE }]);
    await expectStored(component, 'token.tar', content);
  });
});

describe('what was left at the server', () => {
  it('and is not there any more, is sent again from the beginning', async () => {
    const { cwd, component, content } = await copyWith('gone.tar');
    await killedHalfWay(cwd, 'gone.tar');
    for (const name of await readdir(partials())) await rm(join(partials(), name));
    proxy.forget();
    await scenario.ann.must(['new-sources', 'gone.tar'], { cwd });
    expect(pieces()).toMatchObject([{ received: SIZE }]);
    await expectStored(component, 'gone.tar', content);
  });

  it('and is not what was sent, is told of at the end: 6; the next run begins anew', async () => {
    const { cwd, component, content } = await copyWith('flipped.tar');
    await killedHalfWay(cwd, 'flipped.tar');
    const idle = async (): Promise<boolean> => {
      const { code } = await scenario.ann.run(['upload', '--dry-run', 'flipped.tar'], { cwd });
      return code === 0;
    };
    expect(await eventually(idle)).toBe(true);
    for (const name of await readdir(partials())) {
      if (name.includes('.')) continue;
      await using handle = await open(join(partials(), name), 'r+');
      await handle.write('XXXXXXXXXXXXXXXX', 1000);
    }
    const { code, stderr } = await scenario.ann.run(['new-sources', 'flipped.tar'], { cwd });
    expect(code).toBe(6);
    expect(stderr).toMatch(/^error: flipped\.tar: SHA512 check failed/m);
    expect(await scenario.cached(component)).toEqual([]);
    expect(await states()).toEqual([]);
    proxy.forget();
    await scenario.ann.must(['new-sources', 'flipped.tar'], { cwd });
    expect(pieces()).toMatchObject([{ received: SIZE }]);
    await expectStored(component, 'flipped.tar', content);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
