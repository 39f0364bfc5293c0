import { describe, expect, it } from 'vitest';
import { branchOf, contentUpdates } from '../../../core/pushes/branch-updates.ts';
import { shortRef, violation } from '../../../core/pushes/policy.ts';
import { sig } from '../support/names.ts';
import {
  created,
  deleted,
  ON_PYTHON33,
  ON_PYTHON34,
  PYTHON33,
  PYTHON34,
  pushFacts,
} from '../support/push-facts.ts';

const OID = 'a'.repeat(40);

describe('the branch of an update', () => {
  it.each([
    [ON_PYTHON33, PYTHON33],
    [ON_PYTHON34, PYTHON34],
    ['refs/heads/scl-python33-el6', null],
    ['refs/heads/scl-python-el7', null],
    ['refs/heads/scl-python33-el7x', null],
    ['refs/tags/scl-python33-el7', null],
    ['scl-python33-el7', null],
  ])('is the provisioned one that has just this ref: %s', (ref, branch) => {
    const update = created(ref, OID);
    expect(branchOf(pushFacts({ updates: [update] }), update)).toBe(branch);
  });
});

describe('the updates with content', () => {
  it('are those that leave something on a provisioned branch', () => {
    const kept = [created(ON_PYTHON33, OID), { ref: ON_PYTHON34, oldOid: OID, newOid: OID }];
    const updates = [
      ...kept,
      deleted(ON_PYTHON33, OID),
      created('refs/heads/main', OID),
      created('refs/tags/v1', OID),
    ];
    expect(contentUpdates(pushFacts({ updates }))).toEqual([
      { update: kept[0], branch: PYTHON33 },
      { update: kept[1], branch: PYTHON34 },
    ]);
  });
});

describe('a violation', () => {
  it('names the ref as people do', () => {
    expect(
      [
        ON_PYTHON33,
        'refs/tags/v1',
        'refs/notes/x',
        'HEAD',
        'refs/heads/refs/heads/x',
        'a/refs/heads/x',
      ].map(shortRef),
    ).toEqual(['scl-python33-el7', 'v1', 'refs/notes/x', 'HEAD', 'refs/heads/x', 'a/refs/heads/x']);
    expect(violation(created(ON_PYTHON33, OID), sig('core'), 'It rains.', 'Wait.')).toEqual({
      where: 'scl-python33-el7',
      sig: 'core',
      problem: 'It rains.',
      remedy: 'Wait.',
    });
  });
});
