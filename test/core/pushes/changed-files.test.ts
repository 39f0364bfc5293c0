import { describe, expect, it } from 'vitest';
import {
  changedFiles,
  isDirectory,
  isSubmodule,
  isSymlink,
  topEntries,
} from '../../../core/pushes/changed-files.ts';
import type { PushFacts } from '../../../core/pushes/push-facts.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { created, ON_PYTHON33, pushFacts, pushOf, pushOnto } from '../support/push-facts.ts';

const paths = async (facts: PushFacts): Promise<string[]> => {
  const [update] = facts.updates;
  if (update === undefined) throw new Error('no update');
  return (await changedFiles(facts, update)).map(({ path }) => path);
};

describe('the kind of a tree entry', () => {
  it.each([
    ['100644', 'file'],
    ['100755', 'file'],
    ['100664', 'file'],
    ['120000', 'symlink'],
    ['160000', 'submodule'],
    ['40000', 'directory'],
    ['040000', 'directory'],
  ])('is told by its mode: %s is a %s', (mode, kind) => {
    const entry = { mode, name: 'a', oid: 'a'.repeat(40) };
    const kinds = [
      ...(isSymlink(entry) ? ['symlink'] : []),
      ...(isSubmodule(entry) ? ['submodule'] : []),
      ...(isDirectory(entry) ? ['directory'] : []),
    ];
    expect(kinds).toEqual(kind === 'file' ? [] : [kind]);
  });
});

describe('the files that a push changes', () => {
  it('are all of a first commit, directories with what is in them', async () => {
    expect(await paths(pushOf({ a: '1', 'b/c/d': '2', 'b/e': '3' }))).toEqual([
      'a',
      'b',
      'b/e',
      'b/c',
      'b/c/d',
    ]);
  });

  it('are those added or changed on top of a known commit, not those taken away', async () => {
    const before = { same: '1', changed: '1', gone: '1', 'dir/same': '1', 'dir/changed': '1' };
    const after = { same: '1', changed: '2', added: '1', 'dir/same': '1', 'dir/changed': '2' };
    expect(await paths(pushOnto(before, after))).toEqual([
      'changed',
      'added',
      'dir',
      'dir/changed',
    ]);
  });

  it('are none where a commit changes nothing, and nothing is read', async () => {
    const objects = memoryObjects();
    expect(await paths(pushOnto({ a: '1' }, { a: '1' }, { objects }))).toEqual([]);
    expect(objects.reads).toEqual([]);
  });

  it('are those of every new commit, each once and with the commit that brings it', async () => {
    const objects = memoryObjects();
    const base = objects.addCommit({ a: '0' });
    objects.refs.set(ON_PYTHON33, base);
    const first = objects.addCommit({ a: '1', b: '1' }, base);
    const second = objects.addCommit({ a: '2' }, first);
    const third = objects.addCommit({ a: '1' }, second);
    const update = { ref: ON_PYTHON33, oldOid: base, newOid: third };
    const found = await changedFiles(pushFacts({ objects, updates: [update] }), update);
    expect(found.map(({ path, commit }) => [path, commit])).toEqual([
      ['a', third],
      ['a', second],
      ['b', first],
    ]);
  });

  it('follow a name from file to directory and back', async () => {
    expect(await paths(pushOnto({ a: '1' }, { 'a/b': '1' }))).toEqual(['a', 'a/b']);
    expect(await paths(pushOnto({ 'a/b': '1' }, { a: '1' }))).toEqual(['a']);
  });

  it('are found without reading subtrees that did not change', async () => {
    const objects = memoryObjects();
    const files = { 'big/deep/a': '1', 'big/b': '1' };
    const oldOid = objects.addCommit({ ...files, 'small/c': '1' });
    const newOid = objects.addCommit({ ...files, 'small/c': '2' }, oldOid);
    objects.refs.set(ON_PYTHON33, oldOid);
    const update = { ref: ON_PYTHON33, oldOid, newOid };
    const [big] = await topEntries(objects, newOid);
    objects.reads.length = 0;
    expect(await paths(pushFacts({ objects, updates: [update] }))).toEqual(['small', 'small/c']);
    expect(objects.reads.length).toBeGreaterThan(0);
    expect([big?.name, objects.reads.filter((oid) => oid === big?.oid)]).toEqual(['big', []]);
  });

  it('may be as many as unpacked source has', async () => {
    const objects = memoryObjects();
    const oid = objects.addBlob('x');
    const inside = objects.addTree(
      Array.from({ length: 200_000 }, (_, index) => ({ mode: '100644', name: `f${index}`, oid })),
    );
    const tree = objects.addTree([{ mode: '40000', name: 'src', oid: inside }]);
    const updates = [created(ON_PYTHON33, objects.addCommitOfTree(tree))];
    expect(await paths(pushFacts({ objects, updates }))).toHaveLength(200_001);
  });

  it('are followed no deeper than a path can be', async () => {
    const objects = memoryObjects();
    let inside = objects.addTree([{ mode: '100644', name: 'f', oid: objects.addBlob('x') }]);
    for (let depth = 0; depth < 5000; depth++)
      inside = objects.addTree([{ mode: '40000', name: 'd', oid: inside }]);
    const updates = [created(ON_PYTHON33, objects.addCommitOfTree(inside))];
    const found = await paths(pushFacts({ objects, updates }));
    expect(Math.max(...found.map((path) => path.length))).toBe(4097);
    expect(found.length).toBeLessThan(2100);
  });
});

describe('the top of a commit', () => {
  it('is its entries, not what is below', async () => {
    const objects = memoryObjects();
    const commit = objects.addCommit({ a: '1', 'b/c': '2' });
    expect((await topEntries(objects, commit)).map(({ name }) => name)).toEqual(['a', 'b']);
  });
});
