import * as fc from 'fast-check';

/** What nobody may smuggle into a name: paths, control characters, encodings, look-alikes. */
export const HOSTILE_PARTS = [
  '/',
  '\\',
  '..',
  '../',
  '/../',
  '../../etc/passwd',
  '%2e%2e%2f',
  '%2e',
  '%00',
  '\0',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\u001b[31m',
  '\u007f',
  '\u009b',
  // Cyrillic a, full-width full stop and solidus, fraction slash, Kelvin sign, dotless i, long s.
  '\u0430',
  '\uff0e',
  '\uff0f',
  '\u2044',
  '\u212a',
  '\u0131',
  '\u017f',
  // Zero width, right-to-left override, no-break space, line separator, byte order mark.
  '\u200b',
  '\u202e',
  '\u00a0',
  '\u2028',
  '\ufeff',
  // A lone surrogate, a character of two, a combining accent.
  '\ud800',
  '\u{1f40d}',
  '\u0301',
  '*',
  '?',
  '"',
  "'",
  '`',
  '$(id)',
  ';',
  '|',
  '&',
  '<',
  '>',
  '#',
  '{}',
  '[x]',
  '@{',
] as const;

/** Parts no name of any kind holds: neither ASCII letter, digit, nor one of the few signs. */
export const HOSTILE_EVERYWHERE = HOSTILE_PARTS.filter(
  (part) => part !== '..' && !/^[%\w.]+$/.test(part),
);

/** `valid` with a hostile part put in somewhere, also at either end. */
export function withHostilePart(
  valid: fc.Arbitrary<string>,
  parts: readonly string[] = HOSTILE_EVERYWHERE,
): fc.Arbitrary<string> {
  return fc
    .tuple(valid, fc.constantFrom(...parts), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([text, part, where]) => {
      const at = Math.round(where * text.length);
      return text.slice(0, at) + part + text.slice(at);
    });
}

/** Any text at all, near misses of `valid` more often than chance would bring them. */
export function anyText(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'aZ09._+-~^@/% \n\0'.split('')) }),
    fc.constantFrom(...HOSTILE_PARTS, '', '.', '-'),
    valid,
    withHostilePart(valid, HOSTILE_PARTS),
    fc.tuple(valid, valid).map(([a, b]) => a + b),
    valid.map((text) => text.toUpperCase()),
    valid.map((text) => text.repeat(40)),
  );
}
