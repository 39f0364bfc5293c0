import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batched } from '../../server/db/batched.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('calls that share statements', () => {
  it('get each its own answer, and fail each for its own fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.nat({ max: 9 })), async (scheduler, inputs) => {
        const run = async (batch: readonly number[]): Promise<string[]> => {
          await scheduler.schedule(Promise.resolve(), 'statement');
          if (batch.includes(7)) throw new Error('seven');
          return batch.map((n) => `answer ${n}`);
        };
        const ask = batched(run);
        const asked = inputs.map((n) => scheduler.schedule(Promise.resolve(n)).then(ask));
        const told = Promise.allSettled(asked);
        await scheduler.waitFor(told);
        expect(await told).toEqual(
          inputs.map((n) =>
            n === 7
              ? { status: 'rejected', reason: new Error('seven') }
              : { status: 'fulfilled', value: `answer ${n}` },
          ),
        );
      }),
    );
  });

  it('begin their statement after they were made: no answer is older than its question', async () => {
    let clock = 0;
    const ask = batched(async (batch: readonly null[]) => {
      const begun = ++clock;
      await tick();
      return batch.map(() => begun);
    });
    for (let n = 0; n < 50; n++) {
      const asked = ++clock;
      const answers = [ask(null), ask(null)];
      if (n % 3 === 0) await tick();
      for (const begun of await Promise.all(answers)) expect(begun).toBeGreaterThan(asked);
    }
  });

  it('gather in one turn of the event loop, and while a statement runs', async () => {
    const batches: number[] = [];
    const ask = batched(async (batch: readonly number[]) => {
      batches.push(batch.length);
      await tick();
      return batch;
    });
    expect(await Promise.all([ask(0), ask(1)])).toEqual([0, 1]);
    expect(batches).toEqual([2]);
    const first = ask(0);
    while (batches.length < 2) await tick();
    const others = Array.from({ length: 250 }, (_, n) => ask(n + 1));
    expect(await first).toBe(0);
    expect(await Promise.all(others)).toEqual(others.map((_, n) => n + 1));
    expect(batches).toEqual([2, 1, 100, 100, 50]);
  });
});
