import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/access/decide.ts';
import { faultOf, matrix } from '../support/access-matrix.ts';
import { ASKED, PARTS, ROWS } from '../support/access-table.ts';

const CELLS = matrix();

describe('the decision, for every role, action, SIG, policy and token scope', () => {
  it('is looked up in a table that has a row for every action and a cell for every part', () => {
    expect(new Set(ROWS.map(({ asked }) => asked))).toEqual(new Set(ASKED));
    expect(ROWS.map(({ roles }) => roles.length)).toEqual(ROWS.map(() => PARTS.length));
    expect(ROWS).toHaveLength(19);
  });

  it.each(ASKED)('is that of the table, and says why and what to do: %s', (asked) => {
    const cells = CELLS.filter((cell) => cell.asked === asked);
    expect(cells.length).toBeGreaterThanOrEqual(6480);
    const faults = cells.map((cell) => faultOf(cell, decide(cell.principal, cell.request)));
    expect(faults.filter((fault) => fault !== null).slice(0, 5)).toEqual([]);
  });

  it(`was asked for ${CELLS.length} combinations`, () => {
    // Two SIGs, four policies, ten roles, 81 ways to limit a token: 6480 for each of three actions
    // at five places, six at two, and seven that are about no SIG. Nine roles that a directory does
    // not tell of any more ask each once.
    expect(CELLS).toHaveLength((3 * 5 + 6 * 2 + 7) * 6480 + 16 * 9);
    expect(new Set(CELLS.map(({ name }) => name)).size).toBe(CELLS.length);
    process.stdout.write(`access matrix: ${CELLS.length} cells on the decision itself\n`);
  });
});
