import type { CollectionName, SclName, Vendor } from '../collection.ts';
import type { ComponentName } from '../component-name.ts';
import type { ElRelease } from '../el-release.ts';

export interface MetapackageOptions {
  readonly sclName: SclName;
  readonly vendor: Vendor;
  /** `python-meta`; what other collections ask for is named after it: `scldevel(python)`. */
  readonly metaComponent: ComponentName;
  readonly release: ElRelease;
  /** SCL names of the collections it depends on. */
  readonly depends: readonly (SclName | CollectionName)[];
  /** Components that the collection is for: who installs it, gets them. */
  readonly components: readonly ComponentName[];
  /** `Ann <ann@example.org>`, of the changelog. */
  readonly packager: string;
  readonly date: Date;
}

/** `Sat Nov 21 2026`, as changelogs have it; UTC. */
function changelogDate(date: Date): string {
  const [weekday = '', day = '', month = '', year = ''] = date.toUTCString().split(/,? /);
  return `${weekday} ${month} ${day} ${year}`;
}

/** A line of shell for the enable script: puts `folder` before what `name` has. */
const before = (name: string, folder: string): string =>
  `export ${name}="${folder}\${${name}:+:\${${name}}}"`;

const lines = (...groups: readonly (readonly string[])[]): string[] => groups.flat();
const each = <T>(items: readonly T[], line: (item: T) => string): string[] => items.map(line);

/**
 * The spec of a collection's metapackage, to begin with: the collection itself, and its packages
 * `runtime`, `build` and `scldevel` with the files that the packaging guide of Software Collections
 * asks for. It builds with scl-utils-build, and with the macros of `SCL_PACKAGE_MACROS`.
 */
export function metapackageSpec(options: MetapackageOptions): string {
  const { sclName, vendor, metaComponent, release, depends, components, packager, date } = options;
  const base = metaComponent.replace(/-meta$/, '');
  // A macro's name has letters, digits and _ only.
  const macro = base.replace(/[^A-Za-z0-9_]/g, '_');
  const ownVendor = vendor !== 'rh';
  return lines(
    [
      `# ${sclName} is the whole collection; runtime is what its packages need to run, build what they`,
      '# need to be built, scldevel what other collections need to be built upon it.',
      `%global scl_name_base ${base}`,
      `%global scl ${sclName}`,
      ...(ownVendor ? [`%global scl_vendor ${vendor}`] : []),
      '# Configuration and data are below /etc/opt and /var/opt: the rest can be mounted read-only.',
      '%global nfsmountable 1',
      '# There are no programs in it.',
      '%global debug_package %{nil}',
      '%scl_package %scl',
      '',
      'Name:           %scl_name',
      'Version:        1',
      'Release:        1%{?dist}',
      'Summary:        Package that installs the Software Collection %{scl}',
      'License:        MIT',
      'BuildRequires:  scl-utils-build',
    ],
    each(depends, (name) => `BuildRequires:  ${name}-scldevel`),
    each(components, (name) => `Requires:       %{scl_prefix}${name}`),
    [
      '',
      '%description',
      'Installs the Software Collection %{scl}.',
      '',
      '%package runtime',
      'Summary:        Folders and enable script of %{scl}',
      'Requires:       scl-utils',
    ],
    each(depends, (name) => `Requires:       ${name}-runtime`),
    [
      '',
      '%description runtime',
      'The folders of the Software Collection %{scl}, and the script that enables it.',
      '',
      '%package build',
      'Summary:        Macros that packages of %{scl} are built with',
      'Requires:       scl-utils-build',
      'Requires:       %{name}-runtime = %{version}-%{release}',
    ],
    each(depends, (name) => `Requires:       ${name}-scldevel`),
    [
      '',
      '%description build',
      'Where this is installed, packages are built for the Software Collection %{scl}.',
      '',
      '%package scldevel',
      'Summary:        Macros that collections depending on %{scl} are built with',
      'Requires:       %{name}-runtime = %{version}-%{release}',
      'Provides:       scldevel(%{scl_name_base})',
      '',
      '%description scldevel',
      'Macros for Software Collections that are built upon %{scl}.',
      '',
      '%prep',
      '%setup -q -c -T',
      '',
      '%build',
      '',
      '%install',
      '%scl_install',
      ...(ownVendor
        ? [
            "cat >> %{buildroot}%{_root_sysconfdir}/rpm/macros.%{scl}-config << 'EOF'",
            '%%scl_vendor %{scl_vendor}',
            'EOF',
          ]
        : []),
      '',
      "cat > %{buildroot}%{_scl_scripts}/enable << 'EOF'",
    ],
    each(depends, (name) => `. scl_source enable ${name}`),
    [
      before('PATH', '%{_bindir}:%{_sbindir}'),
      before('LD_LIBRARY_PATH', '%{_libdir}'),
      // An empty last part stands for man's own folders.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
      'export MANPATH="%{_mandir}:${MANPATH:-}"',
      before('PKG_CONFIG_PATH', '%{_libdir}/pkgconfig'),
      'EOF',
      '',
      "cat > %{buildroot}%{_root_sysconfdir}/rpm/macros.%{scl_name_base}-scldevel << 'EOF'",
      `%%scl_${macro} %{scl}`,
      `%%scl_prefix_${macro} %{scl_prefix}`,
      'EOF',
      '',
      '%files',
      '',
      // scl-utils-build of EL 6 makes no list of the folders.
      release === '6' ? '%files runtime' : '%files runtime -f filesystem',
      '%scl_files',
      '',
      '%files build',
      '%{_root_sysconfdir}/rpm/macros.%{scl}-config',
      '',
      '%files scldevel',
      '%{_root_sysconfdir}/rpm/macros.%{scl_name_base}-scldevel',
      '',
      '%changelog',
      `* ${changelogDate(date)} ${packager} - 1-1`,
      `- Metapackage of ${sclName}`,
      '',
    ],
  ).join('\n');
}
