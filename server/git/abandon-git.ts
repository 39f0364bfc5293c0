import type { ChildProcess } from 'node:child_process';

/** A git whose client is gone is given that long to clean up after itself. */
const CLEAN_UP_MS = 30_000;

/**
 * The client of a running git is gone: its input ends, so that it removes its quarantine and goes
 * too. It is not killed at once, because that would leave its files behind.
 * @param stopEarly it only reads, and need not come to its end
 */
export function abandonGit(process: ChildProcess, stopEarly: boolean): void {
  const { stdin, stdout } = process;
  stdin?.destroy();
  if (stopEarly) process.kill('SIGTERM');
  // Never closed under it: git would die of that before it has cleaned up.
  stdout?.resume();
  const timers = [
    setTimeout(() => process.kill('SIGTERM'), CLEAN_UP_MS),
    setTimeout(() => process.kill('SIGKILL'), 2 * CLEAN_UP_MS),
  ];
  process.once('close', () => timers.forEach(clearTimeout));
}
