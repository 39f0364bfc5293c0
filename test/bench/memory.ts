import { readFile, writeFile } from 'node:fs/promises';

/**
 * Starts to watch a process (Linux).
 * @returns what gives its peak of resident memory since, in MiB above what it had at first
 */
export async function watchPeak(pid: number): Promise<() => Promise<number>> {
  // 5 sets the kernel's mark of the peak back to the present size.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  const before = await statusValue(pid, 'VmRSS');
  return async () => (await statusValue(pid, 'VmHWM')) - before;
}

async function statusValue(pid: number, key: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}
