import { refuse } from './budget.ts';

/** rpm quotes an argument with ASCII's unit separator, see `%{quote:...}`. */
const QUOTE = '\x1f';

/** Splits at blanks; a quoted part is one word, and may be empty. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let started = false;
  let quoted = false;
  for (const char of text) {
    if (char === QUOTE) {
      quoted = !quoted;
      started = true;
    } else if (!quoted && (char === ' ' || char === '\t')) {
      if (started) words.push(word);
      word = '';
      started = false;
    } else {
      word += char;
      started = true;
    }
  }
  if (started) words.push(word);
  return words;
}

/** Words that `splitWords` gives back as they are. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) => `${QUOTE}${word}${QUOTE}`).join(' ');
}

export interface ParsedOptions {
  /** In the order given; `argument` is null for an option that takes none. */
  readonly options: readonly { readonly letter: string; readonly argument: string | null }[];
  readonly operands: readonly string[];
}

/**
 * Splits arguments as GNU getopt does: options may stand behind operands, `--` ends them.
 * @param letters getopt's: `ab:c::`; `-` alone: nothing is an option
 */
export function parseOptions(
  macro: string,
  letters: string,
  words: readonly string[],
): ParsedOptions {
  if (letters === '-') return { options: [], operands: words };
  const options: { letter: string; argument: string | null }[] = [];
  const operands: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest);
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      // A leading + ends the options with the first operand.
      if (letters.startsWith('+')) operands.push(...rest.splice(0));
      continue;
    }
    let flags = word.slice(1);
    while (flags !== '') {
      const letter = flags.slice(0, 1);
      flags = flags.slice(1);
      const at = /^[:;+-]$/.test(letter) ? -1 : letters.indexOf(letter);
      if (at === -1) refuse(`Unknown option ${letter} in ${macro}(${letters})`);
      if (letters[at + 1] !== ':') {
        options.push({ letter, argument: null });
        continue;
      }
      const optional = letters[at + 2] === ':';
      const argument = flags !== '' ? flags : optional ? null : rest.shift();
      if (argument === undefined) refuse(`Unknown option ${letter} in ${macro}(${letters})`);
      options.push({ letter, argument });
      flags = '';
    }
  }
  return { options, operands };
}
