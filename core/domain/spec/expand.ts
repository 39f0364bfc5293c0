import { ARGUMENT_WORK, CALL_WORK, MAX_DEPTH, refuse, spend } from './budget.ts';
import { type Builtin, builtin } from './builtins.ts';
import { doubtDefinitions } from './define-macro.ts';
import type { Expansion, Frame } from './expansion.ts';
import { expressionText } from './expression-text.ts';
import { harmlessOutput } from './harmless-shell.ts';
import { parseOptions, splitWords } from './macro-arguments.ts';
import { type Definition, define, definition, leaveScope } from './macro-store.ts';
import { undefinedMark, unknownMark } from './marks.ts';
import { isBlank, isDigit, macroEnd } from './scan.ts';
import { SPEC_WORDS } from './spec-words.ts';

/**
 * Expands every macro of a text as rpm does. What can not be known without running something, or
 * without the machine that builds, becomes a mark.
 */
export function expand(state: Expansion, text: string, frame: Frame): string {
  const inner = { depth: frame.depth + 1, level: frame.level };
  if (inner.depth > MAX_DEPTH)
    refuse('Too many levels of recursion in macro expansion: does a macro call itself?');
  let out = '';
  let at = 0;
  for (;;) {
    const next = text.indexOf('%', at);
    const end = next === -1 ? text.length : next;
    spend(state.budget, end - at + CALL_WORK);
    out += text.slice(at, end);
    if (next === -1) return out;
    at = end + 1;
    if (at >= text.length) return `${out}%`;
    if (text[at] === '%') {
      out += '%';
      at++;
      continue;
    }
    const call = expandCall(state, text, at, inner);
    out += call.out;
    at = call.next;
  }
}

interface Call {
  readonly out: string;
  /** Where in the text to go on. */
  readonly next: number;
}

/** A macro's name and what is around it: `%{?name:text}`, `%name arguments`. */
interface Header {
  readonly name: string;
  readonly negated: boolean;
  readonly conditional: boolean;
  readonly nameEnd: number;
  /** Text behind the colon. */
  readonly colon: { readonly from: number; readonly to: number } | null;
  /** Where the arguments of `%{name arguments}` end; null: not written like that. */
  readonly argumentsEnd: number | null;
  readonly braced: boolean;
  /** Where to go on after `%` if it is no macro. */
  readonly afterFlags: number;
}

/** One macro call; `at` is behind its `%`. */
function expandCall(state: Expansion, text: string, at: number, frame: Frame): Call {
  const end = macroEnd(text, at, state.budget);
  if (end === null) return refuse(`Unterminated ${text[at]}: ${text.slice(at, at + 60)}`);
  if (text[at] === '(') {
    const command = expand(state, text.slice(at + 1, end - 1), frame);
    return { out: harmlessOutput(state, command), next: end };
  }
  if (text[at] === '[')
    return { out: expressionText(state, text.slice(at + 1, end - 1), true, frame), next: end };
  const header = readHeader(text, at, end);
  const { name, colon, conditional, negated } = header;
  if (name === '') return { out: '%', next: header.afterFlags };
  const found = visible(state, name, frame);
  if (name.startsWith('-') || conditional) {
    if (found !== null && found.unknown !== null) {
      if (colon !== null) doubtDefinitions(state, text.slice(colon.from, colon.to), found.unknown);
      return { out: unknownMark(state.marks, found.unknown), next: end };
    }
    const there = found !== null || builtin(name) !== null;
    if (there === negated) return { out: '', next: end };
    if (colon !== null && colon.from < colon.to)
      return { out: expand(state, text.slice(colon.from, colon.to), frame), next: end };
    return { out: there ? run(state, name, null, frame) : '', next: end };
  }
  const builtIn = found === null ? builtin(name) : null;
  if (builtIn !== null) return callBuiltin(state, builtIn, text, header, end, frame);
  if (found === null) return { out: undefinedCall(state, name), next: header.afterFlags };
  if (found.unknown !== null) return unknownCall(state, text, header, end, found.unknown);
  if (found.options === null) return { out: run(state, name, null, frame), next: end };
  const { words, next } = readArguments(state, text, header, end, frame);
  return { out: run(state, name, words, frame), next };
}

function readHeader(text: string, at: number, end: number): Header {
  const braced = text[at] === '{';
  let start = braced ? at + 1 : at;
  let negated = false;
  let conditional = false;
  for (; text[start] === '?' || text[start] === '!'; start++)
    if (text[start] === '!') negated = !negated;
    else conditional = true;
  let nameEnd = end;
  if (braced) for (nameEnd = start; !' :}'.includes(text[nameEnd] ?? '}'); nameEnd++);
  return {
    name: text.slice(start, nameEnd),
    negated,
    conditional,
    nameEnd,
    colon: braced && text[nameEnd] === ':' ? { from: nameEnd + 1, to: end - 1 } : null,
    argumentsEnd: braced && text[nameEnd] === ' ' ? end - 1 : null,
    braced,
    afterFlags: braced ? at : start,
  };
}

/** The definition that counts here: an outer macro's arguments are not seen by inner macros. */
function visible(state: Expansion, name: string, { level }: Frame): Definition | null {
  const found = definition(state.macros, name);
  return found?.argument === true && level > found.level ? null : found;
}

/** As rpm has it: the `%` stays, and what follows is looked at again. */
function undefinedCall(state: Expansion, name: string): string {
  // No machine defines %1 or %*, or %s of a format.
  const nowhere = name.length === 1 || isDigit(name[0]) || /^[*#]/.test(name);
  if (nowhere || SPEC_WORDS.has(name.toLowerCase())) return '%';
  return `${undefinedMark(state.marks, `%${name} is not defined`)}%`;
}

/** Whatever it would have been given belongs to it; the macro may be parametric or not. */
function unknownCall(
  state: Expansion,
  text: string,
  { braced, nameEnd }: Header,
  end: number,
  why: string,
): Call {
  const lineEnd = text.indexOf('\n', end);
  const takesLine = !braced && isBlank(text[nameEnd]);
  const next = takesLine ? (lineEnd === -1 ? text.length : lineEnd) : end;
  return { out: unknownMark(state.marks, why), next };
}

/** Reads and expands the arguments of a parametric macro, or of a builtin. */
function readArguments(
  state: Expansion,
  text: string,
  { colon, argumentsEnd, nameEnd, braced }: Header,
  end: number,
  frame: Frame,
): { words: string[]; next: number } {
  const expanded = (from: number, to: number) => expand(state, text.slice(from, to), frame);
  if (colon !== null) return { words: [expanded(colon.from, colon.to)], next: end };
  if (argumentsEnd !== null)
    return { words: splitWords(expanded(nameEnd, argumentsEnd)), next: end };
  if (braced || !isBlank(text[nameEnd])) return { words: [], next: end };
  const line = text.indexOf('\n', nameEnd);
  const to = line === -1 ? text.length : line;
  const words = splitWords(expanded(nameEnd, to));
  // A backslash before the line's end takes the line's end away.
  return { words, next: line !== -1 && text[line - 1] === '\\' ? to + 1 : to };
}

function callBuiltin(
  state: Expansion,
  called: Builtin,
  text: string,
  header: Header,
  end: number,
  frame: Frame,
): Call {
  const { colon, argumentsEnd, nameEnd, braced, name } = header;
  if (called.kind === 'raw') {
    const rest = (from: number, to?: number) => text.slice(from, to);
    if (!braced) {
      const { out, taken } = called.run(state, rest(end), true, frame);
      return { out, next: end + taken };
    }
    const raw =
      colon !== null
        ? rest(colon.from, colon.to)
        : argumentsEnd !== null
          ? rest(nameEnd, argumentsEnd)
          : null;
    return { out: called.run(state, raw, false, frame).out, next: end };
  }
  const takesLine = braced || called.arguments;
  const { words, next } = takesLine
    ? readArguments(state, text, header, end, frame)
    : { words: [], next: end };
  return { out: runBuiltin(state, called, name, words, frame), next };
}

function runBuiltin(
  state: Expansion,
  called: Builtin & { kind: 'words' },
  name: string,
  words: readonly string[],
  frame: Frame,
): string {
  if (called.arguments && words.length === 0) refuse(`%${name}: argument expected`);
  if (!called.arguments && words.length > 0) refuse(`%${name}: unexpected argument`);
  return called.run(state, words, frame);
}

/** @param words null: called without a place for arguments, as in `%{?name}` */
function run(
  state: Expansion,
  name: string,
  words: readonly string[] | null,
  frame: Frame,
): string {
  const found = visible(state, name, frame);
  if (found === null) {
    const called = builtin(name);
    if (called === null) return '';
    if (called.kind === 'words') return runBuiltin(state, called, name, words ?? [], frame);
    return called.run(state, null, false, frame).out;
  }
  if (found.argument) {
    spend(state.budget, found.body.length);
    return found.body;
  }
  if (found.body === '') return '';
  if (words === null || found.options === null) return expand(state, found.body, frame);
  const level = frame.level + 1;
  bindArguments(state, name, found.options, words, level);
  const out = expand(state, found.body, { depth: frame.depth, level });
  spend(state.budget, state.macros.scoped.size);
  leaveScope(state.macros, level);
  return out;
}

/** `%0`, `%1`, `%*`, `%**`, `%#`, `%{-x}`, `%{-x*}` */
function bindArguments(
  state: Expansion,
  name: string,
  letters: string,
  words: readonly string[],
  level: number,
): void {
  const bind = (key: string, body: string) =>
    define(state.macros, key, { body, level, argument: true });
  const given = words.reduce((sum, word) => sum + word.length, 0);
  spend(state.budget, words.length * ARGUMENT_WORK + given * (ARGUMENT_WORK + letters.length));
  bind('0', name);
  bind('**', words.join(' '));
  const { options, operands } = parseOptions(name, letters, words);
  for (const { letter, argument } of options) {
    bind(`-${letter}`, argument === null ? `-${letter}` : `-${letter} ${argument}`);
    if (argument !== null) bind(`-${letter}*`, argument);
  }
  bind('#', String(operands.length));
  for (const [index, word] of operands.entries()) bind(String(index + 1), word);
  bind('*', operands.join(' '));
}
