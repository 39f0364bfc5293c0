import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { branchRef } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { BranchSpecs } from '../../server/components/branch-specs.ts';
import { findComponent } from '../../server/components/find-component.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import { GitSlots } from '../../server/git/git-slots.ts';
import { Refs } from '../../server/git/refs.ts';
import { componentRows } from '../contracts/database/rows.ts';
import { importHistory, must } from '../support/git-history.ts';
import { temporaryRepositories } from '../support/repositories.ts';

let db: Database;
let temporary: Awaited<ReturnType<typeof temporaryRepositories>>;
let specs: BranchSpecs;
/** Gits that were asked for content. */
let readers: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } };
beforeAll(async () => {
  db = await openPglite(null);
  await db.migrate();
  temporary = await temporaryRepositories();
});
afterAll(async () => {
  await db.close();
  await temporary[Symbol.asyncDispose]();
});
beforeEach(() => {
  const { git, repositories } = temporary;
  const slots = new GitSlots(4);
  const refs = new Refs(git, slots);
  specs = new BranchSpecs({ db, git, slots, refs, repositories, maxFileSize: 2 ** 20 });
  readers = vi.spyOn(git, 'spawn');
});
afterEach(() => vi.restoreAllMocks());

/** A component with one branch, and the spec there. */
async function withSpec(text: (name: ComponentName) => string): Promise<ComponentName> {
  const name = await componentRows(db);
  const { branches } = await findComponent(db.sql, name);
  const ref = branchRef(branches[0] ?? expect.unreachable());
  await temporary.repositories.ensure(name, [ref], new Date('2026-01-02'));
  const path = temporary.repositories.path(name);
  const files = { [`${name}.spec`]: Buffer.from(text(name)) };
  const [commit = ''] = await importHistory(path, [{ parents: [], files }]);
  await must(path, ['update-ref', ref, commit]);
  await db.sql
    .updateTable('components')
    .set({ state: 'active' })
    .where('name', '=', name)
    .execute();
  return name;
}

const specOf = (name: string, lines = ''): string =>
  `Name: ${name}\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n${lines}%description\nd\n`;
const catFiles = (): number =>
  readers.mock.calls.filter(([args]) => (args as string[]).includes('cat-file')).length;

describe('the specs of the branches', () => {
  it('are read once for all who ask at the same time, and not again', async () => {
    const name = await withSpec((own) => specOf(own));
    const all = await Promise.all(Array.from({ length: 20 }, () => specs.list(name)));
    expect(all[0]?.items).toMatchObject([{ nvr: `${name}-1-1`, problem: null }]);
    for (const one of all) expect(one).toEqual(all[0]);
    expect(catFiles()).toBe(1);
    expect(await specs.list(name)).toEqual(all[0]);
    expect(catFiles()).toBe(1);
  });

  it('can be asked for again where they could not be read', async () => {
    const name = await withSpec((own) => specOf(own));
    vi.spyOn(temporary.git, 'spawn').mockImplementationOnce(() => {
      throw new Error('git is away');
    });
    const both = await Promise.allSettled([specs.list(name), specs.list(name)]);
    expect(both.map(({ status }) => status)).toContain('rejected');
    expect((await specs.list(name)).items).toMatchObject([{ nvr: `${name}-1-1` }]);
  });

  it('are told in short where they would fill the memory', async () => {
    const lines = 'Source: https://host/archive/a-file-with-a-name.tar.xz\n'.repeat(4000);
    const name = await withSpec((own) => specOf(own, lines));
    const { items } = await specs.list(name);
    expect(items).toMatchObject([
      {
        nvr: null,
        sources: [],
        patches: [],
        problem: 'it names more sources and patches than any package has.',
      },
    ]);
    expect(await specs.list(name)).toEqual({ items });
    expect(catFiles()).toBe(1);
  });

  it('are told whole where there are many, as no package has more', async () => {
    const lines = Array.from({ length: 1500 }, (_, n) => `Patch${n}: fix-number-${n}.patch\n`);
    const name = await withSpec((own) => specOf(own, lines.join('')));
    const { items } = await specs.list(name);
    expect(items[0]?.patches).toHaveLength(1500);
    expect(items[0]?.problem).toBeNull();
  });
});
