import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TOKEN_VERB_OF_ACTION } from '../../../core/access/action.ts';
import type { decide } from '../../../core/access/decide.ts';
import { TOKEN_VERBS } from '../../../core/access/principal.ts';
import { ROOT } from '../../support/architecture.ts';
import { type Cell, faultOf, matrix } from '../support/access-matrix.ts';
import { Mutable } from '../support/mutants.ts';

type Decide = typeof decide;
const LONG = 300_000;

const CELLS = matrix();
/** Far apart first: what one cell does not show, its neighbour seldom does. */
const SPREAD: readonly Cell[] = Array.from(
  CELLS,
  (_, n) => CELLS[(n * 7919) % CELLS.length] as Cell,
);

/** Whether some cell of the matrix shows that this is not the decision. */
function isCaught(mutated: Decide): boolean {
  return SPREAD.some((cell) => {
    try {
      return faultOf(cell, mutated(cell.principal, cell.request)) !== null;
    } catch {
      // A request that fails is refused, and logged as a fault.
      return true;
    }
  });
}

describe('the matrix catches', () => {
  let source: Mutable;
  beforeAll(async () => {
    source = await Mutable.read(join(ROOT, 'core/access/decide.ts'));
  });

  it(
    'nothing in the decision as it is, read in the same way',
    () => {
      expect(new Set(SPREAD).size).toBe(CELLS.length);
      expect(isCaught(source.load('decide') as Decide)).toBe(false);
    },
    LONG,
  );

  it(
    'every change of one rule, comparison, branch or answer',
    () => {
      const mutants = source.mutants();
      expect(mutants.length).toBeGreaterThan(100);
      const survivors = mutants
        .filter((mutant) => !isCaught(source.load('decide', mutant) as Decide))
        .map(({ name }) => name);
      process.stdout.write(
        `mutants of the decision: ${mutants.length}, caught ${mutants.length - survivors.length}\n`,
      );
      expect(survivors).toEqual([]);
    },
    LONG,
  );

  it(
    'every other verb that an action could take of a token',
    () => {
      // Reading is answered before any token is looked at.
      const { read: _, ...verbs } = TOKEN_VERB_OF_ACTION;
      const changes = Object.entries(verbs).flatMap(([action, verb]) =>
        [...TOKEN_VERBS, null]
          .filter((other) => other !== verb)
          .map((other) => ({ action, changed: { ...TOKEN_VERB_OF_ACTION, [action]: other } })),
      );
      expect(changes).toHaveLength(11 * 4);
      const survivors = changes.filter(
        ({ changed }) =>
          !isCaught(source.load('decide', undefined, { TOKEN_VERB_OF_ACTION: changed }) as Decide),
      );
      expect(survivors).toEqual([]);
    },
    LONG,
  );
});
