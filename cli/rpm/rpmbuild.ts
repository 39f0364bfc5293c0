import { basename, resolve } from 'node:path';
import { DistGitError } from '../../core/api/distgit-error.ts';
import {
  type CommandContext,
  flagOption,
  listOption,
  type OptionSpec,
  type Options,
  textOption,
} from '../command.ts';
import { follow } from './run-program.ts';
import { define, type Workspace } from './workspace.ts';

/** rpmbuild's output is long; its end tells what went wrong. */
const LAST_LINES = 40;

/** Options of every verb that runs rpmbuild, as rpkg has them. */
export const RPM_OPTIONS: readonly OptionSpec[] = [
  { flags: '--builddir <folder>', help: 'unpack and compile there' },
  { flags: '--buildrootdir <folder>', help: 'install there' },
  { flags: '--arch <arch>', help: 'build for this architecture (rpmbuild --target)' },
  { flags: '--define <macro>', help: "a macro: 'NAME BODY'", list: 'whole' },
  { flags: '--no-scl', help: 'the ordinary package, without the collection' },
];

export const BCOND_OPTIONS: readonly OptionSpec[] = [
  { flags: '--with <option>', help: 'enable an option of the spec', list: 'whole' },
  { flags: '--without <option>', help: 'disable an option of the spec', list: 'whole' },
];

export const STEP_OPTIONS: readonly OptionSpec[] = [
  { flags: '--short-circuit', help: 'skip the steps before, which were done' },
  { flags: '--nocheck', help: 'leave out %check' },
];

export const MD5_OPTION: OptionSpec = {
  flags: '--md5',
  help: 'digests that rpm before 4.6 knows, as in EL 5',
};

/** By rpm's number of the hash type. */
export const digestArgs = (options: Options): string[] =>
  flagOption(options, 'md5')
    ? ['source', 'binary'].flatMap((kind) => define(`_${kind}_filedigest_algorithm`, '1'))
    : [];

/** Where all of rpmbuild's own options go: behind `--`. */
export const EXTRA_ARGS = '[rpmbuild-options...]';

/** What the options of a verb say to rpmbuild, and to rpmspec, of what a spec reads as. */
export function specArgs(options: Options): string[] {
  const each = (option: string): string[] =>
    (listOption(options, option) ?? []).flatMap((value) => [`--${option}`, value]);
  const arch = textOption(options, 'arch');
  return [
    ...(arch === undefined ? [] : ['--target', arch]),
    ...each('define'),
    ...each('with'),
    ...each('without'),
  ];
}

/** All that the options of a verb say to rpmbuild. */
export function rpmbuildArgs(
  { cwd }: CommandContext,
  options: Options,
  extra: readonly string[],
): string[] {
  const folder = (option: string, macro: string): string[] => {
    const value = textOption(options, option);
    return value === undefined ? [] : define(macro, resolve(cwd, value));
  };
  return [
    ...folder('builddir', '_builddir'),
    ...folder('buildrootdir', '_buildrootdir'),
    ...specArgs(options),
    ...digestArgs(options),
    ...(flagOption(options, 'shortCircuit') ? ['--short-circuit'] : []),
    ...(flagOption(options, 'nocheck') ? ['--nocheck'] : []),
    ...extra,
  ];
}

/** `--no-scl`: commander has it as `scl: false`. */
export const wantsScl = (options: Options): boolean => options.scl !== false;

/**
 * Runs rpmbuild in a workspace.
 * @param step `-bs`, `-bp` …
 * @param show gets each line as it comes
 * @param isSeen what `show` gets is in front of the user; where it is not, the last lines are in the error
 * @throws DistGitError `check_failed` where it fails, `usage` without rpmbuild, `interrupted`
 */
export async function rpmbuild(
  step: string,
  args: readonly string[],
  workspace: Workspace,
  show?: (line: string) => void,
  isSeen = show !== undefined,
): Promise<void> {
  const lines: string[] = [];
  const { defines, spec, folder, env, signal } = workspace;
  const code = await follow('rpmbuild', [...defines, ...args, step, spec], {
    cwd: folder,
    env,
    signal,
    line: (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      // These files are moved to where the user finds them, and are told then.
      if (!line.startsWith(`Wrote: ${folder}`)) show?.(line);
    },
  });
  if (code === 0) return;
  const failed = `rpmbuild ${step} failed (status ${code})`;
  const remedy = lines.some((line) => line.includes('Failed build dependencies'))
    ? `Install them: dnf builddep ${basename(spec)}; or build in mock: centpkg mockbuild; or go on without: -- --nodeps`
    : null;
  if (!isSeen) {
    const message = `${failed}:\n${lines.join('\n')}`;
    throw new DistGitError('check_failed', message, remedy === null ? {} : { detail: { remedy } });
  }
  throw new DistGitError('check_failed', `${failed}.`, {
    detail: { remedy: remedy ?? 'Mend what rpmbuild says above.' },
  });
}
