import { refuse } from './budget.ts';
import { builtin } from './builtins.ts';
import { expand } from './expand.ts';
import type { Expansion, Frame } from './expansion.ts';
import { define, definition, makeUnknown, undefine } from './macro-store.ts';
import { withoutUndefinedMarks } from './marks.ts';
import { afterClosing, isAlpha, isBlank, isLineEnd, isNameChar } from './scan.ts';

interface ParsedDefinition {
  readonly name: string;
  readonly options: string | null;
  readonly body: string;
  /** How much of the text belongs to it. */
  readonly taken: number;
}

/**
 * `%define` and `%global`: name, options and body of the text behind them.
 * @param free the body ends with the line; else it is all of the text
 * @returns how much of the text belongs to the definition
 */
export function defineMacro(
  state: Expansion,
  text: string,
  free: boolean,
  global: boolean,
  frame: Frame,
): number {
  const { name, options, body, taken } = parseDefinition(state, text, free);
  const verb = global ? '%global' : '%define';
  checkName(state, name, verb);
  if (body === '') refuse(`Macro %${name} has empty body`);
  if (global) {
    const expanded = withoutUndefinedMarks(state.marks, expand(state, body, frame));
    define(state.macros, name, { body: expanded, options });
  } else define(state.macros, name, { body, options, level: frame.level });
  return taken;
}

export function undefineMacro(state: Expansion, name: string): void {
  checkName(state, name, '%undefine');
  undefine(state.macros, name);
}

/** What the text would define or undefine, if it counted, is unknown from here on. */
export function doubtDefinitions(state: Expansion, text: string, why: string): void {
  for (const [, name = ''] of text.matchAll(DEFINES)) makeUnknown(state.macros, name, why);
}

const DEFINES =
  /(?:%\{?(?:global|define|undefine)[:\s]{1,99}|rpm\.(?:define|undefine)\(\s{0,99}["'])([A-Za-z_]\w{0,999})/g;

function checkName({ macros }: Expansion, name: string, verb: string): void {
  if (!isAlpha(name[0]) && !(name[0] === '_' && name.length > 1))
    refuse(`Macro %${name} has illegal name (${verb})`);
  if (builtin(name) !== null || definition(macros, name)?.argument === true)
    refuse(`Macro %${name} is a built-in (${verb})`);
}

function parseDefinition({ budget }: Expansion, text: string, free: boolean): ParsedDefinition {
  let at = skipBlank(text, 0);
  const nameFrom = at;
  while (isNameChar(text[at])) at++;
  const name = text.slice(nameFrom, at);
  let options: string | null = null;
  if (text[at] === '(') {
    const close = text.indexOf(')', at);
    if (close === -1) refuse(`Macro %${name} has unterminated opts`);
    options = text.slice(at + 1, close);
    at = close + 1;
  }
  at = skipBlank(text, at);
  if (!free) return { name, options, body: text.slice(at), taken: text.length };
  let body: string;
  if (text[at] === '{') {
    const end = afterClosing(text, at, budget);
    if (end === null) return refuse(`Macro %${name} has unterminated body`);
    body = text.slice(at + 1, end - 1);
    at = end;
  } else {
    const line = freeBody(text, at);
    if (line === null) return refuse(`Macro %${name} has unterminated body`);
    body = line.body;
    at = line.end;
  }
  while (isLineEnd(text[at])) at++;
  return { name, options, body, taken: at };
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at++;
  return at;
}

const OPENS: readonly string[] = ['{', '(', '['];
const CLOSES: readonly string[] = ['}', ')', ']'];

/**
 * A body to the end of its line. A backslash is dropped and keeps the next character, an end of
 * line too; so does an open `%{` or `%(`. Null: something is open at the end.
 */
function freeBody(text: string, from: number): { body: string; end: number } | null {
  const open = [0, 0, 0];
  let body = '';
  let at = from;
  for (; at < text.length; at++) {
    if (isLineEnd(text[at]) && open[0] === 0 && open[1] === 0) break;
    let char = text[at] ?? '';
    if (char === '\\' && at + 1 < text.length) char = text[++at] ?? '';
    else if (char === '%') {
      const kind = OPENS.findIndex((opening) => opening === text[at + 1]);
      if (kind !== -1) open[kind] = (open[kind] ?? 0) + 1;
      if (kind !== -1 || text[at + 1] === '%') {
        body += char;
        char = text[++at] ?? '';
      }
    } else countBracket(open, char);
    body += char;
  }
  if (open.some((count) => count > 0)) return null;
  return { body: body.replace(/[ \t\r\n]+$/, ''), end: at };
}

/** Brackets count within a macro only. */
export function countBracket(open: number[], char: string): void {
  const opening = OPENS.indexOf(char);
  const kind = opening === -1 ? CLOSES.indexOf(char) : opening;
  const count = open[kind] ?? 0;
  if (count > 0) open[kind] = count + (opening === -1 ? -1 : 1);
}
