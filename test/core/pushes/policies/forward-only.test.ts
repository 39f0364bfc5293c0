import { describe, expect, it } from 'vitest';
import { forwardOnly } from '../../../../core/pushes/policies/forward-only.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import {
  created,
  deleted,
  GOOD,
  ON_PYTHON33,
  ON_PYTHON34,
  problems,
  pushFacts,
} from '../../support/push-facts.ts';

const objects = memoryObjects();
const first = objects.addCommit(GOOD);
const second = objects.addCommit({ ...GOOD, patch: '1' }, first);
const third = objects.addCommit({ ...GOOD, patch: '2' }, second);
const aside = objects.addCommit({ ...GOOD, other: '1' }, first);
const merge = objects.addCommit({ ...GOOD, patch: '2', other: '1' }, aside, third);
const unrelated = objects.addCommit({ ...GOOD, unrelated: '1' });

const check = (ref: string, oldOid: string, newOid: string) =>
  forwardOnly.check(pushFacts({ objects, updates: [{ ref, oldOid, newOid }] }));

describe('release branches only move forward', () => {
  it('is a rule that no SIG can soften', () => {
    expect([forwardOnly.name, forwardOnly.fixed]).toEqual(['forward-only', true]);
  });

  it.each([
    ['by one commit', first, second],
    ['by several commits', first, third],
    ['to a merge that has it as its second parent', third, merge],
    ['to itself', second, second],
  ])('accepts a move %s', async (_, from, to) => {
    expect(await check(ON_PYTHON33, from, to)).toEqual([]);
  });

  it('accepts a new branch', async () => {
    const updates = [created(ON_PYTHON33, unrelated)];
    expect(await forwardOnly.check(pushFacts({ objects, updates }))).toEqual([]);
  });

  it.each([
    ['back', third, first],
    ['sideways', third, aside],
    ['to an unrelated history', third, unrelated],
  ])('refuses a move %s', async (_, from, to) => {
    expect(await check(ON_PYTHON33, from, to)).toEqual([
      {
        where: 'scl-python33-el7',
        sig: null,
        problem: 'not a fast-forward: release branches only move forward',
        remedy: 'fetch, then rebase or merge onto the branch, and push without --force',
      },
    ]);
  });

  it('refuses deletions, of tags too, all at once', async () => {
    const updates = [
      deleted(ON_PYTHON33, first),
      created(ON_PYTHON34, first),
      deleted('refs/tags/v1', first),
    ];
    const found = await forwardOnly.check(pushFacts({ objects, updates }));
    expect(problems(found)).toEqual(['branches can not be deleted', 'tags can not be deleted']);
    expect(found.map(({ where }) => where)).toEqual(['scl-python33-el7', 'v1']);
  });
});

describe('tags never move', () => {
  it('accepts a new tag', async () => {
    const updates = [created('refs/tags/v1', first)];
    expect(await forwardOnly.check(pushFacts({ objects, updates }))).toEqual([]);
  });

  it.each([
    ['back', second, first],
    ['forward', first, second],
  ])('refuses a move %s', async (_, from, to) => {
    expect(problems(await check('refs/tags/v1', from, to))).toEqual(['tags never move']);
  });
});
