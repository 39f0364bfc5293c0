import { EL_RELEASES, type ElRelease } from '../domain/el-release.ts';
import type { ExtraValue, KojiProfile, MergeMode } from './profile.ts';

const BASE_PACKAGES =
  'bash bzip2 coreutils cpio diffutils findutils gawk gcc gcc-c++ grep gzip info make patch ' +
  'redhat-rpm-config redhat-release rpm-build sed shadow-utils tar unzip util-linux which xz';

/** Placeholders are filled per collection, see `desiredState`. */
const GROUP_PACKAGES = [
  ...BASE_PACKAGES.split(' '),
  'buildsys-macros-el{release}',
  'scl-utils-build',
  '{scl}-build',
];

/** In the order of priority, 5 apart as the program `koji` gives them. */
const repos = (mode: MergeMode, list: readonly (readonly [repo: string, url: string | null])[]) =>
  list.map(([repo, url], index) => ({ repo, mode, priority: 5 + 5 * index, url }));

/** Where the mirrors keep it, or kept it. RHEL's repositories are each site's own matter. */
const CENTOS_URLS: Partial<Record<ElRelease, string>> = {
  '6': 'https://vault.centos.org/6.10',
  '7': 'https://vault.centos.org/7.9.2009',
  '8s': 'https://vault.centos.org/8-stream',
  '9s': 'https://mirror.stream.centos.org/9-stream',
  '10s': 'https://mirror.stream.centos.org/10-stream',
};

function externalRepos(release: ElRelease): KojiProfile['externalRepos'] {
  const url = CENTOS_URLS[release];
  // Updates stand before what they update: in mode koji a later repository adds no newer package.
  if (release === '6' || release === '7')
    return repos(
      'koji',
      ['extras', 'updates', 'os'].map((part) => [
        `centos${release}-${part}`,
        `${url}/${part}/$arch/`,
      ]),
    );
  const parts = [
    ['baseos', 'BaseOS'],
    ['appstream', 'AppStream'],
    // CRB was called so from 9 on.
    ['crb', release === '8s' ? 'PowerTools' : 'CRB'],
  ] as const;
  return url === undefined
    ? repos(
        'bare',
        parts.map(([part]) => [`rhel${release}-${part}`, null]),
      )
    : repos(
        'bare',
        parts.map(([part, folder]) => [`centos${release}-${part}`, `${url}/${folder}/$arch/os/`]),
      );
}

function extra(release: ElRelease): Record<string, ExtraValue> {
  const major = Number.parseInt(release, 10);
  return {
    ...(major >= 8 ? { 'mock.package_manager': 'dnf', 'mock.yum.module_hotfixes': 1 } : {}),
    'mock.new_chroot': major >= 10 ? 1 : 0,
    'repo.auto': true,
    'rpm.macro.vendor': 'CentOS {Sig} SIG',
    ...(major >= 9 && release.endsWith('s') ? { 'rpm.macro.distsuffix': 's' } : {}),
  };
}

function arches(release: ElRelease): string[] {
  if (release === '6') return ['i686', 'x86_64'];
  return release === '7' ? ['x86_64'] : ['x86_64', 'aarch64', 'ppc64le'];
}

/** The build tags of CentOS's hub (CBS), per EL release: what a site has that says nothing else. */
export const CBS_PROFILES = Object.fromEntries(
  EL_RELEASES.map((release): [ElRelease, KojiProfile] => [
    release,
    {
      arches: arches(release),
      externalRepos: externalRepos(release),
      extra: extra(release),
      groupPackages: GROUP_PACKAGES,
      buildsys: null,
    },
  ]),
) as Record<ElRelease, KojiProfile>;
