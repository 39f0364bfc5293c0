import { refuse } from './budget.ts';
import { compareEvr, type Evr } from './version-compare.ts';

/** What an expression of `%if` or `%[...]` computes with. */
export type Value =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'version'; readonly value: Evr }
  /** Nobody knows; `truth` may be known all the same: `unknown || 1`. */
  | { readonly kind: 'unknown'; readonly why: string; readonly truth: boolean | null };

export const integer = (value: number): Value => ({ kind: 'integer', value: value | 0 });
export const string = (value: string): Value => ({ kind: 'string', value });
export const unknown = (why: string, truth: boolean | null = null): Value => ({
  kind: 'unknown',
  why,
  truth,
});

/** Null: not known. A version is never true. */
export function truthOf(value: Value): boolean | null {
  if (value.kind === 'unknown') return value.truth;
  if (value.kind === 'integer') return value.value !== 0;
  return value.kind === 'string' && value.value !== '';
}

export function textOf(value: Exclude<Value, { kind: 'unknown' }>): string {
  if (value.kind !== 'version') return String(value.value);
  const { epoch, version, release } = value.value;
  return `${epoch === null ? '' : `${epoch}:`}${version}${release === null ? '' : `-${release}`}`;
}

export type Arithmetic = '+' | '-' | '*' | '/';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Numbers are 32 bits wide. @param discarded the result is not used, so 0 may divide */
export function compute(op: Arithmetic, one: Value, other: Value, discarded: boolean): Value {
  if (one.kind === 'unknown') return unknown(one.why);
  if (other.kind === 'unknown') return unknown(other.why);
  if (one.kind === 'integer' && other.kind === 'integer') {
    if (op === '+') return integer(one.value + other.value);
    if (op === '-') return integer(one.value - other.value);
    if (discarded) return one;
    if (op === '*') return integer(Math.imul(one.value, other.value));
    if (other.value === 0) refuse('division by zero');
    return integer(Math.trunc(one.value / other.value));
  }
  if (one.kind !== other.kind) refuse('types must match');
  if (one.kind === 'string' && op === '+') return string(`${one.value}${other.value as string}`);
  return refuse(`${op} not supported for ${one.kind}s`);
}

export function compare(op: Comparison, one: Value, other: Value): Value {
  if (one.kind === 'unknown') return unknown(one.why);
  if (other.kind === 'unknown') return unknown(other.why);
  const order = orderOf(one, other);
  const holds = {
    '==': order === 0,
    '!=': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  };
  return integer(Number(holds[op]));
}

function orderOf(one: Value, other: Value): number {
  if (one.kind === 'integer' && other.kind === 'integer') return (one.value - other.value) | 0;
  if (one.kind === 'version' && other.kind === 'version') return compareEvr(one.value, other.value);
  if (one.kind === 'string' && other.kind === 'string')
    return one.value === other.value ? 0 : one.value < other.value ? -1 : 1;
  return refuse('types must match');
}
