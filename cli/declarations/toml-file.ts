import { parse, TomlError } from 'smol-toml';
import type { FieldPath, SourceFile, SyntaxProblem } from './source-file.ts';

/** A TOML file, or what is wrong with it: the first thing, the parser goes no further. */
export function readToml(text: string): SourceFile | readonly SyntaxProblem[] {
  try {
    const value: unknown = parse(text);
    const lines = text.split('\n');
    return { value, lineOf: (path) => lineOf(lines, path) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Its first line is the fact, the rest a drawing of the place.
    const [message = 'The file can not be read.'] = error.message.split('\n');
    return [{ line: error.line, message }];
  }
}

/**
 * The parser keeps no places: the line is found by the n-th `[[collections]]` header, and by the
 * key below it.
 */
function lineOf(lines: readonly string[], [table, index, ...keys]: FieldPath): number {
  const isHeader = (line: string): boolean => /^\s*\[\[\s*(["']?)collections\1\s*\]\]/.test(line);
  const headers = lines.flatMap((line, place) => (isHeader(line) ? [place] : []));
  const [start, end] =
    table === 'collections' && typeof index === 'number' && headers.length > 0
      ? [headers[index] ?? 0, headers[index + 1] ?? lines.length]
      : [0, headers[0] ?? lines.length];
  const named = (table === 'collections' ? keys : [table]).filter((key) => typeof key === 'string');
  let found = start;
  for (const key of named) {
    const word = new RegExp(`(?<![\\w-])(["']?)${key.replace(/\W/g, '\\$&')}\\1\\s*(?=[=.\\]])`);
    const line = lines.findIndex((one, place) => place >= found && place < end && word.test(one));
    if (line === -1) break;
    found = line;
  }
  return found + 1;
}
