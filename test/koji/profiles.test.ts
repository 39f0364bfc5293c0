import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { EL_RELEASES } from '../../core/domain/el-release.ts';
import { CBS_PROFILES } from '../../core/koji/cbs-profiles.ts';
import { loadSettings } from '../../server/config/load-settings.ts';
import { openKoji } from '../../server/koji/open-koji.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SHIPPED = resolve(import.meta.dirname, '../../config');
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  temporary = await temporaryFolder();
});
afterEach(() => temporary[Symbol.asyncDispose]());

async function profiles(toml: string) {
  const file = join(temporary.path, 'config.toml');
  await writeFile(file, toml);
  return loadSettings(file, {}).koji.profiles;
}
const problems = async (toml: string) => {
  const error: unknown = await profiles(toml).catch((raw: unknown) => raw);
  if (!(error instanceof DistGitError)) throw error;
  return error.detail.problems ?? [];
};

describe('the profiles of Koji', () => {
  it.each(['example.toml', 'production.toml'])('of %s are those that hold by default', (name) => {
    expect(loadSettings(join(SHIPPED, name), {}).koji.profiles).toEqual(CBS_PROFILES);
    expect(loadSettings(null, {}).koji.profiles).toEqual(CBS_PROFILES);
  });

  it('are those of the table of CentOS', () => {
    const table = EL_RELEASES.map((release) => {
      const { arches, externalRepos, extra } = CBS_PROFILES[release];
      const of = externalRepos.map(({ repo, mode }) => `${repo} ${mode}`);
      return [release, arches.join(' '), of.join(', '), extra] as const;
    });
    const common = { 'repo.auto': true, 'rpm.macro.vendor': 'CentOS {Sig} SIG' };
    const yum = { ...common, 'mock.new_chroot': 0 };
    const dnf = { ...yum, 'mock.package_manager': 'dnf', 'mock.yum.module_hotfixes': 1 };
    const three = 'x86_64 aarch64 ppc64le';
    const bare = (of: string) =>
      ['baseos', 'appstream', 'crb'].map((part) => `${of}-${part} bare`).join(', ');
    expect(table).toEqual([
      ['6', 'i686 x86_64', 'centos6-extras koji, centos6-updates koji, centos6-os koji', yum],
      ['7', 'x86_64', 'centos7-extras koji, centos7-updates koji, centos7-os koji', yum],
      ['8', three, bare('rhel8'), dnf],
      ['8s', three, bare('centos8s'), dnf],
      ['9', three, bare('rhel9'), dnf],
      ['9s', three, bare('centos9s'), { ...dnf, 'rpm.macro.distsuffix': 's' }],
      ['10', three, bare('rhel10'), { ...dnf, 'mock.new_chroot': 1 }],
      [
        '10s',
        three,
        bare('centos10s'),
        { ...dnf, 'mock.new_chroot': 1, 'rpm.macro.distsuffix': 's' },
      ],
    ]);
    for (const release of EL_RELEASES)
      expect(CBS_PROFILES[release].groupPackages.slice(-3)).toEqual([
        'buildsys-macros-el{release}',
        'scl-utils-build',
        '{scl}-build',
      ]);
  });

  it('take one setting by itself, the rest as it was', async () => {
    const toml = '[koji.profiles."7"]\narches = ["x86_64", "ppc64le"]\nbuildsys = "my-buildsys7"\n';
    const found = await profiles(toml);
    expect(found).toEqual({
      ...CBS_PROFILES,
      '7': { ...CBS_PROFILES['7'], arches: ['x86_64', 'ppc64le'], buildsys: 'my-buildsys7' },
    });
    const { koji } = loadSettings(join(temporary.path, 'config.toml'), {});
    expect(openKoji(koji).profileOf('7')).toEqual(found['7']);
  });

  it.each([
    ['arches = []', 'arches'],
    ['arches = ["x86_64", "x86_64"]', 'arches'],
    ['arches = ["x86_64,i686"]', 'arches.0'],
    ['external_repos = [{ name = "a" }]', 'external_repos.0.priority'],
    ['external_repos = [{ name = "a", priority = 5, mode = "merge" }]', 'external_repos.0.mode'],
    ['external_repos = [{ name = "a b", priority = 5 }]', 'external_repos.0.name'],
    [
      'external_repos = [{ name = "a", priority = 5 }, { name = "b", priority = 5 }]',
      'external_repos',
    ],
    [
      'external_repos = [{ name = "a", priority = 5 }, { name = "a", priority = 6 }]',
      'external_repos',
    ],
    [
      `external_repos = [{ name = "a", priority = 5, url = "https://a'; reboot" }]`,
      'external_repos.0.url',
    ],
    [
      'external_repos = [{ name = "a", priority = 5, url = "https://ann:secret@example.org/" }]',
      'external_repos.0.url',
    ],
    [
      'external_repos = [{ name = "a", priority = 5, url = "https:///ann:secret@example.org/" }]',
      'external_repos.0.url',
    ],
    ['extra = { "rpm.macro.a" = "{arch}" }', 'extra.rpm.macro.a'],
    ['extra = { "a b" = 1 }', 'extra.a b'],
    ['extra = { a = [1] }', 'extra.a'],
    ['group_packages = []', 'group_packages'],
    ['group_packages = ["{SCL}-build"]', 'group_packages.0'],
    ['buildsys = "a b"', 'buildsys'],
    ['repos = []', ''],
  ])('are refused: %s', async (line, path) => {
    const found = await problems(`[koji.profiles."9s"]\n${line}\n`);
    expect(found.map((one) => one.path)).toEqual([
      ['koji.profiles.9s', path].filter((part) => part !== '').join('.'),
    ]);
  });

  it('are of EL releases that there are', async () => {
    expect(await problems('[koji.profiles."11"]\narches = ["x86_64"]\n')).toHaveLength(1);
  });
});
