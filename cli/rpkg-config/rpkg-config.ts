import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { BRANCH_LAYOUT_ROOT, DOWNLOAD_ROOTS } from '../../core/domain/lookaside-addresses.ts';
import { type IniValue, readIniSection } from './ini.ts';

/** `system` is the administrator's, `user` the user's own, `given` that of --config. */
export type FileKind = 'system' | 'user' | 'given';

export interface RpkgSetting {
  readonly value: string;
  readonly file: string;
  readonly line: number;
  readonly kind: FileKind;
}

/** What the files say that means something here. */
export interface RpkgConfig {
  /** The server's address, as found in the first of `URL_KEYS` that has one; without `/` at the end. */
  readonly url: (RpkgSetting & { readonly key: string }) | null;
  /** `default_remote_name`. */
  readonly remoteName: RpkgSetting | null;
  /** `gitbaseurl` is one of SSH: clones go by SSH where they are not anonymous. */
  readonly ssh: RpkgSetting | null;
  /** The one of --config; absolute. */
  readonly given: string | null;
  /** Files that were read, the later over the earlier. */
  readonly files: readonly string[];
  /** A line for each thing that is passed over. */
  readonly warnings: readonly string[];
}

export const NO_RPKG_CONFIG: RpkgConfig = {
  url: null,
  remoteName: null,
  ssh: null,
  given: null,
  files: [],
  warnings: [],
};

const SECTION = 'centpkg';
/** Where the server's address is looked for. */
const URL_KEYS = ['anongiturl', 'gitbaseurl', 'lookaside', 'lookasideuri'] as const;

/**
 * rpkg's own settings that are of no use here: the server tells its hash type, limits and branches
 * by itself.
 */
const OF_NO_USE =
  /^(lookasidehash|lookaside_(cgi|request_params|namespaced|attempts|delay|http_version)|branchre|koji(profile|config)|build_client|distgit_namespaced|distgit_namespaces|kerberos_realms|git_excludes|results_dir|skip_hooks|clone_config(_\w+)?)$/;

interface Places {
  /** `/etc/rpkg/centpkg.conf` */
  readonly systemRpkgFile: string;
  /** `~/.config/rpkg`. */
  readonly rpkgFolder: string;
}

/**
 * The administrator's file with the user's over it, or the one of --config alone. Files that are
 * not there say nothing.
 * @param given of --config
 * @throws DistGitError `config_invalid` with file, line and reason; `usage` without `given`'s file
 */
export function readRpkgConfig(places: Places, given: string | null): RpkgConfig {
  if (given !== null && !existsSync(given))
    fail('usage', `There is no file ${given}.`, 'Name the file that --config is to read.');
  const files: [file: string, kind: FileKind][] =
    given === null
      ? [
          [places.systemRpkgFile, 'system'],
          [join(places.rpkgFolder, 'centpkg.conf'), 'user'],
        ]
      : [[given, 'given']];
  const settings = new Map<string, RpkgSetting>();
  const warnings: string[] = [];
  const read: string[] = [];
  for (const [file, kind] of files) {
    const section = readFile(file);
    if (section === undefined) continue;
    read.push(file);
    if (section === null) warnings.push(`warning: ${file} has no section [${SECTION}].`);
    for (const [key, { value, line }] of section ?? []) {
      settings.set(key, { value, line, file, kind });
      if (!isKnown(key)) warnings.push(`warning: ${file}, line ${line}: ${key} is not known.`);
    }
  }
  const url = addressOf(settings, warnings);
  const base = settings.get('gitbaseurl');
  const ssh = base !== undefined && /^(git\+)?ssh:/.test(base.value) ? base : null;
  const name = settings.get('default_remote_name');
  const remoteName = name === undefined || name.value === '' ? null : name;
  return {
    url,
    remoteName,
    ssh,
    given: given === null ? null : resolve(given),
    files: read,
    warnings,
  };
}

const isKnown = (key: string): boolean =>
  URL_KEYS.includes(key as (typeof URL_KEYS)[number]) ||
  key === 'default_remote_name' ||
  OF_NO_USE.test(key);

/** Undefined: no such file; null: a file without our section. */
function readFile(file: string): ReadonlyMap<string, IniValue> | null | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (/^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    return fail('config_invalid', `${file} can not be read.`, 'Look at its owner and mode.');
  }
  return readIniSection(text, SECTION, file);
}

function addressOf(settings: ReadonlyMap<string, RpkgSetting>, warnings: string[]) {
  // What is nearer to the user counts, whichever key it is in.
  for (const kind of ['given', 'user', 'system'] as const)
    for (const key of URL_KEYS) {
      const setting = settings.get(key);
      if (setting?.kind !== kind || /^(git\+)?ssh:/.test(setting.value)) continue;
      const value = key.startsWith('lookaside')
        ? serverOfLookaside(setting.value)
        : serverOfGit(setting.value);
      if (value !== null) return { ...setting, value, key };
      warnings.push(
        `warning: ${setting.file}, line ${setting.line}: ${key} is not that of such a server.`,
      );
    }
  return null;
}

/** `https://HOST/scls/%(module)s.git` is on `https://HOST`. rpkg fills in `%(…)s`, `%%` is `%`. */
export function serverOfGit(template: string): string | null {
  const match = /^(.+)\/[^/]+\/%\((?:module|repo)\)s(?:\.git)?\/?$/.exec(template);
  return httpAddress(match?.[1]?.replace(/%\(user\)s@/, '').replaceAll('%%', '%') ?? '');
}

/** `https://HOST/lookaside/pkgs` is on `https://HOST`, as are all addresses of the cache. */
export function serverOfLookaside(address: string): string | null {
  const plain = address.replace(/\/+$/, '');
  const roots = [...DOWNLOAD_ROOTS, BRANCH_LAYOUT_ROOT].toSorted((a, b) => b.length - a.length);
  const root = roots.find((one) => plain.endsWith(one));
  return root === undefined ? null : httpAddress(plain.slice(0, -root.length));
}

function httpAddress(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && url.username + url.password + url.search + url.hash === '';
  return plain && /^https?:$/.test(url.protocol) ? url.href.replace(/\/+$/, '') : null;
}
