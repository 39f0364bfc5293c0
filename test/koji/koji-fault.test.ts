import { describe, expect, it } from 'vitest';
import { faultError, faultWords, kojiFault } from '../../server/koji/koji-fault.ts';

const TRACE =
  'Traceback (most recent call last):\n  File "/usr/share/koji-hub/x.py", line 1, in f\n';
const LOCALS = "\nLocals by frame, innermost last\n\nFrame f\n  environ = {'SECRET': 'hunter2'}\n";

describe("Koji's words", () => {
  it.each([
    ['plain', 'tag is locked', 'tag is locked'],
    ['of a traceback', `${TRACE}koji.TagError: tag is locked\n`, 'tag is locked'],
    ['of a dump', `${TRACE}koji.GenericError: x\n${LOCALS}`, 'x'],
    [
      'the last of several',
      `${TRACE}koji.GenericError: first\n${TRACE}koji.TagError: last\n`,
      'last',
    ],
    [
      'of a dump with a class in it',
      `${TRACE}koji.TagError: x\n${LOCALS}koji.GenericError: hunter2`,
      'x',
    ],
    ['on one line', 'a\n\tb\u0007c\u202ed', 'a b c d'],
  ])('are shown: %s', (_name, text, words) => {
    expect(faultWords(text)).toBe(words);
  });

  it.each([
    ['another exception', `${TRACE}psycopg2.errors.X: connection to "db.example" failed\n`],
    ['a dump alone', LOCALS],
    ['nothing', ''],
  ])('are not: %s', (_name, text) => {
    expect(faultWords(text)).toBe('The hub failed and gave no reason that can be shown.');
  });

  it('are not for ever', () => {
    expect(faultWords('x'.repeat(100_000))).toHaveLength(501);
  });

  it("of Koji's database are not shown, but two at once are told", () => {
    const race = 'psycopg2.errors.UniqueViolation: duplicate key value violates "tag_name_key"';
    const raced = faultError(kojiFault({ code: 1, text: race }));
    expect([raced.code, raced.message]).toEqual([
      'conflict',
      'Koji: Another asked for the same at once, and was first.',
    ]);
    const dumped = kojiFault({ code: 1, text: `${TRACE}KeyError: 'a'${LOCALS} duplicate key` });
    expect(dumped.words).toBe('The call failed inside of the hub.');
    const other = faultError(kojiFault({ code: 1, text: 'KeyError: at db.example' }));
    expect([other.code, other.message]).toEqual([
      'internal',
      'Koji: The call failed inside of the hub.',
    ]);
  });
});
