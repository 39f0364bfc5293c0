import { describe, expect, it } from 'vitest';
import { flatTree } from '../../../../core/pushes/policies/flat-tree.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import {
  created,
  deleted,
  GOOD,
  ON_PYTHON33,
  ON_PYTHON34,
  problems,
  pushFacts,
  pushOf,
  pushOnto,
} from '../../support/push-facts.ts';

describe('a branch holds no directories', () => {
  it('is a rule that a SIG can soften', () => {
    expect([flatTree.name, flatTree.fixed]).toEqual(['flat-tree', false]);
  });

  it('accepts files at the top', async () => {
    expect(await flatTree.check(pushOf({ ...GOOD, 'a.patch': 'x', 'b c.txt': 'y' }))).toEqual([]);
  });

  it('refuses each directory at the top, and names what to do', async () => {
    const files = { ...GOOD, 'SPECS/python.spec': 'x', 'SOURCES/deep/er/a.patch': 'y' };
    const found = await flatTree.check(pushOf(files));
    expect(problems(found)).toEqual(['SPECS/ is a directory', 'SOURCES/ is a directory']);
    expect(found[0]).toEqual({
      where: 'scl-python33-el7',
      sig: 'core',
      problem: 'SPECS/ is a directory',
      remedy: 'keep files at the top; put archives into the look-aside cache',
    });
  });

  it('refuses a directory that was there before', async () => {
    const before = { ...GOOD, 'old/file': 'x' };
    expect(problems(await flatTree.check(pushOnto(before, { ...before, 'a.patch': 'y' })))).toEqual(
      ['old/ is a directory'],
    );
  });

  it('knows a directory by its mode with and without the leading zero', async () => {
    const objects = memoryObjects();
    const inside = objects.addTree([]);
    const tree = objects.addTree([
      { mode: '040000', name: 'zero', oid: inside },
      { mode: '40000', name: 'none', oid: inside },
      { mode: '100644', name: '40000', oid: objects.addBlob('') },
    ]);
    const updates = [created(ON_PYTHON33, objects.addCommitOfTree(tree))];
    expect(problems(await flatTree.check(pushFacts({ objects, updates })))).toEqual([
      'zero/ is a directory',
      'none/ is a directory',
    ]);
  });

  it('accepts them in an exploded component', async () => {
    expect(await flatTree.check(pushOf({ ...GOOD, 'src/a.c': 'x' }, { exploded: true }))).toEqual(
      [],
    );
  });

  it('looks at every branch of the push, and at nothing of a deletion', async () => {
    const objects = memoryObjects();
    const bad = objects.addCommit({ ...GOOD, 'dir/a': 'x' });
    const updates = [
      created(ON_PYTHON33, bad),
      created(ON_PYTHON34, bad),
      deleted(ON_PYTHON33, bad),
    ];
    const found = await flatTree.check(pushFacts({ objects, updates }));
    expect(found.map(({ where, sig }) => [where, sig])).toEqual([
      ['scl-python33-el7', 'core'],
      ['scl-rh-python34-el7', 'coreos'],
    ]);
  });
});
