import { sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { withDatabase } from '../support/database.ts';
import { push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, workingCopy } from '../support/sclo.ts';
import { secretOf } from '../support/token-parts.ts';

const scenario = scloScenario();
type Entry = ApiOutput<'listAudit'>['items'][number];

let log: readonly Entry[];
beforeAll(async () => {
  const { server, people } = scenario;
  const copy = await workingCopy(server, scenario.path(), people.committer);
  expect((await push(copy, ['HEAD'])).code).toBe(0);
  await put(server, people.committer, 'python', 'a.tar', 'a');
  // Refused ones: by the coarse question, by a check, and in each of the ways to ask.
  await push(copy, ['HEAD:refs/heads/scl-python33-el8']);
  await put(server, people.stranger, 'python', 'a.tar', 'a');
  await push(await workingCopy(server, scenario.path(), people.stranger), ['HEAD']);
  await server.call('createSig', { name: 'mine' }, people.stranger);
  await server.call('approveUser', { sig: 'sclo', user: 'sam' }, people.committer);
  await server.call('listAudit', {}, people.stranger);
  log = (await server.must('listAudit', { limit: 1000 })).items;
});

const entries = (action: string, allowed: boolean): Entry[] =>
  log.filter((entry) => entry.action === action && entry.allowed === allowed);

describe('the audit log', () => {
  it('says who did what, with which credential, from where, in which request, by which rule', async () => {
    const { server, people } = scenario;
    const tokens = await server.must('listTokens', {}, people.committer);
    const [entry] = entries('push', true);
    expect(entry).toEqual({
      id: expect.any(Number),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      actor: 'ann',
      credential: `token:${tokens.items[0]?.id}`,
      address: '127.0.0.1',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      action: 'push',
      subject: 'python',
      allowed: true,
      rule: 'commit-approved',
      detail: { push: expect.any(String), refs: ['refs/heads/scl-python33-el7'] },
    });
    const pushes = await server.must('listPushes', { component: 'python' });
    expect(pushes.items.map(({ id }) => id)).toContain(entry?.detail.push);
  });

  it('has every kind of change', () => {
    const done = new Set(log.filter(({ allowed }) => allowed).map(({ action }) => action));
    expect([...done].toSorted()).toEqual([
      'collection.create',
      'component.create',
      'push',
      'sig.approve',
      'sig.create',
      'sig.member.set',
      'token.create',
      'upload',
      'user.create',
    ]);
  });

  it('has what was refused too, with the rule that refused', () => {
    const refused = log.filter(({ allowed }) => !allowed);
    const seen = refused.map(({ actor, action, rule }) => `${actor} ${action} ${rule}`);
    expect([...new Set(seen)].toSorted()).toEqual([
      'ann manage-sig sig-chair',
      'ann push push-checks',
      'sam administer site-admin',
      'sam push commit-approved',
      'sam upload commit-approved',
    ]);
    expect(entries('push', false).find(({ actor }) => actor === 'ann')?.detail).toEqual({
      refused: ['branch-provisioned'],
      refs: ['refs/heads/scl-python33-el8'],
    });
  });

  it('is newest first, and is read a page at a time', async () => {
    const { server } = scenario;
    const ids = log.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    const pages: number[] = [];
    for (let before: number | undefined; pages.length < 1000; before = pages.at(-1)) {
      const input = before === undefined ? { limit: 3 } : { limit: 3, before };
      const { items } = await server.must('listAudit', input);
      if (items.length === 0) break;
      pages.push(...items.map(({ id }) => id));
    }
    expect(pages.filter((id) => ids.includes(id))).toEqual(ids);
  });

  it('is for admins', async () => {
    const { server, people } = scenario;
    for (const [token, status] of [
      [null, 401],
      [people.chair, 403],
      [people.committer, 403],
    ] as const)
      expect((await server.call('listAudit', {}, token)).status).toBe(status);
  });

  it('holds no secret', async () => {
    const text = JSON.stringify(log);
    for (const token of [...Object.values(scenario.people), scenario.server.adminToken])
      expect(text).not.toContain(secretOf(token));
  });

  it('can only be appended to, whatever the hand on the database', async () => {
    const { server } = scenario;
    const before = (await server.must('listAudit', { limit: 1000 })).items;
    const failures = await withDatabase(server, async (db) => {
      const messages: string[] = [];
      for (const statement of [
        raw`update audit_log set actor = 'nobody'`,
        raw`delete from audit_log where id = 1`,
        raw`truncate audit_log`,
      ])
        await statement.execute(db.sql).catch((error: unknown) => {
          messages.push((error as Error).message);
        });
      return messages;
    });
    expect(failures).toHaveLength(3);
    for (const message of failures) expect(message).toContain('append-only');
    const after = (await server.must('listAudit', { limit: 1000 })).items;
    expect(after.slice(-before.length)).toEqual(before);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
