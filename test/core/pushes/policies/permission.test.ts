import { describe, expect, it } from 'vitest';
import { branchName } from '../../../../core/domain/branch-name.ts';
import { permission } from '../../../../core/pushes/policies/permission.ts';
import type { PushedBranch } from '../../../../core/pushes/push-facts.ts';
import {
  ALLOWED,
  created,
  deleted,
  ON_PYTHON33,
  ON_PYTHON34,
  problems,
  pushFacts,
  REFUSED,
} from '../../support/push-facts.ts';

const OID = 'a'.repeat(40);
const only = (name: string) => (branch: PushedBranch) =>
  branchName(branch) === name ? ALLOWED : REFUSED;
const pushed = (refs: readonly string[], decide: (branch: PushedBranch) => typeof ALLOWED) =>
  permission.check(pushFacts({ updates: refs.map((ref) => created(ref, OID)), decide }));

describe('the pusher may commit to each branch', () => {
  it('is a rule that no SIG can soften', () => {
    expect([permission.name, permission.fixed]).toEqual(['permission', true]);
  });

  it('accepts the branch that the decision allows, and refuses the other', async () => {
    const found = await pushed([ON_PYTHON33, ON_PYTHON34], only('scl-rh-python34-el7'));
    expect(found).toEqual([
      {
        where: 'scl-python33-el7',
        sig: null,
        problem: 'SIG core has not approved ann for python. [commit-approved]',
        remedy: 'Ask a chair of SIG core.',
      },
    ]);
  });

  it('asks for each branch of the push and for no other', async () => {
    const asked: string[] = [];
    await pushed([ON_PYTHON34, 'refs/heads/main', 'refs/heads/scl-x-el7'], (branch) => {
      asked.push(branchName(branch));
      return ALLOWED;
    });
    expect(asked).toEqual(['scl-rh-python34-el7']);
  });

  it('asks for a deletion as well', async () => {
    const updates = [deleted(ON_PYTHON33, OID)];
    expect(await permission.check(pushFacts({ updates, decide: () => REFUSED }))).toHaveLength(1);
  });
});

describe('a tag takes the right to commit to any branch', () => {
  it('of the component', async () => {
    expect(await pushed(['refs/tags/v1'], only('scl-rh-python34-el7'))).toEqual([]);
  });

  it('and is refused without it', async () => {
    const found = await pushed(['refs/tags/v1', 'refs/tags/v2'], () => REFUSED);
    expect(found.map(({ where }) => where)).toEqual(['v1', 'v2']);
    expect(problems(found)).toEqual(
      Array.from({ length: 2 }, () => `${reason()} [commit-approved]`),
    );
  });

  it('and is refused where the component has no branch', async () => {
    const updates = [created('refs/tags/v1', OID)];
    const found = await permission.check(pushFacts({ branches: [], updates }));
    expect(problems(found)).toEqual(['the component has no branch']);
  });
});

function reason(): string {
  return REFUSED.reason;
}
