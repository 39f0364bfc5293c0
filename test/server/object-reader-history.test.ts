import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ancestorsOf, importHistory, must, type PlannedCommit } from '../support/git-history.ts';
import { readableRepository } from '../support/object-reading.ts';

/** A history of commits with none, one or several parents, in any shape. */
const history = (size: number): fc.Arbitrary<PlannedCommit[]> =>
  fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: size, maxLength: size }).map((all) =>
    all.map((picks, index) => ({
      parents: index === 0 ? [] : [...new Set(picks.map((pick) => pick % index))],
      files: { 'a.txt': Buffer.from(`${index}\n`) },
    })),
  );
const line = (length: number, from = 0): PlannedCommit[] =>
  Array.from({ length }, (_, index) => ({
    parents: index === 0 ? [] : [from + index - 1],
    files: { 'a.txt': Buffer.from(`${index}\n`) },
  }));

const without = (all: Set<number>, known: readonly Set<number>[]): number[] =>
  [...all].filter((index) => !known.some((set) => set.has(index)));

describe('the history that an object reader tells of', () => {
  it('has the ancestors that it has, in any shape', async () => {
    for (const commits of fc.sample(history(10), { numRuns: 4, seed: 11 })) {
      await using repository = await readableRepository();
      const oids = await importHistory(repository.path, commits);
      const reader = repository.open();
      for (const [tip, oid] of oids.entries()) {
        const before = ancestorsOf(commits, tip);
        const told = await Promise.all(oids.map((other) => reader.isAncestor(other, oid)));
        expect([tip, told]).toEqual([tip, oids.map((_, index) => before.has(index))]);
        expect((await reader.commit(oid)).parents).toEqual(
          commits[tip]?.parents.map((parent) => oids[parent]),
        );
      }
    }
  });

  it('has as new commits what no ref reaches, nor anything besides', async () => {
    const pick = fc.nat({ max: 9 });
    const cases = fc.sample(
      fc.tuple(history(10), fc.array(pick, { maxLength: 3 }), fc.array(pick, { maxLength: 2 })),
      { numRuns: 6, seed: 13 },
    );
    for (const [commits, refs, besides] of cases) {
      await using repository = await readableRepository();
      const oids = await importHistory(repository.path, commits);
      for (const [n, index] of refs.entries())
        await must(repository.path, ['update-ref', `refs/heads/b${n}`, oids[index] ?? '']);
      const reader = repository.open();
      const known = [...refs, ...besides].map((index) => ancestorsOf(commits, index));
      for (const [tip, oid] of oids.entries()) {
        const others = besides.map((index) => oids[index] ?? '');
        const told = await reader.newCommits(oid, null, others);
        const wanted = without(ancestorsOf(commits, tip), known).map((index) => oids[index] ?? '');
        expect([...told].toSorted()).toEqual(wanted.toSorted());
      }
    }
  });

  it('has as new commits of a branch all that are new, and none that the branch had', async () => {
    const pick = fc.nat({ max: 9 });
    const cases = fc.sample(fc.tuple(history(10), pick, pick), { numRuns: 6, seed: 17 });
    for (const [commits, old, other] of cases) {
      await using repository = await readableRepository();
      const oids = await importHistory(repository.path, commits);
      await must(repository.path, ['update-ref', 'refs/heads/branch', oids[old] ?? '']);
      await must(repository.path, ['update-ref', 'refs/heads/other', oids[other] ?? '']);
      const reader = repository.open();
      const had = ancestorsOf(commits, old);
      const known = [had, ancestorsOf(commits, other)];
      for (const [tip, oid] of oids.entries()) {
        const told = await reader.newCommits(oid, oids[old] ?? null);
        const names = (indexes: readonly number[]) => indexes.map((index) => oids[index] ?? '');
        const atLeast = names(without(ancestorsOf(commits, tip), known));
        const atMost = names(without(ancestorsOf(commits, tip), [had]));
        expect(told).toEqual(expect.arrayContaining(atLeast));
        expect(atMost).toEqual(expect.arrayContaining([...told]));
        expect(new Set(told).size).toBe(told.length);
      }
    }
  });

  it.each([1, 63, 64, 65, 130])('is whole for a chain of %d commits', async (length) => {
    await using repository = await readableRepository();
    const oids = await importHistory(repository.path, line(length + 1));
    const [first = '', tip = ''] = [oids[0], oids.at(-1)];
    await must(repository.path, ['update-ref', 'refs/heads/branch', first]);
    const reader = repository.open();
    expect(await reader.newCommits(tip, first)).toEqual(oids.slice(1).toReversed());
    expect(await reader.newCommits(tip, null)).toEqual(oids.slice(1).toReversed());
    expect(await reader.newCommits(first, first)).toEqual([]);
    expect(await reader.isAncestor(first, tip)).toBe(true);
    expect(await reader.isAncestor(tip, first)).toBe(false);
    expect(await reader.isAncestor(tip, tip)).toBe(true);
  });

  it('is whole below a merge, and below one at the end of a long chain', async () => {
    const side: PlannedCommit = { parents: [0], files: { side: Buffer.from('x') } };
    const commits = [...line(70), side, { parents: [69, 70], files: {} }];
    await using repository = await readableRepository();
    const oids = await importHistory(repository.path, commits);
    await must(repository.path, ['update-ref', 'refs/heads/branch', oids[0] ?? '']);
    const reader = repository.open();
    const told = await reader.newCommits(oids[71] ?? '', oids[0] ?? null);
    expect([...told].toSorted()).toEqual(oids.slice(1).toSorted());
    expect(await reader.isAncestor(oids[70] ?? '', oids[71] ?? '')).toBe(true);
    expect(await reader.isAncestor(oids[0] ?? '', oids[71] ?? '')).toBe(true);
    expect(await reader.isAncestor(oids[70] ?? '', oids[69] ?? '')).toBe(false);
  });

  it('is told of a tag as of the commit that it names', async () => {
    await using repository = await readableRepository();
    const oids = await importHistory(repository.path, line(3));
    await must(repository.path, ['update-ref', 'refs/heads/branch', oids[0] ?? '']);
    const object = `object ${oids[2]}\ntype commit\ntag v\ntagger T <t@x> 1 +0000\n\nm\n`;
    const tag = (await must(repository.path, ['mktag'], Buffer.from(object))).trim();
    const reader = repository.open();
    expect(await reader.newCommits(tag, null)).toEqual([oids[2], oids[1]]);
    expect(await reader.newCommits(tag, null, [oids[1] ?? ''])).toEqual([oids[2]]);
  });
});
