import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictNvr } from '../../server/builds/predict-nvr.ts';
import type { ComponentBranch } from '../../server/components/find-component.ts';
import { importHistory } from '../support/git-history.ts';
import { temporaryRepositories } from '../support/repositories.ts';

let opened: Awaited<ReturnType<typeof temporaryRepositories>>;
beforeAll(async () => {
  opened = await temporaryRepositories();
  const refs = ['refs/heads/scl-python33-el7'];
  for (const name of ['python', 'python-meta'])
    await opened.repositories.ensure(opened.component(name), refs, new Date(0));
});
afterAll(() => opened[Symbol.asyncDispose]());

const HEAD = '%{?scl:%scl_package python}\n';
const spec = (name: string, release: string, version = '3.3.2'): string =>
  `${HEAD}Name: ${name}\nVersion: ${version}\nRelease: ${release}\nSummary: s\nLicense: MIT\n%description\nd\n`;
const branch = {
  collection: 'python33',
  release: '7',
  sig: 'sclo',
  sclName: 'python33',
} as unknown as ComponentBranch;

async function predict(
  text: string,
  macros: Record<string, string> = {},
  name = 'python',
  file = `${name}.spec`,
  kind: 'build' | 'scratch' = 'build',
) {
  const component = opened.component(name);
  const repository = opened.repositories.path(component);
  const files = { [file]: Buffer.from(text) };
  const [commit = ''] = await importHistory(repository, [{ parents: [], files }]);
  return predictNvr(opened, { component, branch, commit, kind }, new Map(Object.entries(macros)));
}

describe('the name that Koji will give a build', () => {
  it('comes from the spec, with the macros of the branch', async () => {
    const { nvr } = await predict(spec('%{?scl_prefix}python', '16%{?dist}'));
    expect(nvr).toBe('python33-python-3.3.2-16.el7');
  });

  it('has the macros of the build tag over those', async () => {
    const { nvr } = await predict(spec('%{?scl_prefix}python', '16%{?dist}'), { dist: '.sc1.el7' });
    expect(nvr).toBe('python33-python-3.3.2-16.sc1.el7');
  });

  it('is that of the collection for its meta component', async () => {
    const { nvr } = await predict(spec('%scl', '1'), {}, 'python-meta');
    expect(nvr).toBe('python33-3.3.2-1');
  });

  it('is not known where a program would have to tell, and that is said', async () => {
    const { nvr, notes } = await predict(spec('%{?scl_prefix}python', '%(id -u)'));
    expect([nvr, notes]).toEqual([
      null,
      [expect.stringMatching(/^Whether it is built already is not known: .+\.$/)],
    ]);
  });

  it('may be unknown for a scratch build alone: who pushes here must not make what is built there', async () => {
    const text = spec('%{lua:print("other")}', '1');
    await expect(predict(text)).rejects.toMatchObject({
      code: 'check_failed',
      message: expect.stringMatching(/^What the spec makes can not be told: .+/) as string,
    });
    const { nvr } = await predict(text, {}, 'python', 'python.spec', 'scratch');
    expect(nvr).toBeNull();
  });

  it.each([
    ['another package', () => predict(spec('other', '1')), 'The spec makes other'],
    ['no spec', () => predict('', {}, 'python', 'other.spec'), 'has no python.spec'],
    ['no NVR', () => predict(spec('%{?scl_prefix}python', '1', '1 2')), ''],
  ])('is refused to %s', async (_, act, words) => {
    await expect(act()).rejects.toMatchObject({
      name: 'DistGitError',
      message: expect.stringContaining(words) as string,
    });
  });
});
