import { describe, expect, it } from 'vitest';
import { eventually, isStored } from '../support/data-folder.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario({
  DISTGIT_LOOKASIDE_UNUSED_DAYS: '0',
  DISTGIT_LOOKASIDE_QUARANTINE_DAYS: '0',
});

const line = (file: string, content: string): string => `SHA512 (${file}) = ${sha512(content)}\n`;
const upload = (file: string, content: string): Promise<number> =>
  put(scenario.server, scenario.people.committer, 'python', file, content);
const download = async (file: string, content: string): Promise<number> => {
  const url = `${scenario.server.url}/lookaside/python/${file}/sha512/${sha512(content)}`;
  const answer = await fetch(url);
  if (answer.ok) expect(await answer.text()).toBe(content);
  return answer.status;
};
const gc = (apply: boolean) => scenario.server.must('collectGarbage', { apply });
const quarantined = async (): Promise<string[]> => {
  const { items } = await scenario.server.must('listQuarantine', { component: 'python' });
  expect((await scenario.server.must('listQuarantine', { component: 'other' })).items).toEqual([]);
  return items.map(({ file, state }) => `${file} ${state}`).toSorted();
};
async function branchCopy(branch = 'scl-python33-el7'): Promise<string> {
  const { committer } = scenario.people;
  return workingCopy(scenario.server, scenario.path(), committer, { branch });
}

describe('gc', () => {
  it('tells what no commit ever named, and without --apply changes nothing', async () => {
    for (const file of ['named.tar', 'once.tar', 'unused.tar']) await upload(file, file);
    const copy = await branchCopy();
    await commitFiles(copy, {
      sources: line('named.tar', 'named.tar') + line('once.tar', 'once.tar'),
    });
    await commitFiles(copy, { sources: line('named.tar', 'named.tar') });
    expect((await push(copy, ['HEAD'])).code).toBe(0);
    const plan = await gc(false);
    expect(plan).toMatchObject({
      applied: false,
      quarantined: { files: 1, bytes: 10 },
      deleted: { files: 0, bytes: 0 },
      items: [{ component: 'python', file: 'unused.tar', size: 10 }],
    });
    expect(await quarantined()).toEqual([]);
    expect(await download('unused.tar', 'unused.tar')).toBe(200);
  });

  it('lists the branches that name a file, each with its first commit', async () => {
    const { items } = await scenario.server.must('listSources', { component: 'python' });
    const used = items.map(
      ({ file, usedBy }) => `${file}: ${usedBy.map((by) => by.branch).join()}`,
    );
    expect(used.toSorted()).toEqual([
      'named.tar: scl-python33-el7',
      'once.tar: scl-python33-el7',
      'unused.tar: ',
    ]);
  });

  it('puts it into quarantine, from where an admin takes it back, and it is audited', async () => {
    expect(await gc(true)).toMatchObject({ applied: true, quarantined: { files: 1 } });
    expect(await quarantined()).toEqual(['unused.tar unreferenced']);
    expect(await download('unused.tar', 'unused.tar')).toBe(404);
    expect(await download('once.tar', 'once.tar')).toBe(200);
    const key = { component: 'python', file: 'unused.tar', hashType: 'sha512' } as const;
    const hash = sha512('unused.tar');
    const restored = await scenario.server.must('restoreSource', { ...key, hash });
    expect(restored).toEqual({ ...key, hash, state: 'stored' });
    expect(await download('unused.tar', 'unused.tar')).toBe(200);
    const again = await scenario.server.call('restoreSource', { ...key, hash });
    expect(again.status).toBe(409);
    const none = await scenario.server.call('restoreSource', {
      ...key,
      hash: hash.replace(/./g, '0'),
    });
    expect(none.status).toBe(404);
    const { items } = await scenario.server.must('listAudit', { limit: 10 });
    const actions = items.map(({ action, actor }) => `${action} ${actor}`);
    expect(actions).toEqual(expect.arrayContaining(['lookaside.gc admin', 'source.restore admin']));
  });

  it('lets an upload take it back, too', async () => {
    await gc(true);
    expect(await download('unused.tar', 'unused.tar')).toBe(404);
    expect(await upload('unused.tar', 'unused.tar')).toBe(201);
    expect(await download('unused.tar', 'unused.tar')).toBe(200);
    expect(await quarantined()).toEqual([]);
  });

  it('deletes what was in quarantine long enough, and says so in the audit log', async () => {
    await gc(true);
    expect(await isStored(scenario.server.data, 'unused.tar')).toBe(true);
    await gc(true);
    const gone = async (): Promise<boolean> =>
      !(await isStored(scenario.server.data, 'unused.tar'));
    expect(await eventually(gone)).toBe(true);
    expect(await eventually(async () => (await quarantined()).length === 0)).toBe(true);
    const { items } = await scenario.server.must('listAudit', { limit: 5 });
    expect(items).toContainEqual(
      expect.objectContaining({
        actor: 'server',
        action: 'source.delete',
        subject: 'python/unused.tar',
      }),
    );
    const { total } = await scenario.server.must('showUsage', {});
    expect(total).toEqual({ files: 2, bytes: 17 });
    expect(await upload('unused.tar', 'unused.tar')).toBe(201);
    expect(await download('unused.tar', 'unused.tar')).toBe(200);
  });

  it.each(['committer', 'chair', 'stranger'] as const)('is not for a %s', async (who) => {
    const token = scenario.people[who];
    const { server } = scenario;
    expect((await server.call('collectGarbage', { apply: true }, token)).status).toBe(403);
    expect((await server.call('listQuarantine', {}, token)).status).toBe(403);
    expect((await server.call('startScrub', {}, token)).status).toBe(403);
    expect((await server.call('showScrub', {}, null)).status).toBe(401);
    const quota = { sig: 'sclo', quota: null };
    expect((await server.call('setQuota', quota, token)).status).toBe(403);
    const key = { component: 'python', file: 'a', hashType: 'sha512', hash: sha512('a') } as const;
    expect((await server.call('restoreSource', key, token)).status).toBe(403);
  });

  it('leaves the server without a fault', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
