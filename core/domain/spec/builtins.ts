import { refuse, spend } from './budget.ts';
import { defineMacro, doubtDefinitions, undefineMacro } from './define-macro.ts';
import { expand } from './expand.ts';
import type { Expansion, Frame } from './expansion.ts';
import { expressionText } from './expression-text.ts';
import { quoteWords } from './macro-arguments.ts';
import { definition } from './macro-store.ts';
import { unknownMark, withoutUndefinedMarks } from './marks.ts';
import { isLineEnd } from './scan.ts';

/** A macro of rpm's own. */
export type Builtin = RawBuiltin | WordsBuiltin;

/** Takes its text unexpanded, and tells how much of the text behind it belongs to it. */
interface RawBuiltin {
  readonly kind: 'raw';
  /** @param text null: there is none; @param free it goes on to the end of all text */
  run(
    state: Expansion,
    text: string | null,
    free: boolean,
    frame: Frame,
  ): { readonly out: string; readonly taken: number };
}

interface WordsBuiltin {
  readonly kind: 'words';
  /** It must have some; else it must have none. */
  readonly arguments: boolean;
  run(state: Expansion, words: readonly string[], frame: Frame): string;
}

/** The macro of rpm 4.18 that has this name. */
export function builtin(name: string): Builtin | null {
  return BUILTINS.get(name) ?? null;
}

const withWord = (run: (word: string, state: Expansion, frame: Frame) => string): WordsBuiltin => ({
  kind: 'words',
  arguments: true,
  run: (state, words, frame) => {
    const word = words[0] ?? '';
    spend(state.budget, word.length);
    return run(word, state, frame);
  },
});
const alone = (run: (state: Expansion) => string): WordsBuiltin => ({
  kind: 'words',
  arguments: false,
  run,
});
const ofMachine = (what: string) =>
  withWord((_, { marks }) => unknownMark(marks, `%{${what}:...} asks the machine that builds`));

function definer(global: boolean): RawBuiltin {
  return {
    kind: 'raw',
    run(state, text, free, frame) {
      if (text === null) refuse(`%${global ? 'global' : 'define'}: argument expected`);
      return { out: '', taken: defineMacro(state, text, free, global, frame) };
    },
  };
}

/** `%dnl`: the rest of the line is a comment. */
const comment: RawBuiltin = {
  kind: 'raw',
  run({ budget }, text) {
    if (text === null) refuse('%dnl: argument expected');
    let end = 0;
    while (end < text.length && !isLineEnd(text[end])) end++;
    spend(budget, end);
    return { out: '', taken: end < text.length ? end + 1 : end };
  },
};

const lua: RawBuiltin = {
  kind: 'raw',
  run(state, text) {
    if (text === null) refuse('%lua: argument expected');
    const why = 'Lua is not run';
    doubtDefinitions(state, text, why);
    return { out: unknownMark(state.marks, why), taken: 0 };
  },
};

/** rpm is taken to be not verbose. */
const verbose: RawBuiltin = {
  kind: 'raw',
  run: (_state, text, free) => ({ out: free || text === null ? '0' : '', taken: 0 }),
};

const numbered = (prefix: string): WordsBuiltin =>
  withWord((word, state, frame) => expand(state, `%${prefix}${word}`, frame));

const afterLast = (text: string, char: string): string => text.slice(text.lastIndexOf(char) + 1);

const URL_HEAD = /^(?:(?:https?|ftp|hkp|file):\/\/[^/]*|-$)/;

const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['P', numbered('PATCH')],
  ['S', numbered('SOURCE')],
  ['basename', withWord((word) => afterLast(word, '/'))],
  ['define', definer(false)],
  [
    'dirname',
    withWord((word) => (word.includes('/') ? word.slice(0, word.lastIndexOf('/')) : word)),
  ],
  ['dnl', comment],
  ['dump', alone(() => '')],
  ['echo', withWord(() => '')],
  ['error', withWord((word) => refuse(word))],
  ['exists', ofMachine('exists')],
  [
    'expand',
    withWord((word, state, frame) =>
      word === '' ? '' : expand(state, withoutUndefinedMarks(state.marks, word), frame),
    ),
  ],
  ['expr', withWord((word, state, frame) => expressionText(state, word, false, frame))],
  ['getconfdir', alone(() => '/usr/lib/rpm')],
  ['getenv', ofMachine('getenv')],
  [
    'getncpus',
    alone(({ marks }) => unknownMark(marks, '%{getncpus} asks the machine that builds')),
  ],
  ['global', definer(true)],
  [
    'load',
    withWord((_, { marks }) => unknownMark(marks, '%{load:...} reads a file that is not here')),
  ],
  ['lua', lua],
  [
    'macrobody',
    withWord((word, state) => {
      if (word === '') return '';
      if (builtin(word) !== null) return '<builtin>';
      const found = definition(state.macros, word);
      if (found === null) return refuse(`no such macro: '${word}'`);
      return found.unknown === null ? found.body : unknownMark(state.marks, found.unknown);
    }),
  ],
  ['quote', { kind: 'words', arguments: true, run: (_, words) => quoteWords(words) }],
  ['shescape', withWord((word) => `'${word.replaceAll("'", "'\\''")}'`)],
  ['shrink', withWord((word) => word.replace(/[ \t\r\n\f\v]+/g, ' ').replace(/^ | $/g, ''))],
  ['suffix', withWord((word) => (word.includes('.') ? afterLast(word, '.') : ''))],
  ['trace', alone(() => '')],
  ['u2p', withWord((word) => word.replace(URL_HEAD, '') || '/')],
  [
    'uncompress',
    withWord((word, state, frame) =>
      word === '' ? '' : `${expand(state, '%__rpmuncompress ', frame)}${word}`,
    ),
  ],
  ['undefine', withWord((word, state) => (undefineMacro(state, word), ''))],
  ['url2path', withWord((word) => word.replace(URL_HEAD, '') || '/')],
  ['verbose', verbose],
  ['warn', withWord(() => '')],
]);
