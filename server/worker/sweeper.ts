import type { Logger } from 'pino';

/** Runs `sweep` now and then again, `intervalMs` after it ended; errors are logged, not fatal. */
export function startSweeper(sweep: () => Promise<unknown>, intervalMs: number, log: Logger) {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void>;
  const run = async (): Promise<void> => {
    try {
      await sweep();
    } catch (error) {
      log.error({ err: error }, 'a sweep failed');
    }
    if (stopped) return;
    timer = setTimeout(() => {
      running = run();
    }, intervalMs);
    timer.unref();
  };
  running = run();
  return {
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
