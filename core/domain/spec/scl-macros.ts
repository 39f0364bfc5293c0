import type { SclName } from '../collection.ts';
import type { ElRelease } from '../el-release.ts';
import { elMacros } from './el-macros.ts';
import { type MacroTable, macroTable } from './macro-table.ts';
import { type BuildArch, rpmMacros } from './rpm-macros.ts';

export interface SclMacrosOptions {
  /** Null: outside of any collection. */
  readonly sclName: SclName | null;
  readonly release: ElRelease;
  /** Default: x86_64. */
  readonly arch?: BuildArch;
}

/**
 * The macros that a build for a branch has before its spec is read: rpm's, the release's, those of
 * scl-utils-build, and `%scl` of the collection's own build package.
 */
export function sclMacros({ sclName, release, arch = 'x86_64' }: SclMacrosOptions): MacroTable {
  return new Map([...rpmMacros(arch), ...elMacros(release, sclName), ...collectionMacros(sclName)]);
}

/**
 * The macros of Software Collections alone, for a machine whose rpm has all others.
 * @param sclName null: for specs that define `%scl` themselves, or belong to no collection
 */
export function collectionMacros(sclName: SclName | null): MacroTable {
  return macroTable({
    ...(sclName === null ? {} : { scl: sclName }),
    'scl_prefix()': '%{?scl:%{?1:%{1}}%{!?1:%{scl}}-}%{!?scl:%{nil}}',
    'scl_package()': sclPackage(),
    'scl_require()': '%{_scl_prefix}/%{1}/enable, %{1}',
    'scl_require_package()': '%{1}-%{2}',
  });
}

/** The folders outside of the collection, by the name they keep: `%_root_bindir`. */
const ROOT_FOLDERS = {
  _root_prefix: '%{_prefix}',
  _root_exec_prefix: '%{_exec_prefix}',
  _root_bindir: '%{_bindir}',
  _root_sbindir: '%{_sbindir}',
  _root_libexecdir: '%{_libexecdir}',
  _root_datadir: '%{_datadir}',
  _root_sysconfdir: '%{_sysconfdir}',
  _root_sharedstatedir: '%{_sharedstatedir}',
  _root_localstatedir: '%{_localstatedir}',
  _root_libdir: '%{_libdir}',
  _root_includedir: '%{_includedir}',
  _root_infodir: '%{_infodir}',
  _root_mandir: '%{_mandir}',
  _root_initddir: '%{_sysconfdir}/rc.d/init.d',
};

/** Where those of the collection are. In this order: the later ones build on the former. */
const COLLECTION_FOLDERS = {
  _prefix: '%{_scl_root}/usr',
  _exec_prefix: '%{_prefix}',
  _bindir: '%{_exec_prefix}/bin',
  _sbindir: '%{_exec_prefix}/sbin',
  _libexecdir: '%{_exec_prefix}/libexec',
  _datadir: '%{_prefix}/share',
  _sysconfdir: folderOfState('%{_scl_root}/etc', '%{_root_sysconfdir}', ''),
  _sharedstatedir: folderOfState('%{_scl_root}/var/lib', '%{_root_localstatedir}', '/lib'),
  _localstatedir: folderOfState('%{_scl_root}/var', '%{_root_localstatedir}', ''),
  _libdir: '%{_exec_prefix}/%{_lib}',
  _includedir: '%{_prefix}/include',
  _infodir: '%{_datadir}/info',
  _mandir: '%{_datadir}/man',
  _docdir: '%{_datadir}/doc',
  _defaultdocdir: '%{_docdir}',
};

/** A collection that is to be shared over NFS keeps what is written outside of its root. */
function folderOfState(own: string, outside: string, below: string): string {
  const shared = `${outside}%{_scl_prefix}/scls/%{scl}${below}`;
  return `%{?nfsmountable:${shared}}%{!?nfsmountable:${own}}`;
}

/** `%scl_package NAME`: the package's names, the collection's folders, and what every build needs. */
function sclPackage(): string {
  const globals = (bodies: Readonly<Record<string, string>>): string[] =>
    Object.entries(bodies).map(([name, body]) => `%global ${name} ${body}`);
  const once = [
    ...globals({ pkg_name: '%{1}', scl_name: '%{scl}', scl_runtime: '%{scl}-runtime' }),
    '%{!?scl_basedir:%global scl_basedir /opt}',
    '%{!?scl_vendor:%global scl_vendor rh}',
    '%{!?_scl_prefix:%global _scl_prefix %{scl_basedir}/%{scl_vendor}}',
    ...globals({
      _scl_scripts: '%{_scl_prefix}/%{scl}',
      _scl_root: '%{_scl_prefix}/%{scl}/root',
      ...ROOT_FOLDERS,
      ...COLLECTION_FOLDERS,
    }),
  ];
  return [
    // Not by _root_prefix: rpm has one of its own from 4.19 on.
    `%{!?_scl_root:${once.join('\n')}`,
    '}',
    '%global scl_pkg_name %{scl}-%{pkg_name}',
    'BuildRequires: scl-utils-build',
    '%if "%{scl}" == "%{pkg_name}"',
    'Requires: %{scl_runtime}',
    'Provides: scl-package(%{scl})',
    '%endif',
    '%{?scl_package_override:%scl_package_override}',
  ].join('\n');
}
