import { readdirSync, readFileSync } from 'node:fs';

export interface MemoryPeaks {
  /** Largest resident size of the process itself, in MiB. */
  readonly self: number;
  /** Largest resident size of any one of its descendants, in MiB. */
  readonly child: number;
}

const INTERVAL_MS = 20;

/** Watches a process and its descendants until `stop`. */
export function watchMemory(pid: number) {
  let self = 0;
  let child = 0;
  const look = (): void => {
    self = Math.max(self, residentMemory(pid));
    for (const one of descendants(pid)) child = Math.max(child, highWater(one));
  };
  look();
  const timer = setInterval(look, INTERVAL_MS);
  return {
    stop(): MemoryPeaks {
      clearInterval(timer);
      look();
      return { self, child };
    },
  };
}

/** Resident memory of a process now, in MiB; 0 when it is gone. */
export function residentMemory(pid: number): number {
  return statusValue(pid, 'VmRSS');
}

function highWater(pid: number): number {
  return statusValue(pid, 'VmHWM');
}

function statusValue(pid: number, key: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/**
 * The processes that a server has started, and those that they have; without its embedded
 * database, which is always there.
 */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('pglite-process')) continue;
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const found: number[] = [];
  for (let queue = [pid]; queue.length > 0; ) {
    queue = queue.flatMap((one) => parents.get(one) ?? []);
    found.push(...queue);
  }
  return found;
}
