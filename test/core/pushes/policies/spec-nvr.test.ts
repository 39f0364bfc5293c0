import { describe, expect, it } from 'vitest';
import { specNvr } from '../../../../core/pushes/policies/spec-nvr.ts';
import { GOOD, pushOf, pushOnto, SPEC } from '../../support/push-facts.ts';

const RAISED = SPEC.replace('Release: 1', 'Release: 2');

describe('content that changes has an NVR of its own', () => {
  it('is a warning that a SIG can harden', () => {
    expect([specNvr.name, specNvr.fixed, specNvr.level]).toEqual(['spec-nvr', false, 'warning']);
  });

  it('tells which NVR stays', async () => {
    expect(await specNvr.check(pushOnto(GOOD, { ...GOOD, 'a.conf': 'a' }))).toEqual([
      {
        where: 'scl-python33-el7',
        sig: 'core',
        problem: 'the content changes, and it is still python33-python-3.3.2-1.el7',
        remedy: 'raise the Release before the next build',
      },
    ]);
  });

  it.each([
    ['the release is raised', GOOD, { ...GOOD, 'python.spec': RAISED, 'a.conf': 'a' }],
    ['nothing changes', GOOD, GOOD],
    ['the release was not known', { ...GOOD, 'python.spec': 'Name: python\n' }, GOOD],
    ['the release is not known', GOOD, { ...GOOD, 'python.spec': 'Name: python\n' }],
    ['a program would tell it', program(1), program(2)],
    ['there was no spec', { sources: '' }, GOOD],
  ])('is silent where %s', async (_, before, after) => {
    expect(await specNvr.check(pushOnto(before, after))).toEqual([]);
  });

  it('is silent on a new branch', async () => {
    expect(await specNvr.check(pushOf(GOOD))).toEqual([]);
  });
});

function program(n: number) {
  return { ...GOOD, 'python.spec': `${SPEC.replace('1%', '%(id)%')}# ${n}\n` };
}
