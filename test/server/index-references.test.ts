import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openPglite } from '../../server/db/database.ts';
import { INDEX_JOB, indexReferences, requestIndex } from '../../server/pushes/index-references.ts';
import { componentRows } from '../contracts/database/rows.ts';
import { must } from '../support/git-history.ts';
import { temporaryRepositories } from '../support/repositories.ts';

let db: Database;
let temporary: Awaited<ReturnType<typeof temporaryRepositories>>;
beforeAll(async () => {
  db = await openPglite(null);
  await db.migrate();
  temporary = await temporaryRepositories();
});
afterAll(async () => {
  await db.close();
  await temporary[Symbol.asyncDispose]();
});

describe('the index of a component from before there was one', () => {
  it('is asked for, made from its history, and counts from then on', async () => {
    const component = await componentRows(db);
    await db.sql.updateTable('components').set({ references_known: false }).execute();
    await requestIndex(db);
    const jobs = await db.sql.selectFrom('jobs').select(['kind', 'subject']).execute();
    expect(jobs).toEqual([{ kind: INDEX_JOB, subject: component }]);

    const ref = 'refs/heads/scl-python33-el7';
    await temporary.repositories.ensure(component, [ref], new Date('2026-01-02'));
    const path = temporary.repositories.path(component);
    let tip = (await must(path, ['rev-parse', ref])).trim();
    const commits: string[] = [];
    for (const letter of ['a', 'b']) {
      const sources = `SHA512 (${letter}.tar) = ${letter.repeat(128)}\n`;
      const blob = await must(path, ['hash-object', '-w', '--stdin'], Buffer.from(sources));
      const tree = await must(
        path,
        ['mktree'],
        Buffer.from(`100644 blob ${blob.trim()}\tsources\n`),
      );
      tip = (await must(path, ['commit-tree', '-m', letter, '-p', tip, tree.trim()])).trim();
      commits.push(tip);
    }
    await must(path, ['update-ref', ref, tip]);
    for (let again = 0; again < 2; again++)
      await indexReferences(
        { db, git: temporary.git, repositories: temporary.repositories },
        component,
      );
    const rows = await db.sql.selectFrom('source_references').selectAll().orderBy('file').execute();
    expect(rows).toEqual(
      ['a', 'b'].map((letter, index) => ({
        component,
        file: `${letter}.tar`,
        hash_type: 'sha512',
        hash: letter.repeat(128),
        ref,
        commit: commits[index],
        named_at: expect.any(Date),
      })),
    );
    const known = await db.sql.selectFrom('components').select('references_known').execute();
    expect(known).toEqual([{ references_known: true }]);
  });
});
