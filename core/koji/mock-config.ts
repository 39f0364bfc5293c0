import type { Buildroot } from './buildroot.ts';
import type { ExtraValue } from './profile.ts';

/** One repository that packages come from. */
export interface MockRepo {
  readonly name: string;
  /** Parsed: there is no blank, quote or backslash in it. */
  readonly url: URL;
}

export interface MockConfigOptions {
  readonly buildroot: Buildroot;
  /** As rpm calls it: `x86_64`. */
  readonly arch: string;
  /** In the order of their priority. */
  readonly repos: readonly MockRepo[];
  /** Of the group `build`, that are not there yet when this is built: the metapackage's own. */
  readonly without: readonly string[];
}

/** Machines of another architecture that can build for one, as mock's own configurations have them. */
const ALSO_ON: Readonly<Record<string, readonly string[]>> = { i686: ['i386', 'i586', 'x86_64'] };

/** `sclo7-rh-python34-rh-el7-x86_64`: what mock calls it, as rpkg does. */
export const mockRoot = ({ target }: Pick<Buildroot, 'target'>, arch: string): string =>
  `${target}-${arch}`;

/** A text of Python: JSON's escapes are Python's too. mock fills in what is in double braces. */
const text = (value: string): string =>
  JSON.stringify(value.replaceAll('{', '').replaceAll('}', ''));
const tuple = (values: readonly string[]): string =>
  `(${values.map((one) => `${text(one)},`).join(' ')})`;
const option = (name: string, value: string): string => `config_opts[${text(name)}] = ${value}`;

/**
 * mock's configuration of the buildroot that Koji makes of a build tag: its packages, macros,
 * package manager and repositories. The names of the options are those of mock's
 * `site-defaults.cfg`.
 */
export function mockConfig({ buildroot, arch, repos, without }: MockConfigOptions): string {
  const { release, extra } = buildroot;
  const packages = buildroot.packages.filter((name) => !without.includes(name));
  const dnf = extra['mock.package_manager'] === 'dnf';
  const major = release.replace('s', '');
  const macros = Object.entries(extra).flatMap(([key, value]) => {
    const name = /^rpm\.macro\.(.+)$/.exec(key)?.[1];
    return name === undefined
      ? []
      : [`config_opts["macros"][${text(`%${name}`)}] = ${text(String(value))}`];
  });
  const lines = [
    `# ${buildroot.buildTag}, as Koji has it`,
    option('root', text(mockRoot(buildroot, arch))),
    option('target_arch', text(arch)),
    option('legal_host_arches', tuple([arch, ...(ALSO_ON[arch] ?? [])])),
    option('dist', text(`el${release}`)),
    option('releasever', text(major)),
    option('package_manager', text(dnf ? 'dnf' : 'yum')),
    // What Koji hands to mock as --old-chroot and --new-chroot.
    option('isolation', text(Number(extra['mock.new_chroot'] ?? 0) === 1 ? 'nspawn' : 'simple')),
    option('chroot_setup_cmd', text(`install ${packages.join(' ')}`)),
    option('rpmbuild_networking', 'False'),
    ...macros,
    option(dnf ? 'dnf.conf' : 'yum.conf', `"""\n${packagesConfig(repos, extra)}"""`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What the package manager reads inside; without assumeyes mock can not go on. */
function packagesConfig(
  repos: readonly MockRepo[],
  extra: Readonly<Record<string, ExtraValue>>,
): string {
  const hotfixes = Number(extra['mock.yum.module_hotfixes'] ?? 0) === 1;
  const main = [
    '[main]',
    'assumeyes=1',
    'cachedir=/var/cache/yum',
    'gpgcheck=0',
    'install_weak_deps=0',
  ];
  const more = ['keepcache=1', 'obsoletes=1', 'reposdir=/dev/null', 'retries=20', 'strict=1'];
  const sections = repos.map(({ name, url }, index) => [
    '',
    `[${name}]`,
    `name=${name}`,
    `baseurl=${url.href}`,
    `priority=${index + 1}`,
    ...(hotfixes ? ['module_hotfixes=1'] : []),
  ]);
  return `${[...main, ...more, ...sections.flat()].join('\n')}\n`;
}
