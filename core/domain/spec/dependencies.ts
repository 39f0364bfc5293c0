import { refuse } from './budget.ts';
import { isMarked } from './marks.ts';
import { isAlpha, isDigit, isSpace } from './scan.ts';

const SENSES = new Map([
  ['<=', '<='],
  ['=<', '<='],
  ['<', '<'],
  ['==', '='],
  ['=', '='],
  ['>=', '>='],
  ['=>', '>='],
  ['>', '>'],
]);
const RICH = new Set(['and', 'or', 'if', 'unless', 'else', 'with', 'without']);
/** Deeper nests are of no use to anybody. */
const MAX_NESTING = 50;

/**
 * Splits a dependency tag into single dependencies, each as rpm writes it: `name >= 1:2.0`,
 * `(this or that)`.
 * @param rich parenthesised dependencies are allowed
 */
export function parseDependencies(field: string, rich: boolean): string[] {
  const found: string[] = [];
  for (let at = skipGap(field, 0); at < field.length; at = skipGap(field, at)) {
    if (field[at] === '(') {
      if (!rich) refuse('No rich dependencies allowed for this type');
      const nested = richDependency(field, at, 0);
      found.push(nested.text);
      at = nested.end;
      continue;
    }
    const one = simpleDependency(field, at, wordEnd);
    found.push(one.text);
    at = one.end;
  }
  return found;
}

interface Parsed {
  readonly text: string;
  readonly end: number;
}

const isGap = (char: string | undefined): boolean => char === ',' || isSpace(char);

function skipGap(text: string, from: number): number {
  let at = from;
  while (isGap(text[at])) at++;
  return at;
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isGap(text[at])) at++;
  return at;
}

/** Within a rich dependency a closing parenthesis ends the word, unless it was opened in it. */
function nestedWordEnd(text: string, from: number): number {
  let open = 0;
  let at = from;
  for (; at < text.length && !isGap(text[at]); at++) {
    if (text[at] === '(') open++;
    else if (text[at] === ')' && open-- <= 0) break;
  }
  return at;
}

function simpleDependency(
  text: string,
  from: number,
  endOf: (text: string, from: number) => number,
): Parsed {
  const nameEnd = endOf(text, from);
  const name = text.slice(from, nameEnd);
  if (name === '') refuse('Name required');
  const senseAt = skipGap(text, nameEnd);
  const senseEnd = endOf(text, senseAt);
  const sense = SENSES.get(text.slice(senseAt, senseEnd));
  if (sense === undefined) {
    checkName(name);
    return { text: name, end: nameEnd };
  }
  const versionAt = skipGap(text, senseEnd);
  const end = endOf(text, versionAt);
  const version = text.slice(versionAt, end);
  if (version === '') refuse('Version required');
  checkName(name);
  if (name.startsWith('/')) refuse('Versioned file name not permitted');
  checkVersion(version);
  return { text: `${name} ${sense} ${version}`, end };
}

function checkName(name: string): void {
  const [first] = name;
  const ascii = first !== undefined && first <= '\x7f';
  if (ascii && !isAlpha(first) && !isDigit(first) && first !== '_' && first !== '/')
    refuse("Dependency tokens must begin with alpha-numeric, '_' or '/'");
}

function checkVersion(version: string): void {
  if (isMarked(version)) return;
  const bad = /[^A-Za-z0-9._+%{}~^:-]/.exec(version);
  if (bad !== null) refuse(`Illegal char '${bad[0]}' in ${version}`);
  if (version.includes('..')) refuse('Illegal sequence ".."');
}

function richDependency(text: string, from: number, depth: number): Parsed {
  if (depth > MAX_NESTING) refuse('the dependency is nested too deeply');
  let out = '(';
  let chained = '';
  let at = from + 1;
  for (;;) {
    at = skipGap(text, at);
    if (text[at] === ')')
      refuse(chained === '' ? 'Empty rich dependency' : 'Missing argument to rich dependency op');
    const part =
      text[at] === '('
        ? richDependency(text, at, depth + 1)
        : simpleDependency(text, at, nestedWordEnd);
    out += part.text;
    at = skipGap(text, part.end);
    if (at >= text.length) refuse(`Unterminated rich dependency: ${text.slice(from)}`);
    if (text[at] === ')') return { text: `${out})`, end: at + 1 };
    let end = at;
    while (end < text.length && !isSpace(text[end]) && text[end] !== ')') end++;
    const word = text.slice(at, end);
    if (!RICH.has(word)) refuse(`Unknown rich dependency op '${word}'`);
    if (word === 'else' && (chained === 'if' || chained === 'unless')) chained = '';
    if (chained !== '' && word !== chained) refuse('Cannot chain different ops');
    if (chained !== '' && !['and', 'or', 'with'].includes(word))
      refuse('Can only chain and/or/with ops');
    out += ` ${word} `;
    chained = word;
    at = end;
  }
}
