import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DistGitError, fail } from '../core/api/distgit-error.ts';
import type { ApiClient } from './api-client/api-client.ts';
import { DryRunClient, NotSent } from './api-client/dry-run.ts';
import { openApi } from './api-client/open-api.ts';
import type { CommandContext, CommandSpec, Options, Outcome } from './command.ts';
import { Config, readEnvironment } from './config.ts';
import { type GlobalOptions, readGlobalOptions } from './global-options.ts';
import { interruptible } from './interrupt.ts';
import { printable, reportError } from './output/error-lines.ts';
import { openProgress, SILENT } from './output/progress.ts';
import { readRpkgConfig } from './rpkg-config/rpkg-config.ts';
import { UserGit } from './working-copy/run-git.ts';

/** Of the process. */
export interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: NodeJS.ProcessEnv;
  /** Everywhere on the command line `--json` is understood. */
  readonly json: boolean;
}

/**
 * Runs a command, prints its outcome or its error.
 * @param before the options before the verb, as commander has them
 * @returns the exit status
 */
export async function runCommand(
  spec: CommandSpec,
  args: readonly string[],
  options: Options,
  before: Options,
  io: Surroundings,
): Promise<number> {
  try {
    const given = { ...readGlobalOptions(before), json: io.json };
    const behindVerb = withDryRun(spec, options, given);
    const context = await openContext(given, io, given.dryRun && !hasDryRun(spec));
    // git runs the hidden ones, several times for one command of the user.
    if (spec.hidden !== true) for (const line of context.config.rpkg.warnings) context.note(line);
    const outcome = await spec.run(context, args, behindVerb).catch(dryRunOutcome);
    if (io.json) io.stdout.write(`${JSON.stringify(outcome.data, null, 2)}\n`);
    else if (outcome.text !== '' && !(given.quiet && outcome.done === true))
      io.stdout.write(`${printable(outcome.text)}\n`);
    return outcome.exit ?? 0;
  } catch (error) {
    const report = reportError(error);
    io.stderr.write(`${io.json ? JSON.stringify(report.data, null, 2) : report.text}\n`);
    if (before.debug === true && error instanceof Error)
      io.stderr.write(`${printable(error.stack ?? '')}\n`);
    return report.exit;
  }
}

/** Their commands change nothing but what they ask the server for, see `DryRunClient`. */
const ONLY_ASK =
  /^(?:(?:component|collection|sig|request|user|token|key|lookaside) |(?:(?:scratch-|chain-)?build|cancel|resubmit|promote|demote)$)/;

/** Does the command have a --dry-run of its own? */
const hasDryRun = (spec: CommandSpec): boolean =>
  spec.options?.some(({ flags }) => /--dry-run\b/.test(flags)) === true;

/** rpkg has --dry-run before the verb. Where it would not be heeded, nothing is done. */
function withDryRun(spec: CommandSpec, options: Options, { dryRun }: GlobalOptions): Options {
  if (!dryRun) return options;
  if (hasDryRun(spec)) return { ...options, dryRun: true };
  if (!ONLY_ASK.test(spec.name))
    fail('usage', `centpkg ${spec.name} has no --dry-run.`, 'Leave it out.');
  return options;
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function dryRunOutcome(error: unknown): Outcome {
  if (!(error instanceof NotSent)) throw error;
  const { operation, input, told } = error;
  return { data: { dryRun: true, operation, input }, text: told };
}

/** @param changeNothing the server is asked for no change, see `DryRunClient` */
async function openContext(
  given: GlobalOptions,
  io: Surroundings,
  changeNothing: boolean,
): Promise<CommandContext> {
  const cwd = resolve(process.cwd(), given.path ?? '.');
  if (given.path !== null && !isFolder(cwd))
    fail('usage', `There is no folder ${given.path}.`, 'Name the clone that --path is to work in.');
  const progress = given.quiet ? SILENT : openProgress(io.stderr);
  const note = (line: string): void => progress.say(printable(line));
  const environment = readEnvironment(io.env);
  const rpkg = readRpkgConfig(environment, given.configFile);
  const config = new Config(environment, rpkg);
  const told = given.verbose
    ? (line: string) => io.stderr.write(`${printable(line)}\n`)
    : undefined;
  const git = new UserGit(cwd, io.env, told);
  // Inside of a clone the clone's server counts, whatever the last login was.
  const ofClone = await git.ask('config', '--get', 'centpkg.url');
  let api: ApiClient | undefined;
  return {
    config,
    given,
    cwd,
    git,
    get api() {
      const url = ofClone ?? config.url;
      api ??= openApi(config, url);
      return changeNothing ? new DryRunClient(api.url, api.token, api.tls) : api;
    },
    progress,
    note,
    interruptible,
    async readInput() {
      if (io.stdin.isTTY)
        throw new DistGitError('usage', 'Nothing is piped into standard input.', {
          detail: { remedy: 'Write: centpkg … < FILE' },
        });
      let text = '';
      for await (const chunk of io.stdin.setEncoding('utf8') as AsyncIterable<string>)
        text += chunk;
      return text;
    },
  };
}
