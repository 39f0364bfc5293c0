import { describe, expect, it } from 'vitest';
import { branchBuildroot } from '../../cli/rpm/branch-buildroot.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseBranchName } from '../../core/domain/branch-name.ts';

const branch = parseBranchName('scl-python33-el7');
const SHOWN: ApiOutput<'showBuildroot'> = {
  collection: 'other',
  release: '6',
  topurl: 'https://koji.example.org/kojifiles',
  target: 't',
  buildTag: 't-build',
  destTag: 't-candidate',
  levels: { candidate: 't-candidate', testing: 't-testing', release: 't-release' },
  arches: ['x86_64'],
  packages: ['gcc-c++', '@build', 'perl(Test::More)', '/usr/bin/make'],
  externalRepos: [{ repo: 'os', mode: 'koji', priority: 5, url: null }],
  extra: {},
};
const ask = (answer: Partial<ApiOutput<'showBuildroot'>>) => {
  const api = { url: 'https://git.example.org', call: async () => ({ ...SHOWN, ...answer }) };
  return branchBuildroot({ api: api as never }, branch);
};

describe('the buildroot that a server tells', () => {
  it('is that of the branch that was asked for', async () => {
    expect(await ask({})).toEqual({ ...SHOWN, collection: 'python33', release: '7' });
  });

  it.each<[string, Partial<ApiOutput<'showBuildroot'>>]>([
    ['a path', { target: '../t' }],
    ['an option', { target: '-r' }],
    ['a line of Python', { buildTag: 't\nimport os' }],
    ['the end of a text', { externalRepos: [{ ...SHOWN.externalRepos[0]!, repo: 'a"""' }] }],
    ['an option of the package manager', { packages: ['gcc', '--setopt=pluginpath=/tmp'] }],
    ['two words', { packages: ['gcc make'] }],
    ['nothing', { destTag: '' }],
  ])('is not believed where %s stands for a name', async (_, answer) => {
    await expect(ask(answer)).rejects.toMatchObject({
      code: 'unavailable',
      detail: { remedy: expect.stringContaining('[koji.profiles]') as string },
    });
  });
});
