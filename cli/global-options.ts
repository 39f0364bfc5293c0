import { fail } from '../core/api/distgit-error.ts';
import { type Branch, branchName, parseBranchOrAlias } from '../core/domain/branch-name.ts';
import { type ComponentName, parseComponentName } from '../core/domain/component-name.ts';
import { flagOption, type OptionSpec, type Options, textOption } from './option-spec.ts';

/** What stands before the verb, with rpkg's names: `centpkg --release BRANCH push`. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '-C, --config <file>', help: 'read this configuration of rpkg alone' },
  {
    flags: '--release <branch>',
    help: 'the release branch that counts, whatever is checked out',
  },
  { flags: '--dist <branch>', help: 'the same as --release' },
  { flags: '--name <component>', help: 'the component, where several remotes are on the server' },
  { flags: '--path <folder>', help: 'work in this folder' },
  { flags: '--user <name>', help: 'your name in URLs of git over SSH' },
  { flags: '--dry-run', help: 'the same as --dry-run behind a verb' },
  { flags: '-v, --verbose', help: 'show the git commands that are run' },
  { flags: '-d, --debug', help: 'like --verbose, and where an error came from' },
  { flags: '-q, --quiet', help: 'say nothing but results and errors' },
  { flags: '--json', help: 'print the result as JSON' },
];

export interface GlobalOptions {
  readonly configFile: string | null;
  readonly release: Branch | null;
  readonly component: ComponentName | null;
  readonly path: string | null;
  readonly user: string | null;
  readonly dryRun: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/**
 * @param options as commander has them
 * @throws DistGitError `usage`, `name_invalid`
 */
export function readGlobalOptions(options: Options): GlobalOptions {
  const release = branchOption(options, 'release');
  const dist = branchOption(options, 'dist');
  if (release !== null && dist !== null && branchName(release) !== branchName(dist))
    fail('usage', '--release and --dist name two branches.', 'Give one of them.');
  const name = textOption(options, 'name');
  const debug = flagOption(options, 'debug');
  return {
    configFile: textOption(options, 'config') ?? null,
    release: release ?? dist,
    component: name === undefined ? null : parseComponentName(name),
    path: textOption(options, 'path') ?? null,
    user: textOption(options, 'user') ?? null,
    dryRun: flagOption(options, 'dryRun'),
    verbose: debug || flagOption(options, 'verbose'),
    debug,
    quiet: flagOption(options, 'quiet'),
    json: flagOption(options, 'json'),
  };
}

function branchOption(options: Options, name: string): Branch | null {
  const text = textOption(options, name);
  if (text === undefined) return null;
  const { collection, release } = parseBranchOrAlias(text);
  return { collection, release };
}
