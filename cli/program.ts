import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT_STATUSES } from '../core/api/error-table.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { DESCRIPTION, NOUNS } from './nouns.ts';
import { ABSENT_OPTIONS, ABSENT_VERBS, BEFORE_VERB } from './rpkg-absent.ts';
import { runCommand } from './run-command.ts';

/** A blank that no line ends at, so that a status stays with what it means. */
const HARD_BLANK = '\u00a0';
const exitStatuses = Object.entries(EXIT_STATUSES)
  .map(([status, what]) => `${status} ${what}`.replaceAll(' ', HARD_BLANK))
  .join(', ');

const AFTER_HELP = `
Examples:
  centpkg login --url https://git.example.org --token-file ~/token
  centpkg clone -b scl-python33-el7 python
  centpkg new-sources Python-3.3.7.tar.xz
  centpkg commit -m "Update to 3.3.7" && centpkg push

${wrapped(`Exit${HARD_BLANK}status: ${exitStatuses}.`)}`;

/** Lines of at most 80 columns. */
function wrapped(text: string): string {
  const lines = text.replace(/(.{1,79})(?: |$)/g, '$1\n').trimEnd();
  return lines.replaceAll(HARD_BLANK, ' ');
}

/** @returns the exit status */
export async function runCli(
  argv: readonly string[],
  version: string,
  io: { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream; stdin: NodeJS.ReadStream },
  env: NodeJS.ProcessEnv,
): Promise<number> {
  let exit = 0;
  const json = argv.includes('--json');
  /** The words of the command that does not understand its line, for the remedy. */
  let asked = 'centpkg';
  const program = new Command('centpkg')
    .description(DESCRIPTION)
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm })
    .addHelpText('after', AFTER_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => {
        const message = text.trim().replace(/^error: /, '');
        const remedy = `${asked} --help`;
        const why = whyAbsent(message, asked, argv);
        const said = why === null ? message : `${message.split('\n')[0]}\n${why}`;
        write(
          json
            ? `${JSON.stringify({ error: { code: 'usage', message: said, remedy } })}\n`
            : `error: ${said}\nto do: ${remedy}\n`,
        );
      },
    });
  for (const option of GLOBAL_OPTIONS) program.addOption(optionOf(option));
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [noun = '', verb] = spec.name.split(' ');
    const parent =
      verb === undefined ? program : (groups.get(noun) ?? addGroup(program, groups, noun));
    const command = addCommand(parent, spec, verb ?? noun, async (args, options) => {
      const surroundings = { ...io, env, json };
      exit = await runCommand(spec, args, options, program.opts(), surroundings);
    });
    if (verb === undefined) groups.set(noun, command);
  }
  asked = askedCommand(argv);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exit;
}

/** What rpkg has and we have not is no typing error. @param message commander's */
function whyAbsent(message: string, asked: string, argv: readonly string[]): string | null {
  const [, kind, name = ''] = /^unknown (command|option) '([^']+)'/.exec(message) ?? [];
  if (kind === 'command')
    return Object.hasOwn(ABSENT_VERBS, name) ? (ABSENT_VERBS[name] ?? null) : null;
  const verb = asked.replace(/^centpkg ?/, '');
  const [option = ''] = name.split('=');
  if (kind !== 'option') return null;
  // Behind the verb it may be a word for something else.
  const isBefore = argv.findIndex((word) => !word.startsWith('-')) > argv.indexOf(name);
  const own = ABSENT_OPTIONS[verb]?.[option];
  return own ?? (isBefore ? ABSENT_OPTIONS[BEFORE_VERB]?.[option] : undefined) ?? null;
}

/** `centpkg sig create` of a command line that begins with these words. */
function askedCommand(argv: readonly string[]): string {
  const words = argv.filter((word) => !word.startsWith('-'));
  const known = COMMANDS.flatMap(({ name, aliases = [] }) => [name].concat(aliases));
  const [noun = '', verb = ''] = words;
  if (known.includes(`${noun} ${verb}`)) return `centpkg ${noun} ${verb}`;
  const isNoun = known.some((name) => name === noun || name.startsWith(`${noun} `));
  return isNoun && noun !== '' ? `centpkg ${noun}` : 'centpkg';
}

/** Every command has options; to say so takes the room of what it is for. */
function subcommandTerm(command: Command): string {
  const names = [command.name()].concat(command.aliases()).join('|');
  const args = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? ` <${name}>` : ` [${name}]`;
  });
  return names + args.join('');
}

function addGroup(program: Command, groups: Map<string, Command>, noun: string): Command {
  const group = program
    .command(noun)
    .description(NOUNS[noun] ?? '')
    .option('--json', 'print the result as JSON');
  groups.set(noun, group);
  return group;
}

function addCommand(
  parent: Command,
  spec: CommandSpec,
  word: string,
  run: (args: string[], options: Record<string, unknown>) => Promise<void>,
): Command {
  const { details, examples } = spec;
  const command = parent
    .command(`${word} ${spec.args ?? ''}`.trim(), { hidden: spec.hidden === true })
    .description(details === undefined ? spec.summary : `${spec.summary}\n\n${details}`)
    .summary(spec.summary)
    .aliases([...(spec.aliases ?? [])])
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nExamples:\n${examples.map((one) => `  ${one}`).join('\n')}`);
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
  if (list !== undefined && list !== false)
    option.argParser<string[] | undefined>((value, before) => [
      ...(before ?? []),
      ...(list === 'whole' ? [value] : value.split(',')).map(check),
    ]);
  else if (flags.includes('<')) option.argParser(check);
  return option;
}
