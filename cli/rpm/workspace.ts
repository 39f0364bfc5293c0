import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import { branchMacros, languageMacros } from '../../core/domain/spec/build-macros.ts';
import { type MacroTable, macrosFile } from '../../core/domain/spec/macro-table.ts';
import { SCL_PACKAGE_MACROS } from '../../core/domain/spec/scl-package-macros.ts';
import type { CommandContext } from '../command.ts';
import type { WorkingCopy } from '../working-copy/working-copy.ts';
import { removeFolder } from './remove-folder.ts';
import type { RpmPackage } from './rpm-package.ts';
import { capture } from './run-program.ts';

/** A private folder that rpm works in, and how it is told so. */
export interface Workspace {
  readonly folder: string;
  /** `--define` for each of rpm's folders. */
  readonly defines: readonly string[];
  /** What programs of rpm may know of the user's environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The spec, as rpm is to read it. */
  readonly spec: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Names that say nothing of who builds: no token, no password, no agent. */
const ALLOWED = /^(PATH|LANG|LANGUAGE|LC_\w+|TZ|TERM|USER|LOGNAME|TMPDIR|SOURCE_DATE_EPOCH)$/;

/** @param home rpm reads its macros from there, builds keep their things there */
export function allowedEnvironment(variables: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  const allowed = Object.entries(variables).filter(([name]) => ALLOWED.test(name));
  return { ...Object.fromEntries(allowed), HOME: home };
}

export const define = (name: string, value: string): string[] => ['--define', `${name} ${value}`];

/** Runs `act` with a workspace that is gone afterwards, interrupted or not. */
export function withWorkspace<T>(
  context: CommandContext,
  rpmPackage: RpmPackage,
  act: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  return context.interruptible(async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'centpkg-'));
    try {
      return await act(await prepare(context, rpmPackage, folder, signal));
    } finally {
      await removeFolder(folder);
    }
  });
}

/** Where the workspace of this clone and branch is, or will be. */
function lastingFolder(
  { config }: Pick<CommandContext, 'config'>,
  { root, component }: WorkingCopy,
  branch: Branch,
): string {
  const id = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return join(config.cacheFolder, 'rpmbuild', `${component}-${branchName(branch)}-${id}`);
}

/** Where `prep` unpacks, unless it is told otherwise. */
export const unpackedFolder = (...of: Parameters<typeof lastingFolder>): string =>
  join(lastingFolder(...of), 'builddir');

/**
 * The same with the workspace of this clone and branch, which stays: `prep` is to be looked at, and
 * `compile --short-circuit` goes on there. It is in the cache and not in the clone, where a build
 * that asks git for its version would get that of the packaging.
 */
export async function withLastingWorkspace<T>(
  context: CommandContext,
  rpmPackage: RpmPackage,
  act: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const folder = lastingFolder(context, rpmPackage.copy, rpmPackage.branch);
  if (/[\s%]/.test(folder))
    fail(
      'usage',
      `rpm can not work in ${folder}: there is a blank or a per cent sign in it.`,
      'Name another folder for caches: XDG_CACHE_HOME=/var/tmp/cache centpkg …',
    );
  await mkdir(folder, { recursive: true });
  return context.interruptible(async (signal) =>
    act(await prepare(context, rpmPackage, folder, signal)),
  );
}

async function prepare(
  context: CommandContext,
  rpmPackage: RpmPackage,
  folder: string,
  signal: AbortSignal,
): Promise<Workspace> {
  const { copy, spec } = rpmPackage;
  // rpm does not quote its own folders: a path without blanks that leads there.
  const sources = join(folder, 'sources');
  await rm(sources, { force: true });
  await symlink(copy.root, sources);
  const home = join(folder, 'home');
  for (const name of ['tmp', 'home']) await mkdir(join(folder, name), { recursive: true });
  const { variables } = context.config;
  const userMacros = join(variables.HOME ?? homedir(), '.rpmmacros');
  const own = await readFile(userMacros, 'utf8').catch(() => '');
  const macros = await macrosOf(rpmPackage, variables);
  await writeFile(join(home, '.rpmmacros'), `${own}\n\n${macrosFile(macros)}`);
  return {
    folder,
    defines: [
      ...define('_topdir', folder),
      ...define('_sourcedir', sources),
      ...define('_specdir', sources),
      ...define('_tmppath', join(folder, 'tmp')),
      ...['builddir', 'srcrpmdir', 'rpmdir', 'buildrootdir'].flatMap((name) =>
        define(`_${name}`, join(folder, name)),
      ),
    ],
    env: allowedEnvironment(variables, home),
    spec: join(sources, spec),
    signal,
  };
}

/** What this machine's rpm does not know by itself, and what the branch says otherwise. */
async function macrosOf(
  { branch, collection }: RpmPackage,
  variables: NodeJS.ProcessEnv,
): Promise<MacroTable> {
  const options = { collection, release: branch.release };
  const languages = languageMacros(options);
  const known = await knownMacros(['scl_package', ...languages.keys()], variables);
  return new Map([
    ...[...languages].filter(([name]) => !known.has(name)),
    // Where scl-utils-build is installed, its macros are those of the buildroot.
    ...(known.has('scl_package') ? [] : SCL_PACKAGE_MACROS),
    ...branchMacros(options),
  ]);
}

/** Which of these macros this machine has, or the user. */
async function knownMacros(
  names: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<Set<string>> {
  const asked = names.map((name) => `%{?${name}:${name}}`).join('\n');
  const args = ['--eval', asked];
  const { code, stdout } = await capture('rpm', args, { cwd: '/', env: variables });
  const said = new Set(stdout.split('\n').map((line) => line.trim()));
  return new Set(code === 0 ? names.filter((name) => said.has(name)) : []);
}
