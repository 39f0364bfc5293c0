import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BuildRow } from '../../server/builds/build-rows.ts';
import { findTask, isTaskOf, markOf } from '../../server/builds/find-task.ts';
import type { Hub } from '../../server/koji/hub.ts';
import type { Koji } from '../../server/koji/open-koji.ts';
import { hubCertificates } from '../support/koji-hub/certificates.ts';
import { loginAt } from '../support/koji-hub/site.ts';
import { KojiHub } from '../support/koji-hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const COMMIT = 'c'.repeat(40);
const SOURCE = `git+https://git.example.org/scls/python.git#${COMMIT}`;
const ROW = {
  id: 7,
  kind: 'build',
  commit: COMMIT,
  srpm: null,
  state: 'submitting',
  asked_at: new Date(),
} as BuildRow;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: KojiHub;
let hub: Hub;
let koji: Koji;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

beforeEach(async () => {
  const certificates = await hubCertificates(folder.path, ['distgit']);
  server = await KojiHub.open(certificates);
  server.state.addUser('distgit');
  server.state.addUser('joe');
  hub = loginAt(server, certificates, 'distgit');
  koji = { hub: () => hub } as Koji;
  return async () => {
    await hub.close();
    await server[Symbol.asyncDispose]();
  };
});

const submit = (id = ROW.id, by = 'distgit', source = SOURCE, options = {}): number =>
  Number(server.state.as(by, 'build', source, 'target', { ...markOf([{ id }]), ...options }));
const find = (row: BuildRow = ROW, isScratch = false) => findTask({ koji }, row, isScratch);
const tasks = (task: number) => server.state.store.one('task', { id: task }) ?? {};

describe('the task of a build whose answer was lost', () => {
  it('is found behind all that was asked for since, with the tasks below', async () => {
    const task = submit();
    for (let n = 0; n < 230; n++) {
      const other = submit(1000 + n);
      server.state.addChild(other, 'buildArch', 'x86_64', 'x86_64');
    }
    expect(await find()).toBe(task);
    const { seen } = server;
    expect(seen.filter(({ method }) => method === 'listTasks')).toHaveLength(3);
  });

  it('is none of another account, of another row or commit, or of another kind', async () => {
    submit(ROW.id, 'joe');
    submit(8);
    submit(ROW.id, 'distgit', SOURCE.replaceAll('c'.repeat(40), 'd'.repeat(40)));
    const scratch = submit(ROW.id, 'distgit', SOURCE, { scratch: true });
    expect(await find()).toBeNull();
    expect(await find(ROW, true)).toBe(scratch);
    expect(await find({ ...ROW, kind: 'chain' })).toBeNull();
  });

  it('is none that is older than the question, by more than clocks differ', async () => {
    const task = submit();
    const { store } = server.state;
    const before = (minutes: number) => Date.now() / 1000 - minutes * 60;
    store.update(tasks(task), { create_ts: before(40) });
    expect(await find()).toBe(task);
    store.update(tasks(task), { create_ts: before(80) });
    expect(await find()).toBeNull();
  });

  it('is not said to be missing where the hub does not know who asks, or has too much', async () => {
    const unknown = { read: async () => null } as unknown as Hub;
    const asked = findTask({ koji: { hub: () => unknown } as Koji }, ROW, false);
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
    for (let n = 0; n < 5000; n++) submit(1000 + n);
    await expect(find()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a task', () => {
  const info = (method: string, request: unknown) =>
    ({ id: 1, method, request }) as Parameters<typeof isTaskOf>[1];

  it('is that of a row by its mark and its commit', () => {
    const chain = [[[SOURCE], ['git+https://git.example.org/b#x']], 'target', markOf([ROW])];
    expect(isTaskOf(ROW, info('build', [SOURCE, 'target', markOf([ROW])]))).toBe(true);
    expect(isTaskOf({ ...ROW, kind: 'chain' }, info('chainbuild', chain))).toBe(true);
    expect(isTaskOf(ROW, info('chainbuild', chain))).toBe(false);
    expect(isTaskOf(ROW, info('build', [SOURCE, 'target', markOf([{ id: 8 }])]))).toBe(false);
    expect(isTaskOf(ROW, info('build', [SOURCE, 'target', null]))).toBe(false);
    expect(isTaskOf(ROW, info('tagBuild', [3, 4]))).toBe(false);
  });

  it('is that of a row by its mark and its SRPM', () => {
    const srpm = 'cli-build/1.a/p-1-1.src.rpm';
    const row: BuildRow = { ...ROW, kind: 'scratch', commit: null, srpm };
    const of = (source: string) => info('build', [source, 'target', markOf([ROW])]);
    expect(isTaskOf(row, of(srpm))).toBe(true);
    for (const other of ['cli-build/2.b/p-1-1.src.rpm', SOURCE])
      expect(isTaskOf(row, of(other))).toBe(false);
  });
});
