import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportError } from '../../cli/output/error-lines.ts';
import { fields, listCell, shortTime, table } from '../../cli/output/table.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { ERROR_TABLE, type ErrorCode } from '../../core/api/error-table.ts';

/** Words without blanks, so that columns can be told apart again. */
const word = fc.stringMatching(/^[!-~]{1,12}$/);
const rowsOf = (columns: number, cell: fc.Arbitrary<string>) =>
  fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
    minLength: 1,
    maxLength: 6,
  });
const anyCell = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', '\t', '\u2028', '\u000b') }),
);

describe('a table', () => {
  it('shows every cell, each column beginning at the same place', () => {
    fc.assert(
      fc.property(rowsOf(3, word), (rows) => {
        const lines = table(['one', 'two', 'three'], rows, 'none').split('\n');
        expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
          ['ONE', 'TWO', 'THREE'],
          ...rows,
        ]);
        const starts = lines.map((line) =>
          [...line.matchAll(/(?:^| {2})(?=[^ ])/g)].map((found) => found.index + found[0].length),
        );
        for (const start of starts) expect(start).toEqual(starts[0]);
      }),
    );
  });

  it('has one line for each row and no blanks at its end, whatever is in the cells', () => {
    fc.assert(
      fc.property(rowsOf(2, anyCell), (rows) => {
        const lines = table(['a', 'b'], rows, 'none').split('\n');
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) {
          expect(line).not.toMatch(/[^\S ]/);
          expect(line).not.toMatch(/ $/);
        }
      }),
    );
  });

  it('without rows is what stands for nothing', () => {
    expect(table(['a'], [], 'No files.')).toBe('No files.');
  });
});

describe('fields', () => {
  it('are lines "key: value", the values below each other', () => {
    expect(
      fields([
        ['a', '1'],
        ['long key', '2'],
        ['empty', ''],
      ]),
    ).toBe('a:        1\nlong key: 2\nempty:');
  });

  it('are one line each, whatever the values are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, anyCell), { minLength: 1 }), (entries) => {
        expect(fields(entries).split('\n')).toHaveLength(entries.length);
      }),
    );
  });
});

describe('cells', () => {
  it('are times without seconds, and lists with a word for "no limit" and for "none"', () => {
    expect(shortTime('2026-11-20T10:05:59.123Z')).toBe('2026-11-20 10:05');
    expect(shortTime(null)).toBe('-');
    expect(listCell(null)).toBe('all');
    expect(listCell([])).toBe('-');
    expect(listCell(['push', 'upload'])).toBe('push, upload');
  });
});

describe('an error', () => {
  const codes = Object.keys(ERROR_TABLE) as ErrorCode[];

  it.each(codes)('%s exits with the status of the table', (code) => {
    const report = reportError(new DistGitError(code, 'What happened.'));
    const { error } = report.data as { error: { remedy?: string } };
    const next = error.remedy === undefined ? '' : `\nto do: ${error.remedy}`;
    expect(report).toEqual({
      exit: ERROR_TABLE[code].exit,
      text: `error: What happened.${next}`,
      data: { error: { ...error, code, message: 'What happened.' } },
    });
  });

  it.each(['usage', 'not_found', 'authentication_required', 'not_allowed', 'unavailable'] as const)(
    '%s says what to type next, unless the error says it itself',
    (code) => {
      expect(reportError(new DistGitError(code, 'x')).text).toMatch(/\nto do: .*(--help|centpkg )/);
      const detail = { remedy: 'Do this.' };
      expect(reportError(new DistGitError(code, 'x', { detail })).text).toBe(
        'error: x\nto do: Do this.',
      );
    },
  );

  it('tells what happened, the rule, every problem, and what to do', () => {
    const error = new DistGitError('check_failed', 'Two things are wrong.', {
      detail: {
        rule: 'some-rule',
        remedy: 'Do this.',
        problems: [
          { path: 'line 1', message: 'bad' },
          { path: 'line 2', message: 'worse' },
        ],
      },
    });
    expect(reportError(error).text).toBe(
      'error: Two things are wrong. [some-rule]\n  line 1: bad\n  line 2: worse\nto do: Do this.',
    );
  });

  it.each([[new TypeError('oops')], ['oops'], [Object.assign(new Error('oops'), { code: 'EIO' })]])(
    'that nobody foresaw is said to be a fault of centpkg: %s',
    (error) => {
      expect(reportError(error)).toMatchObject({
        exit: 1,
        text: 'error: oops\nThis is a fault of centpkg itself; please report it.',
      });
    },
  );

  it('tells what the system refuses in words, and calls nothing else so', async () => {
    const refused = await readFile(import.meta.dirname).catch((error: unknown) => error);
    expect(reportError(refused)).toMatchObject({ exit: 1 });
    for (const [code, exit, text] of [
      [
        'ENOSPC',
        7,
        'error: This disk is full: /tmp/a\nto do: Make room, then run the command again.',
      ],
      [
        'EACCES',
        2,
        'error: Permission denied: /tmp/a\nto do: Look at who may read and write there; or work in another folder.',
      ],
    ] as const) {
      const error = Object.assign(new Error(code), { code, path: '/tmp/a', syscall: 'open' });
      expect(reportError(error)).toMatchObject({ exit, text });
      expect(reportError(Object.assign(error, { syscall: 'connect' }))).toMatchObject({ exit: 1 });
    }
  });

  it('says how to log in here, whatever the server says to all', () => {
    const detail = { rule: 'login-required', remedy: 'Log in with a token.' };
    const { text, data } = reportError(
      new DistGitError('authentication_required', 'x', { detail }),
    );
    const remedy = 'Log in: centpkg login --token-file FILE; a site admin issues the first token.';
    expect(text).toBe(`error: x [login-required]\nto do: ${remedy}`);
    expect(data).toMatchObject({ error: { remedy } });
  });

  it('never brings a control character to the terminal, wherever the text comes from', () => {
    const evil = fc.string({
      unit: fc.constantFrom('a', '\u001b', '\u009b', '\r', '\b', '\0', '\u007f'),
    });
    fc.assert(
      fc.property(evil, evil, evil, (message, path, remedy) => {
        const detail = { remedy, rule: path, problems: [{ path, message }] };
        for (const error of [new DistGitError('internal', message, { detail }), new Error(message)])
          expect(reportError(error).text).toMatch(/^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u);
      }),
    );
  });
});
