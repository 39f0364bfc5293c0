import { setImmediate } from 'node:timers/promises';

/** Items of one statement: more would only make it late. */
const MAX_BATCH = 100;

interface Waiting<In, Out> {
  readonly input: In;
  readonly resolve: (output: Out) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes one statement of many calls: all that come in one turn of the event loop, and those that
 * come while a statement runs. A single call waits for the rest of its turn. A statement begins
 * after the calls that it answers, so that an answer is never older than its question. Where a
 * statement fails its calls are tried one by one, so that none fails for another's sake.
 * @param run one output for each input, in their order
 * @param gather waited for before each statement: those who are about to ask come along
 */
export function batched<In, Out>(
  run: (inputs: readonly In[]) => Promise<readonly Out[]>,
  gather: () => Promise<void> = async () => {},
): (input: In) => Promise<Out> {
  const waiting: Waiting<In, Out>[] = [];
  let running = false;

  const runBatch = async (batch: readonly Waiting<In, Out>[]): Promise<void> => {
    try {
      const outputs = await run(batch.map(({ input }) => input));
      batch.forEach(({ resolve }, index) => resolve(outputs[index] as Out));
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.reject(error);
      else for (const one of batch) await runBatch([one]);
    }
  };
  const drain = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      await gather();
      await setImmediate();
      await runBatch(waiting.splice(0, MAX_BATCH));
    }
    running = false;
  };
  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      // drain never rejects: every error goes to the call that it belongs to.
      if (!running) void drain();
    });
}
