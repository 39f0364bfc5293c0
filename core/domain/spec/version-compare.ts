import { isAlpha, isDigit } from './scan.ts';

/** Epoch, version and release of `[epoch:]version[-release]`; null where it has none. */
export interface Evr {
  readonly epoch: string | null;
  readonly version: string;
  readonly release: string | null;
}

/** Splits as rpm does: an epoch is digits before a colon, a release is behind the last dash. */
export function parseEvr(text: string): Evr {
  const epoch = /^(\d*):/.exec(text);
  const rest = epoch === null ? text : text.slice(epoch[0].length);
  // The digits before the colon hold no dash.
  const dash = rest.lastIndexOf('-');
  return {
    epoch: epoch === null ? null : epoch[1] || '0',
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? null : rest.slice(dash + 1),
  };
}

/** Below, equal to or above 0, as rpm compares versions with epochs. */
export function compareEvr(one: Evr, other: Evr): number {
  return (
    compareVersions(one.epoch ?? '0', other.epoch ?? '0') ||
    compareVersions(one.version, other.version) ||
    compareReleases(one.release, other.release)
  );
}

function compareReleases(one: string | null, other: string | null): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return compareVersions(one, other);
}

/**
 * Compares part by part: digits as numbers, letters as text, digits are newer than letters, `~` is
 * older than the end and `^` newer than the end but older than anything else.
 */
export function compareVersions(one: string, other: string): number {
  if (one === other) return 0;
  let a = 0;
  let b = 0;
  while (a < one.length || b < other.length) {
    a = skipSeparators(one, a);
    b = skipSeparators(other, b);
    if (one[a] === '~' || other[b] === '~') {
      if (one[a] !== '~') return 1;
      if (other[b] !== '~') return -1;
      a++;
      b++;
      continue;
    }
    if (one[a] === '^' || other[b] === '^') {
      if (a >= one.length) return -1;
      if (b >= other.length) return 1;
      if (one[a] !== '^') return 1;
      if (other[b] !== '^') return -1;
      a++;
      b++;
      continue;
    }
    if (a >= one.length || b >= other.length) break;
    const numeric = isDigit(one[a]);
    const kind = numeric ? isDigit : isAlpha;
    const left = takeWhile(one, a, kind);
    const right = takeWhile(other, b, kind);
    if (right === '') return numeric ? 1 : -1;
    a += left.length;
    b += right.length;
    const order = numeric ? compareNumbers(left, right) : compareText(left, right);
    if (order !== 0) return order;
  }
  return Number(a < one.length) - Number(b < other.length);
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (
    at < text.length &&
    !isDigit(text[at]) &&
    !isAlpha(text[at]) &&
    !/[~^]/.test(text[at] ?? '')
  )
    at++;
  return at;
}

function takeWhile(
  text: string,
  from: number,
  wanted: (char: string | undefined) => boolean,
): string {
  let at = from;
  while (wanted(text[at])) at++;
  return text.slice(from, at);
}

function compareNumbers(one: string, other: string): number {
  const [left, right] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
  return left.length - right.length || compareText(left, right);
}

const compareText = (one: string, other: string): number =>
  one === other ? 0 : one < other ? -1 : 1;
