import { refuse } from './budget.ts';
import { expand } from './expand.ts';
import { type Expansion, TOP } from './expansion.ts';
import { conditionHolds } from './expression-text.ts';
import { whyUnknown } from './marks.ts';
import { isAlpha, isBlank, isSpace, skipWord } from './scan.ts';

/** A line that says which lines count. */
export interface Directive {
  readonly word: string;
  readonly kind: 'if' | 'elif' | 'else' | 'endif' | 'include';
  /** What is asked about; null where nothing is. */
  readonly asks: 'expression' | 'arch' | 'os' | null;
  readonly negated: boolean;
}

const directive = (
  word: string,
  kind: Directive['kind'],
  asks: Directive['asks'] = null,
  negated = false,
): Directive => ({ word, kind, asks, negated });

const DIRECTIVES: readonly Directive[] = [
  directive('%endif', 'endif'),
  directive('%else', 'else'),
  directive('%if', 'if', 'expression'),
  directive('%ifarch', 'if', 'arch'),
  directive('%ifnarch', 'if', 'arch', true),
  directive('%ifos', 'if', 'os'),
  directive('%ifnos', 'if', 'os', true),
  directive('%include', 'include'),
  directive('%elifarch', 'elif', 'arch'),
  directive('%elifos', 'elif', 'os'),
  directive('%elif', 'elif', 'expression'),
];

/** @param at where the line's white space ends */
export function directiveAt(text: string, at: number): Directive | null {
  if (text[at] !== '%') return null;
  const found = DIRECTIVES.find(({ word, kind }) => {
    if (!text.startsWith(word, at)) return false;
    const next = text[at + word.length];
    const bare = kind === 'else' || kind === 'endif';
    return bare ? !isAlpha(next) : next === undefined || next === '\n' || isBlank(next);
  });
  return found ?? null;
}

/** An `%if` that is open. */
export interface Condition {
  /** Lines count. */
  reading: boolean;
  /** A later `%elif` or `%else` may count. */
  readable: boolean;
  /** Why nobody knows whether the lines count. */
  doubt: string | null;
  elseSeen: boolean;
  readonly line: number;
}

export function outermost(): Condition {
  return { reading: true, readable: true, doubt: null, elseSeen: false, line: 0 };
}

/** Takes a directive into account. @param line the line as expanded, from the directive on */
export function applyDirective(
  state: Expansion,
  stack: Condition[],
  { kind, word, asks, negated }: Directive,
  line: string,
  lineNumber: number,
): void {
  const current = stack.at(-1) ?? outermost();
  if (kind !== 'if' && kind !== 'include') {
    if (stack.length === 1) refuse(`${word} with no %if`);
    if (current.elseSeen && kind !== 'endif') refuse(`${word} after %else`);
  }
  const parent = stack.at(-2) ?? outermost();
  if (kind === 'endif') {
    stack.pop();
  } else if (kind === 'else') {
    current.elseSeen = true;
    current.reading = parent.reading && (current.readable || current.doubt !== null);
  } else if (kind !== 'include') {
    const wanted = kind === 'if' ? current.reading : current.readable;
    const inDoubt = current.doubt !== null;
    const answer =
      inDoubt || (asks === 'expression' && !wanted)
        ? { holds: false }
        : answerTo(state, asks, line.slice(word.length), line);
    const why = answer.holds === null ? answer.why : null;
    const holds = answer.holds === null || answer.holds !== negated;
    if (kind === 'if') {
      const reading = current.reading && (holds || inDoubt);
      stack.push({
        reading,
        readable: !reading && current.reading,
        doubt: inDoubt ? current.doubt : current.reading ? why : null,
        elseSeen: false,
        line: lineNumber,
      });
    } else if (!inDoubt) {
      current.reading = current.readable && holds;
      if (current.reading) current.readable = false;
      if (current.reading) current.doubt = why;
    }
  }
}

type Answer = { readonly holds: boolean } | { readonly holds: null; readonly why: string };

function answerTo(
  state: Expansion,
  asks: Directive['asks'],
  question: string,
  line: string,
): Answer {
  if (asks === 'expression') return conditionHolds(state, question);
  const wanted = expand(state, asks === 'arch' ? '%{_target_cpu}' : '%{_target_os}', TOP);
  const after = skipWord(question);
  const words = question
    .slice(after)
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) refuse(`Argument expected for ${line.trim()}`);
  const why = whyUnknown(state.marks, wanted);
  if (why !== null) return { holds: null, why };
  if (words.some((word) => word.toLowerCase() === wanted.toLowerCase())) return { holds: true };
  const unknown = whyUnknown(state.marks, question);
  return unknown === null ? { holds: false } : { holds: null, why: unknown };
}

/** The place where a line's text begins, on this line. */
export function lineTextAt(text: string, at: number): number {
  let place = at;
  while (text[place] !== '\n' && isSpace(text[place])) place++;
  return place;
}
