import { describe, expect, it } from 'vitest';
import { tagOnBranch } from '../../../../core/pushes/policies/tag-on-branch.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import {
  created,
  deleted,
  GOOD,
  ON_PYTHON33,
  problems,
  pushFacts,
} from '../../support/push-facts.ts';

const objects = memoryObjects();
const published = objects.addCommit(GOOD);
objects.refs.set(ON_PYTHON33, published);
const fresh = objects.addCommit({ ...GOOD, patch: '1' }, published);

const check = (...updates: ReturnType<typeof created>[]) =>
  tagOnBranch.check(pushFacts({ objects, updates }));

describe('a tag names a commit of a branch', () => {
  it('is a rule that no SIG can soften', () => {
    expect([tagOnBranch.name, tagOnBranch.fixed]).toEqual(['tag-on-branch', true]);
  });

  it('accepts a commit that a branch has', async () => {
    expect(await check(created('refs/tags/v1', published))).toEqual([]);
  });

  it('accepts a commit that comes to a branch with the same push', async () => {
    const move = { ref: ON_PYTHON33, oldOid: published, newOid: fresh };
    expect(await check(created('refs/tags/v2', fresh), move)).toEqual([]);
  });

  it('refuses a commit that no branch has', async () => {
    expect(problems(await check(created('refs/tags/v2', fresh)))).toEqual([
      'the tag names a commit that is on no branch',
    ]);
  });

  it('refuses what is no commit', async () => {
    expect(problems(await check(created('refs/tags/v3', 'f'.repeat(40))))).toEqual([
      'the tag names no commit',
    ]);
  });

  it('leaves deletions to the forward-only rule', async () => {
    expect(await check(deleted('refs/tags/v1', published))).toEqual([]);
  });
});
