import { describe, expect, it } from 'vitest';
import { branchProvisioned } from '../../../../core/pushes/policies/branch-provisioned.ts';
import {
  created,
  deleted,
  ON_PYTHON33,
  ON_PYTHON34,
  problems,
  pushFacts,
} from '../../support/push-facts.ts';

const OID = 'a'.repeat(40);
const check = (...refs: string[]) =>
  branchProvisioned.check(pushFacts({ updates: refs.map((ref) => created(ref, OID)) }));

describe('only provisioned branches and tags can be pushed', () => {
  it('is a rule that no SIG can soften', () => {
    expect([branchProvisioned.name, branchProvisioned.fixed]).toEqual(['branch-provisioned', true]);
  });

  it('accepts the provisioned branches and any tag', async () => {
    expect(
      await check(ON_PYTHON33, ON_PYTHON34, 'refs/tags/v1', 'refs/tags/scl-python99-el7'),
    ).toEqual([]);
  });

  it.each([
    ['refs/heads/main', '"main"'],
    ['refs/heads/python33', '"python33"'],
    ['refs/heads/scl-python33-el5', '"scl-python33-el5"'],
    ['refs/heads/scl-python33-EL7', '"scl-python33-EL7"'],
    ['refs/heads/sig-sclo7-python33-rh', '"sig-sclo7-python33-rh"'],
    ['refs/heads/x/scl-python33-el7', '"x/scl-python33-el7"'],
    ['refs/notes/commits', '"refs/notes/commits"'],
    ['refs/remotes/origin/scl-python33-el7', '"refs/remotes/origin/scl-python33-el7"'],
    ['refs/replace/x', '"refs/replace/x"'],
    ['HEAD', '"HEAD"'],
    ['refs/heads/p\u0443thon', '"p\\u0443thon"'],
  ])('refuses %s: it is no release branch', async (ref, named) => {
    const [found, ...more] = await check(ref);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ sig: null, problem: `${named} is not a release branch` });
    expect(found?.remedy).toContain('"centpkg component show python" lists them');
  });

  it('refuses an EL release that the collection is not built for', async () => {
    expect(await check('refs/heads/scl-python33-el8s')).toEqual([
      {
        where: 'scl-python33-el8s',
        sig: null,
        problem: 'collection python33 is not built for EL 8s',
        remedy: 'a member of its SIG adds it: centpkg collection add-release python33 8s',
      },
    ]);
  });

  it('refuses a collection that the component is not in', async () => {
    expect(await check('refs/heads/scl-devtoolset-3-el7')).toEqual([
      {
        where: 'scl-devtoolset-3-el7',
        sig: null,
        problem: 'python is not a component of collection devtoolset-3',
        remedy: 'a member of its SIG adds it: centpkg component add python devtoolset-3',
      },
    ]);
  });

  it('tells a collection from one whose name begins with it', async () => {
    expect(
      problems(await check('refs/heads/scl-python-el7', 'refs/heads/scl-python333-el7')),
    ).toEqual([
      'python is not a component of collection python',
      'python is not a component of collection python333',
    ]);
  });

  it('refuses to delete a branch that is not provisioned, too', async () => {
    const facts = pushFacts({ updates: [deleted('refs/heads/main', OID)] });
    expect(problems(await branchProvisioned.check(facts))).toEqual([
      '"main" is not a release branch',
    ]);
  });

  it('refuses every branch of a component that has none', async () => {
    const facts = pushFacts({ branches: [], updates: [created(ON_PYTHON33, OID)] });
    expect(problems(await branchProvisioned.check(facts))).toEqual([
      'python is not a component of collection python33',
    ]);
  });
});
