import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_POLICIES } from '../core/support/access-matrix.ts';
import { ASKED } from '../core/support/access-table.ts';
import { askExplain, askServer, placesOf } from '../support/access-asking.ts';
import {
  foundAccessStage,
  STAGE_AT,
  type Stage,
  type StageCell,
  setStagePolicies,
  stageAnswer,
  stageCells,
} from '../support/access-stage.ts';
import { faultsIn } from '../support/scenario.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const LONG = 600_000;
/** Requests at once. */
const AT_ONCE = 8;
const ACTIONS = ASKED.filter((asked) => asked !== 'conquer');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let stage: Stage;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = new TestServer(join(folder.path, 'data'));
  await server.start();
  stage = await foundAccessStage(server);
}, LONG);
afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

let asked = 0;
/** Asks all cells, and gives those that are answered other than the specification says. */
async function faultsOf(
  cells: readonly StageCell[],
  ask: (cell: StageCell) => Promise<readonly [got: string | null, expected: string]>,
): Promise<unknown[]> {
  const faults: unknown[] = [];
  const waiting = cells.values();
  const work = async (): Promise<void> => {
    for (const cell of waiting) {
      const [got, expected] = await ask(cell);
      if (got === null) continue;
      asked++;
      if (got !== expected) faults.push({ ...cell, got, expected });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return faults;
}

describe.each(ALL_POLICIES)('with commit policy $commit and koji policy $koji', (policies) => {
  beforeAll(() => setStagePolicies(server, policies), LONG);

  it.each(ACTIONS)(
    'the server answers as the specification, names the rule and the next step: %s',
    async (action) => {
      const cells = stageCells(action, placesOf(action), policies);
      const faults = await faultsOf(cells, async (cell) => [
        await askServer(server, stage, cell),
        stageAnswer(cell),
      ]);
      expect(faults.slice(0, 5)).toEqual([]);
      const explained = await faultsOf(cells, async (cell) => {
        const { answer, reason, remedy = '' } = await askExplain(server, stage, cell);
        const silent = !/\w/.test(reason) || (answer !== 'allowed' && !/\w/.test(remedy));
        return [silent ? '(mute)' : answer, stageAnswer(cell)];
      });
      expect(explained.slice(0, 5)).toEqual([]);
    },
    LONG,
  );

  it(
    'each branch of a component is decided by itself, before a push and in what is explained',
    async () => {
      const cells = stageCells('push', ['both'], policies).filter(({ role }) => role !== null);
      const faults = await faultsOf(cells, async (cell) => {
        const { component, collections } = STAGE_AT[cell.at];
        const token = cell.role === null ? null : stage.token(cell.role, cell.kind);
        const checks = await server.must('showChecks', { component }, token);
        const { parts } = await askExplain(server, stage, cell);
        const got = [checks.branches, parts].map((list) =>
          list.map(({ collection, decision }) => [
            collection,
            decision.allowed ? 'allowed' : `-${decision.rule}`,
          ]),
        );
        const expected = collections.map((one) => [one, stageAnswer(cell, [one])]);
        return [JSON.stringify(got), JSON.stringify([expected, expected])];
      });
      expect(faults.slice(0, 5)).toEqual([]);
    },
    LONG,
  );
});

describe('afterwards', () => {
  it('the count is told, and the server has nothing to complain of', () => {
    process.stdout.write(`access matrix: ${asked} cells through HTTP\n`);
    expect(asked).toBeGreaterThan(15_000);
    expect(faultsIn(server)).toEqual([]);
  });
});
