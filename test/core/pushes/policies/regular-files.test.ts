import { describe, expect, it } from 'vitest';
import { regularFiles } from '../../../../core/pushes/policies/regular-files.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import {
  created,
  GOOD,
  ON_PYTHON33,
  ON_PYTHON34,
  problems,
  pushFacts,
  pushOf,
  pushOnto,
} from '../../support/push-facts.ts';

const LINK = { symlink: '/etc/passwd' };
const MODULE = { submodule: 'c'.repeat(40) };

describe('there are no symlinks and no submodules', () => {
  it('is a rule that a SIG can soften', () => {
    expect([regularFiles.name, regularFiles.fixed]).toEqual(['regular-files', false]);
  });

  it('accepts regular files, executable ones too', async () => {
    const objects = memoryObjects();
    const oid = objects.addBlob('#!/bin/sh\n');
    const tree = objects.addTree([
      { mode: '100644', name: 'a', oid },
      { mode: '100755', name: 'b', oid },
    ]);
    const updates = [created(ON_PYTHON33, objects.addCommitOfTree(tree))];
    expect(await regularFiles.check(pushFacts({ objects, updates }))).toEqual([]);
  });

  it('refuses each of them, also below a directory', async () => {
    const found = await regularFiles.check(
      pushOf({ ...GOOD, link: LINK, module: MODULE, 'a/b/link': LINK }),
    );
    expect(problems(found)).toEqual([
      'link is a symlink',
      'module is a submodule',
      'a/b/link is a symlink',
    ]);
    expect(found.map(({ sig }) => sig)).toEqual(['core', 'core', 'core']);
    expect(found[0]?.remedy).toBe('commit the file itself');
  });

  it('refuses a file that becomes a symlink to the same content', async () => {
    const facts = pushOnto({ ...GOOD, a: '/etc/passwd' }, { ...GOOD, a: LINK });
    expect(problems(await regularFiles.check(facts))).toEqual(['a is a symlink']);
  });

  it('refuses a symlink that a later commit of the push takes away', async () => {
    const objects = memoryObjects();
    const first = objects.addCommit({ ...GOOD, link: LINK });
    const updates = [created(ON_PYTHON33, objects.addCommit(GOOD, first))];
    expect(problems(await regularFiles.check(pushFacts({ objects, updates })))).toEqual([
      'link is a symlink',
    ]);
  });

  it('says nothing of what the branch has already', async () => {
    const before = { ...GOOD, link: LINK };
    expect(await regularFiles.check(pushOnto(before, { ...before, a: 'x' }))).toEqual([]);
  });

  it('accepts symlinks of unpacked source, but no submodules', async () => {
    const facts = pushOf({ ...GOOD, 'src/link': LINK, 'src/module': MODULE }, { exploded: true });
    expect(problems(await regularFiles.check(facts))).toEqual(['src/module is a submodule']);
  });

  it('finds it on every branch that it is pushed to', async () => {
    const objects = memoryObjects();
    const bad = objects.addCommit({ ...GOOD, link: LINK });
    const updates = [created(ON_PYTHON33, bad), created(ON_PYTHON34, bad)];
    const found = await regularFiles.check(pushFacts({ objects, updates }));
    expect(found.map(({ where, sig }) => [where, sig])).toEqual([
      ['scl-python33-el7', 'core'],
      ['scl-rh-python34-el7', 'coreos'],
    ]);
  });
});
