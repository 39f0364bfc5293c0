import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { releaseLock, takeLock } from '../../server/db/process-lock.ts';

/** Where what the tests build is kept for the next run. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'scl-dist-git');

/**
 * Does what several test processes of this user begin with: the first does it, and the others wait
 * and find it done. Each by itself would take minutes of a processor for the same, or trip over the other.
 */
export async function oneAtATime<T>(what: string, act: () => Promise<T>): Promise<T> {
  const lock = join(CACHE, 'locks', what);
  while ((await takeLock(lock)) !== null) await pause(200);
  try {
    return await act();
  } finally {
    releaseLock(lock);
  }
}
