import type { ElRelease } from '../el-release.ts';
import { type MacroTable, macroTable } from './macro-table.ts';

/** Versions of the languages that a release has, or that a collection brings. */
interface Languages {
  readonly python2?: string;
  readonly python3?: string;
  readonly perl?: string;
  readonly gems?: string;
}

/** By a release's number. */
const RELEASE_LANGUAGES: Readonly<Record<string, Languages>> = {
  6: { python2: '2.6', perl: '5.10.1', gems: '%{_prefix}/lib/ruby/gems/1.8' },
  7: { python2: '2.7', python3: '3.6', perl: '5.16.3' },
  8: { python2: '2.7', python3: '3.6', perl: '5.26.3' },
  9: { python3: '3.9', perl: '5.32.1' },
  10: { python3: '3.12', perl: '5.40.0' },
};

/** What a collection of Python brings is in its SCL name: `rh-python34` has 3.4. */
function pythonOf(sclName: string): Languages {
  const [, major, minor] = /^(?:rh-|sclo-)?python([23])(\d{1,2})$/.exec(sclName) ?? [];
  if (major === undefined || minor === undefined) return {};
  return { [`python${major}`]: `${major}.${minor}` };
}

/** `7` of `7` and of `7s`. */
const numberOf = (release: ElRelease): string => release.replace('s', '');

/** What redhat-release, and the languages' macro packages, define. */
export function elMacros(release: ElRelease, sclName: string | null): MacroTable {
  const number = numberOf(release);
  const own = sclName === null ? {} : pythonOf(sclName);
  const languages = { ...RELEASE_LANGUAGES[number], ...own };
  return macroTable({
    dist: `.el${release}`,
    rhel: number,
    [`el${number}`]: '1',
    centos: number,
    centos_ver: number,
    ...pythonMacros(languages),
    ...perlMacros(languages),
    ...rubyMacros(languages),
    nodejs_sitelib: '%{_prefix}/lib/node_modules',
    nodejs_sitearch: '%{_prefix}/lib/node_modules',
    nodejs_arches: '%{ix86} x86_64 %{arm} aarch64 %{power64} s390x',
    nodejs_symlink_deps: '%{_rpmconfigdir}/nodejs-symlink-deps %{nodejs_sitelib}',
  });
}

function pythonMacros({ python2, python3 }: Languages): Record<string, string> {
  const macros: Record<string, string> = {};
  const add = (prefix: string, version: string) => {
    macros[`${prefix}_version`] = version;
    macros[`${prefix}_version_nodots`] = version.replace('.', '');
    macros[`${prefix}_sitelib`] = `%{_prefix}/lib/python${version}/site-packages`;
    macros[`${prefix}_sitearch`] = `%{_libdir}/python${version}/site-packages`;
  };
  const plain = python2 ?? python3;
  if (plain !== undefined) add('python', plain);
  if (python2 !== undefined) add('python2', python2);
  if (python3 === undefined) return macros;
  add('python3', python3);
  macros.python3_pkgversion = '3';
  return macros;
}

function perlMacros({ perl }: Languages): Record<string, string> {
  return {
    ...(perl === undefined ? {} : { perl_version: perl }),
    perl_privlib: '%{_datadir}/perl5',
    perl_archlib: '%{_libdir}/perl5',
    perl_vendorlib: '%{_datadir}/perl5/vendor_perl',
    perl_vendorarch: '%{_libdir}/perl5/vendor_perl',
    perl_sitelib: '/usr/local/share/perl5',
    perl_sitearch: '/usr/local/%{_lib}/perl5',
  };
}

function rubyMacros({ gems }: Languages): Record<string, string> {
  return {
    gem_dir: gems ?? '%{_datadir}/gems',
    gem_instdir: '%{gem_dir}/gems/%{gem_name}-%{version}%{?prerelease}',
    gem_libdir: '%{gem_instdir}/lib',
    gem_cache: '%{gem_dir}/cache/%{gem_name}-%{version}%{?prerelease}.gem',
    gem_spec: '%{gem_dir}/specifications/%{gem_name}-%{version}%{?prerelease}.gemspec',
    gem_docdir: '%{gem_dir}/doc/%{gem_name}-%{version}%{?prerelease}',
    ruby_libdir: '%{_datadir}/ruby',
    ruby_libarchdir: '%{_libdir}/ruby',
    ruby_vendorlibdir: '%{_datadir}/ruby/vendor_ruby',
    ruby_vendorarchdir: '%{_libdir}/ruby/vendor_ruby',
  };
}
