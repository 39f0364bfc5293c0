import { refuse, spend } from './budget.ts';
import {
  applyDirective,
  type Condition,
  directiveAt,
  lineTextAt,
  outermost,
} from './conditions.ts';
import { countBracket, doubtDefinitions } from './define-macro.ts';
import { expand } from './expand.ts';
import { type Expansion, TOP } from './expansion.ts';
import { unknownMark } from './marks.ts';
import { isSpace, skipSpace } from './scan.ts';

/** What a section's lines lose before they are looked at. */
export interface Strip {
  readonly comments: boolean;
  readonly trailingSpace: boolean;
}

export const STRIP_BOTH: Strip = { comments: true, trailingSpace: true };
export const STRIP_COMMENTS: Strip = { comments: true, trailingSpace: false };
export const STRIP_NOTHING: Strip = { comments: false, trailingSpace: false };

/** A line after expansion; empty where it does not count. */
export interface SpecLine {
  readonly text: string;
  /** Where it stands in the file, from 1. */
  readonly line: number;
  /** As written; of a line that a macro made of several, or into several, all that belongs. */
  readonly raw: string;
  /** Not null: nobody knows whether it counts. Its text is not expanded then. */
  readonly doubt: string | null;
}

/** Lines of the file that belong together: a macro's brackets, or a backslash, join them. */
interface Chunk {
  readonly text: string;
  at: number;
  readonly line: number;
  readonly raw: readonly string[];
  /** As many lines as in the file. */
  readonly oneToOne: boolean;
  /** Lines given out so far. */
  given: number;
}

export interface LineReader {
  readonly state: Expansion;
  readonly lines: readonly string[];
  /** Lines of the file that were read. */
  read: number;
  chunk: Chunk | null;
  readonly conditions: Condition[];
  /** Everything read, as rpm's `--parse` prints it. */
  readonly expanded: string[];
}

export function newLineReader(state: Expansion, text: string): LineReader {
  const lines = text === '' ? [] : text.split(/(?<=\n)/);
  return { state, lines, read: 0, chunk: null, conditions: [outermost()], expanded: [] };
}

/** The next line; null: the spec ends. */
export function readLine(reader: LineReader, strip: Strip): SpecLine | null {
  const { state, conditions, expanded } = reader;
  const chunk = currentChunk(reader);
  if (chunk === null) {
    const open = conditions.length > 1 ? conditions.at(-1) : undefined;
    if (open !== undefined) refuse(`Unclosed %if of line ${open.line}`);
    return null;
  }
  const line = positionIn(chunk);
  const start = chunk.at;
  const found = directiveAt(chunk.text, lineTextAt(chunk.text, start));
  const text = takeLine(chunk, found !== null);
  spend(state.budget, text.length);
  if (found !== null) {
    applyDirective(state, conditions, found, text.slice(skipSpace(text)), line.line);
    const current = conditions.at(-1) ?? outermost();
    if (found.kind === 'include' && current.reading) return includeLine(reader, line);
    expanded.push(strip.trailingSpace ? '\n' : '');
    return { ...line, text: '', doubt: null };
  }
  const { reading, doubt } = conditions.at(-1) ?? outermost();
  const kept = reading ? stripped(text, strip) : '';
  const inDoubt = reading ? doubt : null;
  if (inDoubt === null) expanded.push(strip.trailingSpace ? `${kept}\n` : kept);
  else expanded.push(unknownMark(state.marks, inDoubt));
  return { ...line, text: kept, doubt: inDoubt };
}

/** No other file is read: one line that nobody knows. */
function includeLine({ state, expanded }: LineReader, at: { line: number; raw: string }): SpecLine {
  const text = unknownMark(state.marks, '%include reads another file');
  expanded.push(`${text}\n`);
  return { ...at, text, doubt: null };
}

function positionIn(chunk: Chunk): { line: number; raw: string } {
  const { line, raw, oneToOne, given } = chunk;
  chunk.given++;
  const lineEnd = /\r?\n$/;
  if (oneToOne) return { line: line + given, raw: (raw[given] ?? '').replace(lineEnd, '') };
  return { line, raw: raw.join('').replace(lineEnd, '') };
}

/** One line of the chunk with its end; a directive goes on behind a backslash. */
function takeLine(chunk: Chunk, directive: boolean): string {
  let end = chunk.text.indexOf('\n', chunk.at);
  if (directive)
    while (end > chunk.at && chunk.text[end - 1] === '\\') end = chunk.text.indexOf('\n', end + 1);
  const after = end === -1 ? chunk.text.length : end + 1;
  const text = chunk.text.slice(chunk.at, after);
  chunk.at = after;
  if (!directive) return text;
  return text.replaceAll('\\\n', '  ');
}

function stripped(text: string, { comments, trailingSpace }: Strip): string {
  if (comments) {
    const at = skipSpace(text);
    if (text[at] === '#') return text.slice(0, at);
  }
  if (!trailingSpace) return text;
  let end = text.length;
  while (isSpace(text[end - 1])) end--;
  return text.slice(0, end);
}

function currentChunk(reader: LineReader): Chunk | null {
  if (reader.chunk !== null && reader.chunk.at < reader.chunk.text.length) return reader.chunk;
  reader.chunk = nextChunk(reader);
  return reader.chunk;
}

/** Reads lines until no bracket of a macro is open, and expands them if they count. */
function nextChunk(reader: LineReader): Chunk | null {
  const { state, lines } = reader;
  const first = reader.read;
  if (first >= lines.length) return null;
  const open = [0, 0, 0];
  for (let more = true; more; ) {
    const line = lines[reader.read];
    if (line === undefined)
      return refuse(`unclosed macro or bad line continuation, from line ${first + 1}`);
    reader.read++;
    more = continues(line, open);
  }
  const raw = lines.slice(first, reader.read);
  const source = raw.join('');
  spend(state.budget, source.length);
  const text = expandedChunk(reader, source);
  const oneToOne = text.split('\n').length === source.split('\n').length;
  return { text, at: 0, line: first + 1, raw, oneToOne, given: 0 };
}

/** Does the line go on in the next one? @param open brackets of macros: `{`, `(`, `[` */
function continues(line: string, open: number[]): boolean {
  const plain = !/[\\%]/.test(line);
  if (plain && open.every((count) => count === 0)) return false;
  let joined = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (char === '\\') {
      at++;
      if (line[at] === '\n') joined = true;
    } else if (char === '%') {
      const kind = '{(['.indexOf(line[at + 1] ?? 'x');
      if (kind !== -1) open[kind] = (open[kind] ?? 0) + 1;
      if (kind !== -1 || line[at + 1] === '%') at++;
    } else countBracket(open, char);
  }
  return joined || open.some((count) => count > 0);
}

function expandedChunk({ state, conditions }: LineReader, source: string): string {
  const current = conditions.at(-1) ?? outermost();
  const found = directiveAt(source, skipSpace(source));
  if (found?.kind === 'elif' ? !current.readable : !current.reading) return source;
  if (current.doubt === null || found?.kind === 'elif') return expand(state, source, TOP);
  doubtDefinitions(state, source, current.doubt);
  return source;
}
