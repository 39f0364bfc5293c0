import { type Brand, parseByRule } from './text.ts';

/** The name of a file in the look-aside cache; never a path. */
export type SourceFileName = Brand<'SourceFileName'>;

const GRAMMAR = /^[A-Za-z0-9_](?:[A-Za-z0-9._+~^@=,:%() -]{0,253}[A-Za-z0-9._+~^@=,:%()-])?$/;

/**
 * ASCII only, so that no two names look alike, and nothing a shell, `.gitignore` or the `sources`
 * file would read as something else.
 * @throws DistGitError `name_invalid`
 */
export function parseSourceFileName(text: string): SourceFileName {
  return parseByRule(
    'File name',
    text,
    GRAMMAR.test(text) && text !== 'sources',
    'A source file name starts with a letter, digit or "_", continues with letters, digits, inner ' +
      'spaces and "._+~^@=,:%()-", and has at most 255 characters; no directories.',
  );
}
