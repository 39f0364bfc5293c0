import { type Budget, spend } from './budget.ts';

/** Letters and digits as rpm has them: ASCII, whatever the locale. */
export const isDigit = (char: string | undefined): boolean =>
  char !== undefined && char >= '0' && char <= '9';
export const isAlpha = (char: string | undefined): boolean =>
  char !== undefined && ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z'));
export const isNameChar = (char: string | undefined): boolean =>
  isAlpha(char) || isDigit(char) || char === '_';
export const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t';
export const isLineEnd = (char: string | undefined): boolean => char === '\n' || char === '\r';
export const isSpace = (char: string | undefined): boolean =>
  isBlank(char) || isLineEnd(char) || char === '\f' || char === '\v';

/** The first place from `at` on where there is no white space. */
export function skipSpace(text: string, at = 0): number {
  let place = at;
  while (isSpace(text[place])) place++;
  return place;
}

/** The first place from `at` on where there is white space, or the end. */
export function skipWord(text: string, at = 0): number {
  let place = at;
  while (place < text.length && !isSpace(text[place])) place++;
  return place;
}

const CLOSING = { '{': '}', '(': ')', '[': ']' } as const;
export type Opening = keyof typeof CLOSING;
export const isOpening = (char: string | undefined): char is Opening =>
  char === '{' || char === '(' || char === '[';

/**
 * The place after the bracket that closes the one at `at`; null: none does. As in rpm, brackets of
 * other kinds do not count, and a backslash hides the next character.
 */
export function afterClosing(text: string, at: number, budget: Budget): number | null {
  const open = text[at] as Opening;
  const close = CLOSING[open];
  let depth = 0;
  let place = at;
  for (; place < text.length; place++) {
    const char = text[place];
    if (char === '\\') place++;
    else if (char === open) depth++;
    else if (char === close && --depth === 0) break;
  }
  spend(budget, place - at);
  return place < text.length ? place + 1 : null;
}

/** The place after the macro call whose `%` is before `at`; null: its bracket is not closed. */
export function macroEnd(text: string, at: number, budget: Budget): number | null {
  if (isOpening(text[at])) return afterClosing(text, at, budget);
  let end = at;
  while (text[end] === '?' || text[end] === '!') end++;
  if (text[end] === '-') end++;
  while (isNameChar(text[end])) end++;
  spend(budget, end - at);
  if (text[end] === '*') return end + (text[end + 1] === '*' ? 2 : 1);
  return text[end] === '#' ? end + 1 : end;
}
