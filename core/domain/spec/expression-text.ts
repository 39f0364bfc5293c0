import { refuse, SpecRefused } from './budget.ts';
import { type Expansion, type Frame, TOP } from './expansion.ts';
import { nextToken, type Operator, type Reading } from './expression-tokens.ts';
import {
  type Arithmetic,
  type Comparison,
  compare,
  compute,
  integer,
  textOf,
  truthOf,
  unknown,
  type Value,
} from './expression-values.ts';
import { unknownMark, whyUnknown } from './marks.ts';

/** Deeper nests are of no use to anybody; a parenthesis counts twice. */
const MAX_NESTING = 400;

/** The text of `%[...]` (with macros) or `%{expr:...}` (expanded already). */
export function expressionText(
  state: Expansion,
  text: string,
  macros: boolean,
  { depth }: Frame,
): string {
  // As in rpm an expression sees the arguments of whatever macro it is in.
  const value = evaluate(state, text, macros, { depth, level: 0 });
  return value.kind === 'unknown' ? unknownMark(state.marks, value.why) : textOf(value);
}

/** Whether the condition of an `%if` holds; null and why: nobody knows. */
export function conditionHolds(
  state: Expansion,
  text: string,
): { readonly holds: boolean } | { readonly holds: null; readonly why: string } {
  const value = evaluate(state, text, false, TOP);
  const holds = truthOf(value);
  if (holds !== null) return { holds };
  return { holds, why: value.kind === 'unknown' ? value.why : 'it is not known' };
}

function evaluate(state: Expansion, text: string, macros: boolean, frame: Frame): Value {
  const { nesting } = state.budget;
  const reading: Reading = {
    state,
    text,
    macros,
    at: 0,
    token: { kind: 'end' },
    discard: false,
    doubt: null,
    frame,
  };
  try {
    nextToken(reading);
    const value = ternary(reading);
    if (reading.token.kind !== 'end') refuse('syntax error in expression');
    return value;
  } catch (error) {
    const why = reading.doubt ?? whyUnknown(state.marks, text);
    if (!(error instanceof SpecRefused) || why === null) throw error;
    return unknown(why);
  } finally {
    state.budget.nesting = nesting;
  }
}

function isOperator({ token }: Reading, ...operators: readonly Operator[]): boolean {
  return token.kind === 'operator' && operators.includes(token.operator);
}

/** The operator at hand if it is one of these; it is read over. */
function takeOperator<Wanted extends Operator>(
  reading: Reading,
  ...operators: readonly Wanted[]
): Wanted | null {
  const { token } = reading;
  const found =
    token.kind === 'operator' ? operators.find((wanted) => wanted === token.operator) : undefined;
  if (found === undefined) return null;
  nextToken(reading);
  return found;
}

/** `condition ? one : other`; the one that does not count is read, and not expanded. */
function ternary(reading: Reading): Value {
  return nested(reading, ternaryWithin);
}

function ternaryWithin(reading: Reading): Value {
  const condition = logical(reading);
  if (!isOperator(reading, '?')) return condition;
  const truth = truthOf(condition);
  const yes = discarding(reading, truth === false, () => {
    nextToken(reading);
    return ternary(reading);
  });
  if (!isOperator(reading, ':')) refuse('syntax error in expression');
  const no = discarding(reading, truth === true, () => {
    nextToken(reading);
    return ternary(reading);
  });
  if (truth === null)
    return unknown(condition.kind === 'unknown' ? condition.why : 'it is not known');
  if (yes.kind !== no.kind && yes.kind !== 'unknown' && no.kind !== 'unknown')
    refuse('types must match');
  return truth ? yes : no;
}

function discarding(reading: Reading, discard: boolean, read: () => Value): Value {
  const before = reading.discard;
  reading.discard ||= discard;
  const value = read();
  reading.discard = before;
  return value;
}

/** `&&` and `||` bind alike in rpm, and give back the operand that decided. */
function logical(reading: Reading): Value {
  let left = relational(reading);
  for (;;) {
    const and = isOperator(reading, '&&');
    if (!and && !isOperator(reading, '||')) return left;
    const truth = truthOf(left);
    const right = discarding(reading, truth === !and, () => {
      nextToken(reading);
      return relational(reading);
    });
    if (left.kind === 'unknown' && truth === null) {
      const known = truthOf(right);
      left = unknown(left.why, known === !and ? known : null);
      continue;
    }
    if (left.kind !== right.kind && left.kind !== 'unknown' && right.kind !== 'unknown')
      refuse('types must match');
    if (truth === and) left = right;
  }
}

function relational(reading: Reading): Value {
  let left = additive(reading);
  for (;;) {
    const operator = takeOperator<Comparison>(reading, '==', '!=', '<', '<=', '>', '>=');
    if (operator === null) return left;
    left = compare(operator, left, additive(reading));
  }
}

function additive(reading: Reading): Value {
  return leftToRight(reading, ['+', '-'], multiplicative);
}

function multiplicative(reading: Reading): Value {
  return leftToRight(reading, ['*', '/'], primary);
}

function leftToRight(
  reading: Reading,
  operators: readonly Arithmetic[],
  operand: (reading: Reading) => Value,
): Value {
  let left = operand(reading);
  for (;;) {
    const operator = takeOperator(reading, ...operators);
    if (operator === null) return left;
    left = compute(operator, left, operand(reading), reading.discard);
  }
}

function primary(reading: Reading): Value {
  return nested(reading, primaryWithin);
}

function nested(reading: Reading, read: (reading: Reading) => Value): Value {
  const { budget } = reading.state;
  if (++budget.nesting > MAX_NESTING) refuse('the expression is nested too deeply');
  const value = read(reading);
  budget.nesting--;
  return value;
}

function primaryWithin(reading: Reading): Value {
  const { token } = reading;
  if (token.kind === 'value') {
    nextToken(reading);
    return token.value;
  }
  if (token.kind === 'call') return call(reading, token.name);
  if (token.kind === 'end') return refuse('unexpected end of expression');
  if (takeOperator(reading, '(') !== null) {
    const value = ternary(reading);
    if (takeOperator(reading, ')') === null) refuse('unmatched (');
    return value;
  }
  if (takeOperator(reading, '-') !== null) {
    const value = primary(reading);
    if (value.kind === 'unknown') return unknown(value.why);
    return value.kind === 'integer' ? integer(-value.value) : refuse('- only on numbers');
  }
  if (takeOperator(reading, '!') !== null) {
    const value = primary(reading);
    const truth = truthOf(value);
    if (truth !== null) return integer(Number(!truth));
    return value.kind === 'unknown' ? unknown(value.why) : integer(1);
  }
  return refuse('syntax error in expression');
}

/** A call of a Lua function: its arguments are read, and it is not run. */
function call(reading: Reading, name: string): Value {
  nextToken(reading);
  nextToken(reading);
  if (!isOperator(reading, ')'))
    do ternary(reading);
    while (takeOperator(reading, ',') !== null);
  if (takeOperator(reading, ')') === null) refuse('syntax error in expression');
  return name.startsWith('lua:') ? unknown('Lua is not run') : refuse('unsupported function');
}
