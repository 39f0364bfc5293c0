import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds that processes which start in the same moment give way to each other. */
const RACE_MS = 1500;

/**
 * Makes this process the only one that works with what lies beside `folder`. Each process claims by
 * a file of its own, named by what only it has, and looks for others then: of two at least the
 * later one sees the other, and takes its claim back. What a dead process left does not count.
 * @returns null, or the id of the living process that has it
 */
export async function takeLock(folder: string): Promise<string | null> {
  mkdirSync(folder, { recursive: true });
  const mine = claimOf(process.pid);
  for (const end = Date.now() + RACE_MS; ; ) {
    writeFileSync(join(folder, mine), '');
    const other = readdirSync(folder).find((claim) => claim !== mine && isAlive(folder, claim));
    if (other === undefined) return null;
    releaseLock(folder);
    if (Date.now() > end || ageOf(folder, other) > RACE_MS) return other.split('-')[0] ?? '';
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 100));
  }
}

export function releaseLock(folder: string): void {
  rmSync(join(folder, claimOf(process.pid)), { force: true });
}

/** A process number may come again; with the start time it does not. */
const claimOf = (pid: number): string => `${pid}-${startTime(pid) ?? ''}`;

/** Removes the claim of a process that is gone. */
function isAlive(folder: string, claim: string): boolean {
  const [pid = ''] = claim.split('-');
  if (/^[1-9]\d*$/.test(pid) && startTime(Number(pid)) !== null && claimOf(Number(pid)) === claim)
    return true;
  rmSync(join(folder, claim), { recursive: true, force: true });
  return false;
}

/** Milliseconds; 0 for a claim that is gone. */
function ageOf(folder: string, claim: string): number {
  const found = statSync(join(folder, claim), { throwIfNoEntry: false });
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

/** When a process started, in the kernel's ticks; null: there is none. Linux only. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
