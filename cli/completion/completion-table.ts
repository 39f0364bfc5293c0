import type { CommandSpec, OptionSpec } from '../command.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';

/** What can stand in a place, as shells know to offer it. */
export type Kind =
  | { readonly kind: 'branch' | 'tag' | 'file' | 'folder' | 'any' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export interface Described {
  readonly word: string;
  readonly help: string;
}

export interface CompletedFlag extends Described {
  /** Null: it takes no value. */
  readonly value: Kind | null;
}

/** A place on the command line, behind these words: `''`, `sig`, `sig create`. */
export interface Place {
  readonly command: string;
  /** Words that lead on, with the place that each leads to. */
  readonly next: readonly (Described & { readonly to: string })[];
  readonly flags: readonly CompletedFlag[];
  readonly argument: Kind | null;
}

const ANY: Kind = { kind: 'any' };
const COMMON: readonly OptionSpec[] = [
  { flags: '--json', help: 'print the result as JSON' },
  { flags: '-h, --help', help: 'show help' },
];

/** By the name of the value: `-b, --branch <branch>`, `--srpm [file]`. */
function kindOf(name: string, choices: readonly string[] | undefined): Kind {
  if (choices !== undefined) return { kind: 'words', words: choices };
  if (name === 'branch' || name === 'tag' || name === 'folder') return { kind: name };
  return /^files?$/.test(name) ? { kind: 'file' } : ANY;
}

const flagsOf = (options: readonly OptionSpec[]): CompletedFlag[] =>
  options.flatMap(({ flags, help, choices }) => {
    const value = /[<[]([^>\]]+)/.exec(flags)?.[1];
    const words = flags.match(/(?<!\S)--?[\w-]+/g) ?? [];
    return words.map((word) => ({
      word,
      help,
      value: value === undefined ? null : kindOf(value, choices),
    }));
  });

/** Shells do not count arguments here: the first that something is known of stands for all. */
function argumentOf({ args, name }: CommandSpec, shells: readonly string[]): Kind | null {
  const names = [...(args ?? '').matchAll(/[<[]([\w-]+)/g)].map(([, word]) => word ?? '');
  if (name === 'completion') return { kind: 'words', words: shells };
  if (names.length === 0) return null;
  const kinds = names.map((word) => kindOf(word, undefined));
  return kinds.find(({ kind }) => kind !== 'any') ?? ANY;
}

/**
 * Every place of the command line, from the definitions of the commands; hidden ones are left out.
 * @param nouns what words that only lead on are about
 */
export function completionTable(
  commands: readonly CommandSpec[],
  nouns: Readonly<Record<string, string>>,
  shells: readonly string[],
): readonly Place[] {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const names = new Set(shown.flatMap(({ name }) => [name, name.split(' ')[0] ?? '']));
  const nextOf = (command: string): (Described & { to: string })[] =>
    [...names]
      .filter((name) => name.split(' ').slice(0, -1).join(' ') === command)
      .flatMap((name) => {
        const spec = shown.find((one) => one.name === name);
        const help = spec?.summary ?? nouns[name] ?? '';
        const words = [name.split(' ').at(-1) ?? ''].concat(spec?.aliases ?? []);
        return words.map((word) => ({ word, help, to: name }));
      });
  const root: Place = {
    command: '',
    next: [...nextOf(''), { word: 'help', help: 'Show the help of a command', to: 'help' }],
    flags: flagsOf([
      ...GLOBAL_OPTIONS,
      COMMON[1] as OptionSpec,
      { flags: '-V, --version', help: 'show the version' },
    ]),
    argument: null,
  };
  const help: Place = {
    command: 'help',
    next: [],
    flags: [],
    argument: { kind: 'words', words: root.next.map(({ word }) => word) },
  };
  const places = [...names].map((name) => {
    const spec = shown.find((one) => one.name === name);
    return {
      command: name,
      next: nextOf(name),
      flags: flagsOf([...(spec?.options ?? []), ...COMMON]),
      argument: spec === undefined ? null : argumentOf(spec, shells),
    };
  });
  return [root, help, ...places];
}
