import { EXIT_STATUSES } from '../../core/api/error-table.ts';
import type { CommandSpec, OptionSpec } from '../command.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';
import { argument, bold, escaped, example, heading, italic, item, paragraph } from './roff.ts';
import { ENVIRONMENT, FILES, INTRODUCTION } from './words.ts';

export interface Edition {
  readonly version: string;
  /** `2026-11-21` */
  readonly date: string;
}

/** `centpkg-sig-create` */
const pageOf = ({ name }: CommandSpec): string => `centpkg-${name.replaceAll(' ', '-')}`;

const head = (page: string, { version, date }: Edition): string =>
  `.TH ${argument(page.toUpperCase())} 1 "${date}" ${argument(`centpkg ${version}`)} ${argument('centpkg manual')}\n.nh\n.ad l`;

/** `-b, --branch <branch>`, `--srpm [file]`: flags in bold, values in italics. */
function flagTerm(flags: string): string {
  return flags
    .split(/(<[^>]+>|\[[^\]]+\])/)
    .map((part) => {
      if (part.startsWith('<')) return italic(part.slice(1, -1));
      return part.startsWith('[') ? `[${italic(part.slice(1, -1))}]` : flagPart(part);
    })
    .join('');
}

const flagPart = (text: string): string =>
  text.replace(/-[\w-]+|[^-\w]+/g, (part) => (part.startsWith('-') ? bold(part) : escaped(part)));

function optionItems(options: readonly OptionSpec[]): string {
  return options
    .map(({ flags, help, list, choices }) => {
      const more = [
        ...(choices === undefined ? [] : [` One of: ${choices.join(', ')}.`]),
        ...(list === true ? [' Several: with commas, or given again.'] : []),
        ...(list === 'whole' ? [' Several: given again.'] : []),
      ];
      const text = `${help.charAt(0).toUpperCase()}${help.slice(1)}${/[.!?]$/.test(help) ? '' : '.'}`;
      return item(flagTerm(flags), text + more.join(''));
    })
    .join('\n');
}

const exitStatuses = (): string =>
  Object.entries(EXIT_STATUSES)
    .map(([status, what]) => item(bold(status), `${what.charAt(0).toUpperCase()}${what.slice(1)}.`))
    .join('\n');

/** `<component> [folder]`: names in italics. */
function synopsisOf({ name, args }: CommandSpec): string {
  const shown = escaped(args ?? '').replace(/[\w]+(?:\\-\w+)*/g, (word) => `\\fI${word}\\fR`);
  const plain = shown.replace(/[<>]/g, '');
  return `${bold(`centpkg ${name}`)} [\\fIoptions\\fR]${plain === '' ? '' : ` ${plain}`}`;
}

function commandPage(spec: CommandSpec, edition: Edition): string {
  const page = pageOf(spec);
  const aliases = spec.aliases ?? [];
  return [
    head(page, edition),
    heading('NAME'),
    `${escaped(page)} \\- ${paragraph(lowerFirst(spec.summary))}`,
    heading('SYNOPSIS'),
    synopsisOf(spec),
    heading('DESCRIPTION'),
    paragraph(`${spec.summary}.`),
    ...(spec.details === undefined ? [] : ['.PP', paragraph(spec.details)]),
    ...(aliases.length === 0 ? [] : ['.PP', paragraph(`It is called ${aliases.join(', ')}, too.`)]),
    heading('OPTIONS'),
    optionItems([
      ...(spec.options ?? []),
      { flags: '--json', help: 'print the result as JSON' },
      { flags: '-h, --help', help: 'show help' },
    ]),
    '.PP',
    `What stands before the verb, like ${bold('--release')}, is in \\fBcentpkg\\fR(1).`,
    heading('EXIT STATUS'),
    exitStatuses(),
    heading('EXAMPLES'),
    example(spec.examples),
    heading('SEE ALSO'),
    '\\fBcentpkg\\fR(1)',
    '',
  ].join('\n');
}

const lowerFirst = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

function mainPage(commands: readonly CommandSpec[], edition: Edition): string {
  return [
    head('centpkg', edition),
    heading('NAME'),
    'centpkg \\- packages of Software Collections: git, look\\-aside cache, SIGs',
    heading('SYNOPSIS'),
    `${bold('centpkg')} [\\fIoptions\\fR] \\fIverb\\fR [\\fIoptions of the verb\\fR] [\\fIarguments\\fR]`,
    heading('DESCRIPTION'),
    ...INTRODUCTION.flatMap((text, index) =>
      index === 0 ? [paragraph(text)] : ['.PP', paragraph(text)],
    ),
    heading('OPTIONS'),
    'They stand before the verb.',
    optionItems([
      ...GLOBAL_OPTIONS,
      { flags: '-V, --version', help: 'show the version' },
      { flags: '-h, --help', help: 'show help' },
    ]),
    heading('VERBS'),
    ...commands.map((spec) =>
      item(
        [spec.name, ...(spec.aliases ?? [])].map(bold).join(', '),
        `${spec.summary}. See ${pageOf(spec)}(1).`,
      ),
    ),
    heading('EXIT STATUS'),
    exitStatuses(),
    heading('ENVIRONMENT'),
    ...ENVIRONMENT.map(([name, text]) => item(bold(name), text)),
    heading('FILES'),
    ...FILES.map(([name, text]) => item(italic(name), text)),
    heading('EXAMPLES'),
    example([
      'centpkg login --url https://git.example.org --token-file ~/token',
      'centpkg clone -b scl-python33-el7 python && cd python',
      'centpkg new-sources ~/Python-3.3.7.tar.xz',
      'centpkg commit -m "Update to 3.3.7" && centpkg push',
    ]),
    heading('SEE ALSO'),
    '\\fBgit\\fR(1)',
    '',
  ].join('\n');
}

/**
 * The manual from the definitions of the commands, by file name: one page in all, and one for each
 * command that people use.
 */
export function manualPages(
  commands: readonly CommandSpec[],
  edition: Edition,
): ReadonlyMap<string, string> {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  return new Map([
    ['centpkg.1', mainPage(shown, edition)],
    ...shown.map((spec) => [`${pageOf(spec)}.1`, commandPage(spec, edition)] as const),
  ]);
}
