import { refuse, spend, TOKEN_WORK } from './budget.ts';
import { expand } from './expand.ts';
import type { Expansion, Frame } from './expansion.ts';
import { integer, string, unknown, type Value } from './expression-values.ts';
import { isMarkAt, whyUnknown } from './marks.ts';
import { isAlpha, isDigit, isNameChar, macroEnd, skipSpace } from './scan.ts';
import { parseEvr } from './version-compare.ts';

export type Operator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '('
  | ')'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '!'
  | '&&'
  | '||'
  | '?'
  | ':'
  | ',';

export type Token =
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: 'value'; readonly value: Value }
  /** Its parenthesis comes next. */
  | { readonly kind: 'call'; readonly name: string }
  | { readonly kind: 'end' };

/** An expression on its way through the parser. */
export interface Reading {
  readonly state: Expansion;
  readonly text: string;
  /** `%[...]`: macros are expanded where they stand, as late as they are needed. */
  readonly macros: boolean;
  at: number;
  token: Token;
  /** What is read now does not count: `0 && this`. */
  discard: boolean;
  /** Something unknown was met: what looks wrong may be right. */
  doubt: string | null;
  /** Where its own macros are expanded. */
  readonly frame: Frame;
}

const OPERATORS = [
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '+',
  '-',
  '*',
  '/',
  '(',
  ')',
  '<',
  '>',
  '!',
  '?',
  ':',
  ',',
] as const satisfies readonly Operator[];

/** Reads the next token into `reading.token`. */
export function nextToken(reading: Reading): void {
  const { text, state } = reading;
  const at = skipSpace(text, reading.at);
  spend(state.budget, at - reading.at + TOKEN_WORK);
  reading.at = at;
  reading.token = tokenAt(reading);
}

function tokenAt(reading: Reading): Token {
  const { text, at } = reading;
  const char = text[at];
  if (char === undefined) return { kind: 'end' };
  const operator = OPERATORS.find((known) => text.startsWith(known, at));
  if (operator !== undefined) {
    reading.at += operator.length;
    return { kind: 'operator', operator };
  }
  if (isMarkAt(text, at)) return value(unknownWord(reading, at));
  if (isDigit(char) || (char === '%' && reading.macros)) return value(numberAt(reading));
  if (char === '"') return value(quotedAt(reading, at + 1, string));
  if (char === 'v' && text[at + 1] === '"') return value(quotedAt(reading, at + 2, version));
  const call = /^[A-Za-z][A-Za-z0-9_.:]*(?=\()/.exec(text.slice(at, at + 200));
  if (call !== null) {
    reading.at += call[0].length;
    return { kind: 'call', name: call[0] };
  }
  if (isAlpha(char)) refuse('bare words are no longer supported, please use "..."');
  return refuse(
    `${char === '=' || char === '&' || char === '|' ? 'syntax' : 'parse'} error in expression`,
  );
}

const value = (found: Value): Token => ({ kind: 'value', value: found });

function version(text: string): Value {
  return text === '' ? refuse('invalid version') : { kind: 'version', value: parseEvr(text) };
}

/** `%name` within `%[...]`: where the call ends. */
function macroAfter({ text, state }: Reading, percent: number): number {
  if (text[percent + 1] === '%') return percent + 2;
  return macroEnd(text, percent + 1, state.budget) ?? text.length;
}

function numberAt(reading: Reading): Value {
  const { text, macros, at } = reading;
  let end = at;
  for (;;) {
    if (isDigit(text[end])) end++;
    else if (macros && text[end] === '%') end = macroAfter(reading, end);
    else break;
  }
  if (isMarkAt(text, end)) return unknownWord(reading, at);
  reading.at = end;
  const digits = valueText(reading, at, end);
  const why = whyUnknown(reading.state.marks, digits);
  if (why !== null) return doubtful(reading, why);
  if (!/^-?\d*$/.test(digits)) {
    if (isAlpha(digits[0])) refuse('macro expansion returned a bare word, please use "..."');
    refuse('macro expansion did not return an integer');
  }
  return integer(toInt(digits));
}

/** As C's `atoi` on Linux: a long that is clamped, cut to 32 bits. */
function toInt(digits: string): number {
  if (digits.length < 10) return Number(digits === '' || digits === '-' ? 0 : digits);
  const limit = 2n ** 63n - 1n;
  const long = BigInt(digits.length > 25 ? digits.slice(0, 25) : digits);
  const clamped = long > limit ? limit : long < -limit - 1n ? -limit - 1n : long;
  return Number(BigInt.asIntN(32, clamped));
}

function quotedAt(reading: Reading, from: number, make: (text: string) => Value): Value {
  const { text, macros } = reading;
  let end = from;
  while (end < text.length && text[end] !== '"')
    end = macros && text[end] === '%' ? macroAfter(reading, end) : end + 1;
  if (text[end] !== '"') refuse('unterminated string in expression');
  reading.at = end + 1;
  const content = valueText(reading, from, end);
  const why = whyUnknown(reading.state.marks, content);
  if (why !== null) return doubtful(reading, why);
  return make(reading.discard && make === version ? '0' : content);
}

/** What counts of a token: nothing where it is discarded, else expanded where that is asked for. */
function valueText(
  { state, text, macros, discard, frame }: Reading,
  from: number,
  to: number,
): string {
  if (discard || from === to) return '';
  spend(state.budget, to - from);
  const content = text.slice(from, to);
  return macros ? expand(state, content, frame) : content;
}

/** Something unknown and what hangs on it without a space: `0<mark>`, `<mark>%{name}`. */
function unknownWord(reading: Reading, from: number): Value {
  const { text } = reading;
  let end = from;
  for (;;) {
    if (isMarkAt(text, end)) end = text[end + 1] === '%' ? macroAfter(reading, end + 1) : end + 1;
    else if (isNameChar(text[end]) || text[end] === '.') end++;
    else break;
  }
  reading.at = end;
  return doubtful(
    reading,
    whyUnknown(reading.state.marks, text.slice(from, end)) ?? 'it is not known',
  );
}

function doubtful(reading: Reading, why: string): Value {
  reading.doubt ??= why;
  return unknown(why);
}
