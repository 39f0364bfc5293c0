/**
 * Text of a spec carries what could not be known as marks: one lone surrogate each, which no
 * well-formed text holds. Whatever is made of the text takes the marks along.
 */
export interface Marks {
  readonly reasons: Reason[];
}

interface Reason {
  readonly why: string;
  /** The text stands as rpm leaves it: an undefined macro stays as written. */
  readonly literal: boolean;
}

const FIRST = 0xdc00;
/** Reasons that are told apart; the marks of all further ones are the last one's. */
const MAX_REASONS = 1000;
const ANY_MARK = /[\uDC00-\uDFFF]/g;

export function newMarks(): Marks {
  return { reasons: [] };
}

/** A mark that stands for text which is not known. */
export function unknownMark(marks: Marks, why: string): string {
  return addMark(marks, { why, literal: false });
}

/** A mark before text that rpm would leave like that, if the macro is undefined there too. */
export function undefinedMark(marks: Marks, why: string): string {
  return addMark(marks, { why, literal: true });
}

function addMark({ reasons }: Marks, reason: Reason): string {
  const last = reasons.at(-1);
  const known = last?.why === reason.why && last.literal === reason.literal;
  if (!known && reasons.length < MAX_REASONS) reasons.push(reason);
  else if (!known && !reason.literal) reasons[MAX_REASONS - 1] = reason;
  return String.fromCharCode(FIRST + reasons.length - 1);
}

/** Input becomes well formed, so that it holds no mark of its own. */
export function withoutMarks(text: string): string {
  return text.toWellFormed();
}

export function isMarked(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isMarkAt(text, at)) return true;
  return false;
}

/** Is the unit at this place a mark, and not the second half of a character? */
export function isMarkAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= FIRST && code <= 0xdfff && !isHighSurrogate(text.charCodeAt(at - 1));
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < FIRST;
}

/** Why text is not known: of the first mark; null: it is known. */
export function whyUnknown(marks: Marks, text: string): string | null {
  return firstReason(marks, text, () => true)?.why ?? null;
}

/** As rpm has it if every undefined macro is undefined there too; null: something else is unknown. */
export function asRpmHasIt(marks: Marks, text: string): string | null {
  if (firstReason(marks, text, ({ literal }) => !literal) !== null) return null;
  return text.replace(ANY_MARK, (unit, at: number) => (isMarkAt(text, at) ? '' : unit));
}

/** For text that is expanded again: what is undefined now may be defined by then. */
export function withoutUndefinedMarks({ reasons }: Marks, text: string): string {
  return text.replace(ANY_MARK, (unit, at: number) =>
    isMarkAt(text, at) && reasons[unit.charCodeAt(0) - FIRST]?.literal === true ? '' : unit,
  );
}

/** Why `asRpmHasIt` has nothing. */
export function whyNotAsRpm(marks: Marks, text: string): string {
  return firstReason(marks, text, ({ literal }) => !literal)?.why ?? 'it is not known';
}

function firstReason(
  { reasons }: Marks,
  text: string,
  wanted: (reason: Reason) => boolean,
): Reason | null {
  for (let at = 0; at < text.length; at++) {
    if (!isMarkAt(text, at)) continue;
    const reason = reasons[text.charCodeAt(at) - FIRST];
    if (reason !== undefined && wanted(reason)) return reason;
  }
  return null;
}
