import { describe, expect, it } from 'vitest';
import { branchOpen } from '../../../../core/pushes/policies/branch-open.ts';
import {
  created,
  deleted,
  ON_PYTHON33,
  ON_PYTHON34,
  PYTHON33,
  PYTHON34,
  pushFacts,
} from '../../support/push-facts.ts';

const OID = 'a'.repeat(40);
const branches = [{ ...PYTHON33, closed: true }, PYTHON34];

describe('a closed branch takes no push', () => {
  it('is a rule that no SIG can soften', () => {
    expect([branchOpen.name, branchOpen.fixed]).toEqual(['branch-open', true]);
  });

  it('and says who opens it again; the others are open', async () => {
    const updates = [created(ON_PYTHON33, OID), created(ON_PYTHON34, OID)];
    expect(await branchOpen.check(pushFacts({ branches, updates }))).toEqual([
      {
        where: 'scl-python33-el7',
        sig: null,
        problem: 'collection python33 is closed on EL 7',
        remedy: 'a member of its SIG opens it again: centpkg collection reopen python33 --el 7',
      },
    ]);
    expect(await branchOpen.check(pushFacts({ updates }))).toEqual([]);
  });

  it('leaves tags, and what is no branch of the component, to other rules', async () => {
    const updates = [
      created('refs/tags/v1', OID),
      created('refs/heads/main', OID),
      deleted(ON_PYTHON33, OID),
    ];
    expect(await branchOpen.check(pushFacts({ branches, updates }))).toEqual([]);
  });
});
