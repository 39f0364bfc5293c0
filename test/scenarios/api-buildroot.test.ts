import { describe, expect, it } from 'vitest';
import { faultsIn, scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();

describe('the buildroot of a branch', () => {
  it('is for everybody to read, and needs no hub', async () => {
    const input = { collection: 'python33', release: 'el7' };
    const { packages, ...shown } = await scenario.server.must('showBuildroot', input, null);
    const url = 'https://vault.centos.org/7.9.2009';
    const repo = (part: string, priority: number) => ({
      repo: `centos7-${part}`,
      mode: 'koji',
      priority,
      url: `${url}/${part}/$arch/`,
    });
    expect(shown).toEqual({
      collection: 'python33',
      release: '7',
      topurl: 'https://cbs.centos.org/kojifiles',
      target: 'sclo7-python33-rh-el7',
      buildTag: 'sclo7-python33-rh-el7-build',
      destTag: 'sclo7-python33-rh-candidate',
      levels: {
        candidate: 'sclo7-python33-rh-candidate',
        testing: 'sclo7-python33-rh-testing',
        release: 'sclo7-python33-rh-release',
      },
      arches: ['x86_64'],
      externalRepos: [repo('extras', 5), repo('updates', 10), repo('os', 15)],
      extra: { 'mock.new_chroot': 0, 'repo.auto': true, 'rpm.macro.vendor': 'CentOS Sclo SIG' },
    });
    expect(packages.slice(-3)).toEqual([
      'buildsys-macros-el7',
      'scl-utils-build',
      'python33-build',
    ]);
  });

  it.each([
    ['no-such', '7', 404],
    ['python33', '9', 404],
    ['python33', '11', 400],
  ])('of %s on EL %s is none: %i', async (collection, release, expected) => {
    const { status, body } = await scenario.server.call('showBuildroot', { collection, release });
    expect({ status, body }).toMatchObject({ status: expected, body: { status: expected } });
  });

  it('leaves no fault in the log', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
