import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { findComponent } from '../../server/components/find-component.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import { listPushes } from '../../server/pushes/list-pushes.ts';
import { pushMark } from '../../server/pushes/push-mark.ts';
import { recordApplied, recordChecked } from '../../server/pushes/record-push.ts';
import { settlePushes } from '../../server/pushes/settle-pushes.ts';
import { componentRows } from '../contracts/database/rows.ts';
import { BY_ADMIN, parsed } from '../contracts/database/world.ts';
import { must } from '../support/git-history.ts';
import { temporaryRepositories } from '../support/repositories.ts';

let db: Database;
let temporary: Awaited<ReturnType<typeof temporaryRepositories>>;
let component: ComponentName;
let path: string;
let ref: string;
let other: string;
let commits: string[];
beforeAll(async () => {
  db = await openPglite(null);
  await db.migrate();
  temporary = await temporaryRepositories();
});
afterAll(async () => {
  await db.close();
  await temporary[Symbol.asyncDispose]();
});
beforeEach(async () => {
  // What other tests left unsettled is none of this one's.
  await db.sql.updateTable('pushes').set({ state: 'abandoned' }).execute();
  component = await componentRows(db);
  const { branches } = await findComponent(db.sql, component);
  ref = `refs/heads/scl-${branches[0]?.collection}-el7`;
  other = 'refs/tags/v1';
  const { repositories } = temporary;
  await repositories.ensure(component, [ref], new Date('2026-01-02'));
  path = repositories.path(component);
  commits = [(await must(path, ['rev-parse', ref])).trim()];
  for (let n = 0; n < 3; n++) {
    const tree = `${commits[0]}^{tree}`;
    const args = ['commit-tree', '-m', `${n}`, '-p', commits.at(-1) ?? '', tree];
    commits.push((await must(path, args)).trim());
  }
});

/** A push that was checked so many seconds ago; nobody has told of it since. */
async function checked(updates: Record<string, string>, secondsAgo = 60): Promise<string> {
  const push = randomUUID();
  const found = await findComponent(db.sql, component);
  const all = Object.entries(updates).map(([name, newOid]) => ({
    ref: name,
    oldOid: commits[0] ?? '',
    newOid,
  }));
  await recordChecked(db, BY_ADMIN as Parameters<typeof recordChecked>[1], push, found, all, []);
  await raw`update pushes set created_at = now() - make_interval(secs => ${secondsAgo})
    where id = ${push}`.execute(db.sql);
  return push;
}

/** What git does for a push: it moves a ref, with the mark of the push in the reflog. */
async function move(push: string, name: string, oid: string): Promise<void> {
  await temporary.git.run(['-C', path, 'update-ref', name, oid], {
    GIT_COMMITTER_NAME: 'ann',
    GIT_COMMITTER_EMAIL: pushMark(push),
  });
}
const settle = (): Promise<number> => settlePushes(db, temporary.repositories);
async function stateOf(push: string): Promise<[string, string[]]> {
  const { items } = await listPushes(db, parsed('listPushes', { component, limit: 1000 }));
  const found = items.find(({ id }) => id === push);
  return [found?.state ?? '', found?.updates.map((update) => update.ref) ?? []];
}

describe('a push whose server died', () => {
  it('is applied where git moved its refs, once', async () => {
    const push = await checked({ [ref]: commits[1] ?? '' });
    await move(push, ref, commits[1] ?? '');
    expect(await settle()).toBe(1);
    expect(await stateOf(push)).toEqual(['applied', [ref]]);
    expect(await settle()).toBe(0);
    expect(await recordApplied(db, { id: push, component }, [ref])).toBe(false);
  });

  it('is applied with just those of its refs that git moved', async () => {
    const push = await checked({ [ref]: commits[1] ?? '', [other]: commits[1] ?? '' });
    await move(push, other, commits[1] ?? '');
    expect(await settle()).toBe(1);
    expect(await stateOf(push)).toEqual(['applied', [other]]);
  });

  it('is applied although its refs have moved on since, and were packed', async () => {
    const push = await checked({ [ref]: commits[1] ?? '' });
    await move(push, ref, commits[1] ?? '');
    const next = await checked({ [ref]: commits[2] ?? '' });
    await move(next, ref, commits[2] ?? '');
    await temporary.repositories.maintain(component);
    expect(await settle()).toBe(2);
    expect(await stateOf(push)).toEqual(['applied', [ref]]);
    expect(await stateOf(next)).toEqual(['applied', [ref]]);
  });

  it('is not applied where git wrote the reflog and died before it moved the ref', async () => {
    const push = await checked({ [ref]: commits[1] ?? '', [other]: commits[1] ?? '' });
    const line = `${commits[0]} ${commits[1]} ann <${pushMark(push)}> 1700000000 +0000\tpush\n`;
    await appendFile(join(path, 'logs', ref), line);
    expect(await settle()).toBe(0);
    const next = await checked({ [ref]: commits[2] ?? '' });
    await move(next, ref, commits[2] ?? '');
    expect(await settle()).toBe(1);
    expect((await stateOf(push))[0]).toBe('checked');
    expect(await stateOf(next)).toEqual(['applied', [ref]]);
  });

  it('is not applied because another push brought the same commit', async () => {
    const lost = await checked({ [ref]: commits[1] ?? '' });
    const again = await checked({ [ref]: commits[1] ?? '' });
    await move(again, ref, commits[1] ?? '');
    expect(await settle()).toBe(1);
    expect(await stateOf(again)).toEqual(['applied', [ref]]);
    expect((await stateOf(lost))[0]).toBe('checked');
  });

  it('is not applied because a ref has its mark at another commit', async () => {
    const push = await checked({ [ref]: commits[2] ?? '' });
    await move(push, ref, commits[1] ?? '');
    expect(await settle()).toBe(0);
    expect((await stateOf(push))[0]).toBe('checked');
  });

  it('is left alone while its server may still be at it', async () => {
    const push = await checked({ [ref]: commits[1] ?? '' }, 5);
    await move(push, ref, commits[1] ?? '');
    expect(await settle()).toBe(0);
    expect((await stateOf(push))[0]).toBe('checked');
  });

  it('is abandoned after ten minutes where git moved nothing, and not before', async () => {
    const [young, old] = [
      await checked({ [ref]: commits[1] ?? '' }, 500),
      await checked({ [ref]: commits[1] ?? '' }, 610),
    ];
    expect(await settle()).toBe(1);
    expect((await stateOf(young))[0]).toBe('checked');
    expect((await stateOf(old))[0]).toBe('abandoned');
    expect(await recordApplied(db, { id: old, component }, [ref])).toBe(false);
  });

  it('is applied after ten minutes too, where git moved its refs', async () => {
    const push = await checked({ [ref]: commits[1] ?? '' }, 5000);
    await move(push, ref, commits[1] ?? '');
    expect(await settle()).toBe(1);
    expect(await stateOf(push)).toEqual(['applied', [ref]]);
  });

  it('is known by its mark, whatever a .mailmap in the repository says', async () => {
    const push = await checked({ [ref]: commits[1] ?? '' });
    const mailmap = `Nobody <nobody@example.org> <${pushMark(push)}>\n`;
    const blob = (await must(path, ['hash-object', '-w', '--stdin'], Buffer.from(mailmap))).trim();
    const listing = Buffer.from(`100644 blob ${blob}\t.mailmap\n`);
    const tree = (await must(path, ['mktree'], listing)).trim();
    const args = ['commit-tree', '-m', 'map', '-p', commits[1] ?? '', tree];
    const mapped = (await must(path, args)).trim();
    await move(push, ref, commits[1] ?? '');
    await move(randomUUID(), ref, mapped);
    expect((await must(path, ['rev-parse', 'HEAD'])).trim()).toBe(mapped);
    expect(await settle()).toBe(1);
    expect(await stateOf(push)).toEqual(['applied', [ref]]);
  });

  it('is settled together with many others', async () => {
    const pushes: string[] = [];
    for (let n = 0; n < 30; n++) {
      const name = `refs/tags/t${n}`;
      const push = await checked({ [name]: commits[1] ?? '' });
      if (n % 2 === 0) await move(push, name, commits[1] ?? '');
      pushes.push(push);
    }
    await settle();
    const states = await Promise.all(pushes.map(async (push) => (await stateOf(push))[0]));
    expect(states.filter((state) => state === 'applied')).toHaveLength(15);
  });
});
