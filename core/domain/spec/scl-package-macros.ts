import type { MacroDefinition, MacroTable } from './macro-table.ts';

/** Where the system keeps things, under names that stay when `%scl_package` moves the others. */
const SYSTEM_PATHS = [
  ['_root_prefix', '%{_prefix}'],
  ['_root_exec_prefix', '%{_exec_prefix}'],
  ['_root_bindir', '%{_bindir}'],
  ['_root_sbindir', '%{_sbindir}'],
  ['_root_libexecdir', '%{_libexecdir}'],
  ['_root_datadir', '%{_datadir}'],
  ['_root_sysconfdir', '%{_sysconfdir}'],
  ['_root_sharedstatedir', '%{_sharedstatedir}'],
  ['_root_localstatedir', '%{_localstatedir}'],
  ['_root_libdir', '%{_libdir}'],
  ['_root_includedir', '%{_includedir}'],
  ['_root_infodir', '%{_infodir}'],
  ['_root_mandir', '%{_mandir}'],
  ['_root_initddir', '%{_sysconfdir}/rc.d/init.d'],
] as const;

/** `%nfsmountable` keeps what is written to at run time out of the collection's own tree. */
const variable = (own: string, system: string): string =>
  `%{!?nfsmountable:%{_scl_root}${own}}%{?nfsmountable:${system}}`;
const VARIABLE_PART = '%{_scl_prefix}/scls/%{scl}';

/** Where a collection keeps them. */
const COLLECTION_PATHS = [
  ['_prefix', '%{_scl_root}/usr'],
  ['_exec_prefix', '%{_prefix}'],
  ['_bindir', '%{_exec_prefix}/bin'],
  ['_sbindir', '%{_exec_prefix}/sbin'],
  ['_libexecdir', '%{_exec_prefix}/libexec'],
  ['_datadir', '%{_prefix}/share'],
  ['_sysconfdir', variable('/etc', `%{_root_sysconfdir}${VARIABLE_PART}`)],
  ['_sharedstatedir', variable('/var/lib', `%{_root_localstatedir}${VARIABLE_PART}/lib`)],
  ['_localstatedir', variable('/var', `%{_root_localstatedir}${VARIABLE_PART}`)],
  ['_libdir', '%{_exec_prefix}/%{_lib}'],
  ['_includedir', '%{_prefix}/include'],
  ['_infodir', '%{_datadir}/info'],
  ['_mandir', '%{_datadir}/man'],
  ['_docdir', '%{_datadir}/doc'],
  ['_defaultdocdir', '%{_docdir}'],
] as const;

const globals = (pairs: readonly (readonly [string, string])[]): string[] =>
  pairs.map(([name, body]) => `%global ${name} ${body}`);

/** Once per spec: a second `%scl_package` must not move the paths again. */
const SCL_PACKAGE = [
  '%{expand:%{!?_scl_root:',
  ...globals([
    ['pkg_name', '%1'],
    ['scl_name', '%{scl}'],
    ['scl_runtime', '%{scl}-runtime'],
    ['scl_basedir', '/opt'],
  ]),
  '%{!?scl_vendor:%global scl_vendor rh}',
  '%{!?_scl_prefix:%global _scl_prefix %{scl_basedir}/%{scl_vendor}}',
  ...globals([
    ['_scl_scripts', '%{_scl_prefix}/%{scl}'],
    ['_scl_root', '%{_scl_prefix}/%{scl}/root'],
    ...SYSTEM_PATHS,
    ...COLLECTION_PATHS,
    ['scl_pkg_name', '%{scl}-%{pkg_name}'],
  ]),
  // What is moved, find-debuginfo finds; its package of sources it would name without the prefix.
  '%{?_debugsource_packages:%undefine _debugsource_packages}',
  '}',
  'BuildRequires: scl-utils-build',
  '%if "%{scl}" == "%{pkg_name}"',
  '%global debug_package %{nil}',
  'Requires: %{scl_runtime}',
  'Provides: scl-package(%{scl})',
  '%endif',
  '%{?scl_package_override:%scl_package_override}',
  '}',
].join('\n');

/** The Filesystem Hierarchy Standard's folders, below the collection's root. */
const TREE = [
  ...['bin', 'boot', 'dev', 'etc', 'home', 'lib', '%{_lib}', 'media', 'mnt', 'opt', 'proc', 'root'],
  ...['sbin', 'srv', 'sys', 'tmp', 'usr/bin', 'usr/games', 'usr/include', 'usr/lib', 'usr/%{_lib}'],
  ...['usr/libexec', 'usr/local', 'usr/sbin', 'usr/share/doc', 'usr/share/info', 'usr/src'],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((section) => `usr/share/man/man${section}`),
  ...['cache', 'db', 'lib', 'local', 'lock', 'log', 'opt', 'run', 'spool', 'tmp'].map(
    (folder) => `var/${folder}`,
  ),
];

/** In a metapackage's `%install`: the collection's tree, and its two files outside of it. */
const SCL_INSTALL = [
  '',
  'rm -f filesystem && touch filesystem',
  'mkdir -p %{buildroot}%{_root_sysconfdir}/rpm %{buildroot}%{_root_sysconfdir}/scl/prefixes',
  "cat >> %{buildroot}%{_root_sysconfdir}/rpm/macros.%{scl}-config << 'SCL_CONFIG'",
  '%%scl %{scl}',
  '%{?nfsmountable:%%nfsmountable %{nfsmountable}}%{!?nfsmountable:%%undefine nfsmountable}',
  'SCL_CONFIG',
  'echo %{_scl_prefix} >> %{buildroot}%{_root_sysconfdir}/scl/prefixes/%{scl}',
  ...TREE.map((folder) => `mkdir -p %{buildroot}%{_scl_root}/${folder}`),
  'mkdir -p %{buildroot}%{_sysconfdir} %{buildroot}%{_localstatedir}/lib',
  'touch %{buildroot}%{_scl_scripts}/enable',
].join('\n');

/** In the `%files` of its runtime package. */
const SCL_FILES = [
  '',
  '%defattr(-,root,root,-)',
  '%dir %{_scl_prefix}',
  '%dir %{_scl_scripts}',
  '%{_scl_scripts}/enable',
  '%{_root_sysconfdir}/scl/prefixes/%{scl}',
  '%{_scl_root}',
  '%{?nfsmountable:%{_sysconfdir}}',
  '%{?nfsmountable:%{_localstatedir}}',
].join('\n');

const plain = (body: string): MacroDefinition => ({ body, options: null });
const parametric = (body: string): MacroDefinition => ({ body, options: '' });

/**
 * What packages of collections need of scl-utils-build, for machines that do not have it. The names
 * and what they stand for are those of the packaging guide of Software Collections; without `%scl`
 * all of it gives nothing, or the system's own paths.
 */
export const SCL_PACKAGE_MACROS: MacroTable = new Map([
  ['scl_prefix', parametric('%{?scl:%{?1}%{!?1:%{scl}}-}')],
  ['scl_package', parametric(SCL_PACKAGE)],
  ['scl_require', parametric('%{_scl_prefix}/%1/enable, %1')],
  ['scl_require_package', parametric('%1-%2')],
  ['scl_install', plain(SCL_INSTALL)],
  ['scl_files', plain(SCL_FILES)],
]);
