import { SHELL_WORK, spend } from './budget.ts';
import type { Expansion } from './expansion.ts';
import { unknownMark, whyUnknown } from './marks.ts';

/**
 * What a command of `%(...)` would print, where that hangs on nothing but the command: `echo`,
 * `printf`, variables set before, and a few filters behind. Anything else is not run, and unknown.
 */
export function harmlessOutput(
  { marks, budget }: Pick<Expansion, 'marks' | 'budget'>,
  command: string,
): string {
  const why = whyUnknown(marks, command);
  if (why !== null) return unknownMark(marks, why);
  const isShort = command.length <= MAX_COMMAND;
  if (isShort) spend(budget, command.length * SHELL_WORK);
  const output = isShort ? printed(command) : null;
  if (output !== null) return output.replace(/[\r\n]+$/, '');
  const line = command.trim().replace(/\s+/g, ' ');
  return unknownMark(marks, `%(${line.length > 40 ? `${line.slice(0, 40)}...` : line}) is not run`);
}

/** A command that only prints what it is given is short, and so is what it prints. */
const MAX_COMMAND = 1000;

/** Characters that a shell gives a meaning which is not understood here. */
const MEANING = /[`*?#&<>()[\]{}!]|^~|[=:]~/;

/** What it prints; null: it is not understood. */
function printed(command: string): string | null {
  const variables = new Map<string, string>();
  let output = '';
  for (const statement of splitOutside(command, /[;\n]/)) {
    if (statement.trim() === '') continue;
    const text = statementOutput(statement.trim(), variables);
    if (text === null) return null;
    output += text;
    if (output.length > MAX_COMMAND) return null;
  }
  return output;
}

function statementOutput(statement: string, variables: Map<string, string>): string | null {
  const assignment = /^([A-Za-z_]\w*)=(\S*)$/.exec(statement);
  if (assignment !== null) {
    const words = wordsOf(assignment[2] ?? '', variables);
    if (words === null || words.length > 1) return null;
    variables.set(assignment[1] ?? '', words[0] ?? '');
    return '';
  }
  const [first = '', ...filters] = splitOutside(statement, /\|/);
  const words = wordsOf(first, variables);
  let text = words === null ? null : printing(words);
  for (const filter of filters) {
    const call = wordsOf(filter, variables);
    text = text === null || call === null ? null : filtered(text, call);
    if (text !== null && text.length > MAX_COMMAND) return null;
  }
  return text;
}

/** Splits where the separator is not quoted. */
function splitOutside(text: string, separator: RegExp): string[] {
  const parts = [''];
  let quote = '';
  for (const char of text) {
    if (quote === '' && separator.test(char)) {
      parts.push('');
      continue;
    }
    if (quote === char) quote = '';
    else if (quote === '' && /['"]/.test(char)) quote = char;
    parts[parts.length - 1] += char;
  }
  return parts;
}

const PIECE =
  /'(?<single>[^']*)'|"(?<double>[^"\\`]*)"|\$\{(?<braced>[A-Za-z_]\w*)(?::(?<from>\d+)(?::(?<length>\d+))?)?\}|\$(?<plain>[A-Za-z_]\w*)|(?<space>\s+)|(?<text>[^\s'"$\\]+)/y;

/** Words of a command with quotes taken off and variables put in; null: not understood. */
function wordsOf(text: string, variables: ReadonlyMap<string, string>): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let length = 0;
  let at = 0;
  while (at < text.length) {
    PIECE.lastIndex = at;
    const groups = PIECE.exec(text)?.groups;
    if (groups === undefined) return null;
    at = PIECE.lastIndex;
    if (groups.space !== undefined) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const piece = pieceText(groups, variables);
    if (piece === null) return null;
    // A variable may hold another twice, and so on.
    length += piece.length;
    if (length > MAX_COMMAND) return null;
    word = (word ?? '') + piece;
  }
  if (word !== null) words.push(word);
  return words;
}

function pieceText(
  groups: Readonly<Record<string, string | undefined>>,
  variables: ReadonlyMap<string, string>,
): string | null {
  const { single, double, braced, plain, text } = groups;
  if (single !== undefined) return single;
  if (text !== undefined) return MEANING.test(text) ? null : text;
  if (double !== undefined) {
    if (!double.includes('$')) return double;
    const words = /\s/.test(double) ? null : wordsOf(double, variables);
    return words?.[0] ?? null;
  }
  const value = variables.get(braced ?? plain ?? '');
  // An empty or spaced value would make no word, or two.
  if (value === undefined || !/^\S+$/.test(value) || MEANING.test(value)) return null;
  if (groups.from === undefined) return value;
  const cut = value.slice(Number(groups.from));
  return groups.length === undefined ? cut : cut.slice(0, Number(groups.length));
}

function printing([name, ...words]: readonly string[]): string | null {
  const plain = !words.some((word) => word.includes('\\'));
  if (name === 'echo' && plain) {
    const bare = words[0] === '-n';
    if (!bare && words[0]?.startsWith('-')) return null;
    return `${(bare ? words.slice(1) : words).join(' ')}${bare ? '' : '\n'}`;
  }
  if (name === 'printf' && plain && words.length === 2 && words[0] === '%s') return words[1] ?? '';
  if (name === 'printf' && plain && words.length === 1 && !/^-|%/.test(words[0] ?? ''))
    return words[0] ?? '';
  return name === 'true' || name === ':' ? '' : null;
}

function filtered(text: string, [name, ...words]: readonly string[]): string | null {
  // A filter adds the last line's end that its input lacks, or not: only the plain case is known.
  if (!text.endsWith('\n') || /[^\x20-\x7e\n]/.test(text)) return null;
  if (name === 'tr') return translated(text, words);
  const perLine = (change: (line: string) => string | null): string | null => {
    const lines = text.slice(0, -1).split('\n').map(change);
    return lines.includes(null) ? null : `${lines.join('\n')}\n`;
  };
  if (name === 'cut') return perLine(cutter(words));
  if (name === 'sed') return perLine(substitution(words));
  return null;
}

/** `tr SET SET` and `tr -d SET` with sets that are written out. */
function translated(text: string, words: readonly string[]): string | null {
  const literal = (set: string | undefined) =>
    set !== undefined && set !== '' && /^[^\\[\]-]+$|^-$/.test(set);
  if (words.length !== 2) return null;
  if (words[0] === '-d') {
    const set = words[1] ?? '';
    return literal(set) ? [...text].filter((char) => !set.includes(char)).join('') : null;
  }
  const [from = '', to = ''] = words;
  if (!literal(from) || !literal(to) || new Set(from).size !== from.length) return null;
  return [...text]
    .map((char) => {
      const at = from.indexOf(char);
      return at === -1 ? char : (to[Math.min(at, to.length - 1)] ?? '');
    })
    .join('');
}

/** `cut -d C -f N`, `cut -dC -fN-M`, `cut -c N-M` */
function cutter(words: readonly string[]): (line: string) => string | null {
  const joined = words
    .join(' ')
    .replace(/^-d (.) /, '-d$1 ')
    .replace(/-([fc]) (?=\d)/, '-$1');
  const match =
    /^(?:-d(?<by>[^ ]) )?-(?<mode>[fc])(?<from>\d+)?(?<dash>-)?(?<to>\d+)?(?: -d(?<after>[^ ]))?$/.exec(
      joined,
    );
  const { by, mode, from, dash, to, after } = match?.groups ?? {};
  const delimiter = by ?? after;
  if (match === null || (mode === 'f') !== (delimiter !== undefined)) return () => null;
  if (from === undefined && (dash === undefined || to === undefined)) return () => null;
  const first = Number(from ?? 1);
  const last = dash === undefined ? first : Number(to ?? Number.MAX_SAFE_INTEGER);
  if (first < 1 || last < first || (dash === undefined && to !== undefined)) return () => null;
  return (line) => {
    if (mode === 'c') return line.slice(first - 1, last);
    if (!line.includes(delimiter ?? '')) return line;
    return line
      .split(delimiter ?? '')
      .slice(first - 1, last)
      .join(delimiter);
  };
}

/** `sed s/text/text/g` without any pattern in it; `\.` is a dot. */
function substitution(words: readonly string[]): (line: string) => string | null {
  const script = words.length === 2 && words[0] === '-e' ? words[1] : words[0];
  if (words.length > 2 || (words.length === 2 && words[0] !== '-e')) return () => null;
  const match = /^s([/|,:])((?:[\w ~+=-]|\\\.)+)\1([\w ~+=.-]*)\1(g?)$/.exec(script ?? '');
  if (match === null) return () => null;
  const [, , pattern = '', replacement = '', all] = match;
  const wanted = pattern.replaceAll('\\.', '.');
  return (line) =>
    all === 'g'
      ? line.replaceAll(wanted, () => replacement)
      : line.replace(wanted, () => replacement);
}
