import { describe, expect, it } from 'vitest';
import { batched } from '../../server/db/batched.ts';
import { Coming } from '../../server/db/coming.ts';

/** Longer than any test takes. */
const FOR_EVER = 1_000_000;
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

/** Calls, and the sizes of the statements that answered them. */
function shared(coming: Coming, atMostMs: number) {
  const batches: number[] = [];
  const ask = batched(
    async (inputs: readonly number[]) => {
      batches.push(inputs.length);
      return inputs;
    },
    () => coming.all(atMostMs),
  );
  return { ask, batches };
}

describe('who is about to come to a statement', () => {
  it('is waited for, and comes along', async () => {
    const coming = new Coming();
    const { ask, batches } = shared(coming, FOR_EVER);
    const [one, other] = [coming.add(), coming.add()];
    const first = ask(1);
    await turns(5);
    const second = ask(2);
    one();
    await turns(5);
    expect(batches).toEqual([]);
    const third = ask(3);
    other();
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
    expect(batches).toEqual([3]);
  });

  it('is not waited for where he will not come', async () => {
    const coming = new Coming();
    const { ask, batches } = shared(coming, FOR_EVER);
    const called = coming.add();
    const first = ask(1);
    called();
    called();
    expect(await first).toBe(1);
    expect(batches).toEqual([1]);
  });

  it('is not waited for any longer than it is worth', async () => {
    const coming = new Coming();
    coming.add();
    const { ask } = shared(coming, 5);
    expect(await ask(1)).toBe(1);
    expect(await ask(2)).toBe(2);
  });

  it('is nobody who was announced after the waiting began', async () => {
    const coming = new Coming();
    const { ask } = shared(coming, FOR_EVER);
    const come = coming.add();
    const first = ask(1);
    await turns(3);
    coming.add();
    come();
    expect(await first).toBe(1);
  });

  it('is nobody: a call is alone', async () => {
    const { ask, batches } = shared(new Coming(), FOR_EVER);
    expect(await ask(1)).toBe(1);
    expect(batches).toEqual([1]);
  });
});
