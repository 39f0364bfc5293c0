import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { DistGitError } from '../core/api/distgit-error.ts';
import type { ApiClient } from './api-client/api-client.ts';
import { openApi } from './api-client/open-api.ts';
import type { CommandContext, CommandSpec, OptionSpec } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { Config, readEnvironment } from './config.ts';
import { interruptible } from './interrupt.ts';
import { printable, reportError } from './output/error-lines.ts';
import { openProgress } from './output/progress.ts';
import { UserGit } from './working-copy/run-git.ts';

const NOUNS: Readonly<Record<string, string>> = {
  component: 'Components: repositories and their branches',
  lookaside: 'The look-aside cache',
  collection: 'Software Collections',
  sig: 'Special interest groups and who may commit',
  request: 'Ask for rights that you do not have, and answer',
  user: 'Local users',
  token: 'Tokens',
  key: 'SSH keys, for git over SSH',
  push: 'Push the current branch, or list pushes',
  audit: 'The audit log',
  job: 'Jobs of the server',
};

const AFTER_HELP = `
Examples:
  centpkg login --url https://git.example.org --token-file ~/token
  centpkg clone -b scl-python33-el7 python
  centpkg new-sources Python-3.3.7.tar.xz
  centpkg commit -m "Update to 3.3.7" && centpkg push

Exit status: 0 done, 1 fault of centpkg or the server, 2 wrong use or input,
3 not found, 4 not logged in or not allowed, 5 conflict, 6 a check failed,
7 server not reachable or not able, 130 interrupted.`;

/** @returns the exit status */
export async function runCli(
  argv: readonly string[],
  version: string,
  io: { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream; stdin: NodeJS.ReadStream },
  env: NodeJS.ProcessEnv,
): Promise<number> {
  let exit = 0;
  const wantsJson = argv.includes('--json');
  const program = new Command('centpkg')
    .description('Packages of Software Collections: git, look-aside cache, SIGs.')
    .version(version, '-V, --version')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', AFTER_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => {
        const message = text.trim().replace(/^error: /, '');
        write(wantsJson ? `${JSON.stringify({ error: { code: 'usage', message } })}\n` : text);
      },
    });
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [noun = '', verb] = spec.name.split(' ');
    const parent =
      verb === undefined ? program : (groups.get(noun) ?? addGroup(program, groups, noun));
    const command = addCommand(parent, spec, verb ?? noun, async (args, options) => {
      exit = await runCommand(spec, args, options, { ...io, env, wantsJson });
    });
    if (verb === undefined) groups.set(noun, command);
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exit;
}

function addGroup(program: Command, groups: Map<string, Command>, noun: string): Command {
  const group = program.command(noun).description(NOUNS[noun] ?? '');
  groups.set(noun, group);
  return group;
}

function addCommand(
  parent: Command,
  spec: CommandSpec,
  word: string,
  run: (args: string[], options: Record<string, unknown>) => Promise<void>,
): Command {
  const command = parent
    .command(`${word} ${spec.args ?? ''}`.trim(), { hidden: spec.hidden === true })
    .description(spec.summary)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nExamples:\n${spec.examples.map((one) => `  ${one}`).join('\n')}`);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  return command.action(async () => {
    await run(command.args, command.opts());
  });
}

function optionOf({ flags, help, list, choices }: OptionSpec): Option {
  const suffix = choices === undefined ? '' : ` (${choices.join(', ')})`;
  const option = new Option(flags, help + suffix);
  const check = (value: string): string => {
    if (choices !== undefined && !choices.includes(value))
      throw new InvalidArgumentError(`It takes one of: ${choices.join(', ')}.`);
    return value;
  };
  if (list === true)
    option.argParser<string[] | undefined>((value, before) => [
      ...(before ?? []),
      ...value.split(',').map(check),
    ]);
  else if (flags.includes('<')) option.argParser(check);
  return option;
}

interface RunOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: NodeJS.ProcessEnv;
  readonly wantsJson: boolean;
}

/** Runs a command, prints its outcome or its error, and says how to exit. */
async function runCommand(
  spec: CommandSpec,
  args: string[],
  options: Record<string, unknown>,
  io: RunOptions,
): Promise<number> {
  try {
    const context = await openContext(io);
    const { data, text, exit = 0 } = await spec.run(context, args, options);
    if (io.wantsJson) io.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
    else if (text !== '') io.stdout.write(`${printable(text)}\n`);
    return exit;
  } catch (error) {
    const report = reportError(error);
    io.stderr.write(`${io.wantsJson ? JSON.stringify(report.data, null, 2) : report.text}\n`);
    return report.exit;
  }
}

async function openContext(io: RunOptions): Promise<CommandContext> {
  const config = new Config(readEnvironment(io.env));
  const cwd = process.cwd();
  // Inside of a clone the clone's server counts, whatever the last login was.
  const ofClone = await new UserGit(cwd, io.env).ask('config', '--get', 'centpkg.url');
  const progress = openProgress(io.stderr);
  let api: ApiClient | undefined;
  return {
    config,
    cwd,
    get api() {
      const url = ofClone ?? config.url;
      api ??= openApi(config, url);
      return api;
    },
    progress,
    note: (line) => progress.say(printable(line)),
    interruptible,
    async readInput() {
      if (io.stdin.isTTY) throw new DistGitError('usage', 'Nothing is piped into standard input.');
      let text = '';
      for await (const chunk of io.stdin.setEncoding('utf8') as AsyncIterable<string>)
        text += chunk;
      return text;
    },
  };
}
