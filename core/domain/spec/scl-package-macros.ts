import { type MacroTable, macroTable } from './macro-table.ts';
import { collectionMacros } from './scl-macros.ts';

/** The Filesystem Hierarchy Standard's folders, below the collection's root. */
const TREE = [
  'bin boot dev etc home lib %{_lib} media mnt opt proc root sbin srv sys tmp',
  'usr/bin usr/games usr/include usr/lib usr/%{_lib} usr/libexec usr/local usr/sbin usr/src',
  'usr/share/doc usr/share/info',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((section) => `usr/share/man/man${section}`),
  'var/cache var/db var/lib var/local var/lock var/log var/opt var/run var/spool var/tmp',
].join(' ');

/** In a metapackage's `%install`: the collection's tree, and its two files outside of it. */
const SCL_INSTALL = [
  '',
  // Metapackages have `-f filesystem`, which rpm refuses where it is empty.
  "echo '%%dir %{_scl_root}' > filesystem",
  'mkdir -p %{buildroot}%{_root_sysconfdir}/rpm %{buildroot}%{_root_sysconfdir}/scl/prefixes',
  "cat >> %{buildroot}%{_root_sysconfdir}/rpm/macros.%{scl}-config << 'SCL_CONFIG'",
  '%%scl %{scl}',
  '%{?nfsmountable:%%nfsmountable %{nfsmountable}}',
  'SCL_CONFIG',
  'echo %{_scl_prefix} >> %{buildroot}%{_root_sysconfdir}/scl/prefixes/%{scl}',
  'mkdir -p %{buildroot}%{_scl_root}',
  `(cd %{buildroot}%{_scl_root} && mkdir -p ${TREE})`,
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

/**
 * What packages of collections need of scl-utils-build, for machines that do not have it. The names
 * and what they stand for are those of the packaging guide of Software Collections; without `%scl`
 * all of it gives nothing, or the system's own paths.
 */
export const SCL_PACKAGE_MACROS: MacroTable = new Map([
  ...collectionMacros(null),
  ...macroTable({ scl_install: SCL_INSTALL, scl_files: SCL_FILES }),
]);
