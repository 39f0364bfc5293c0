import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DistGitError } from '../../core/api/distgit-error.ts';

/** The one folder that holds everything, and what is where in it. */
export interface DataFolder {
  readonly adminToken: string;
  readonly database: string;
  readonly git: string;
  readonly repositories: string;
  readonly lookaside: string;
  readonly staging: string;
  release(): Promise<void>;
}

/**
 * Opens the folder for this process alone: two servers on one embedded database would destroy it.
 * @throws DistGitError `config_invalid` where another server runs on it
 */
export function openDataFolder(root: string): DataFolder {
  mkdirSync(root, { recursive: true, mode: 0o750 });
  const lock = join(root, 'server.pid');
  const mine = `${process.pid} ${startTime(process.pid) ?? ''}\n`;
  try {
    writeFileSync(lock, mine, { flag: 'wx' });
  } catch {
    const [pid = '', started = ''] = readFileSync(lock, 'utf8').trim().split(' ');
    // The process number may belong to another process by now; its start time can not.
    if (pid !== String(process.pid) && startTime(Number(pid)) === started && started !== '')
      throw new DistGitError(
        'config_invalid',
        `A server (process ${pid}) runs on this data folder.`,
        {
          detail: { remedy: 'Stop it first, or choose another folder: DISTGIT_SERVER_DATA.' },
        },
      );
    writeFileSync(lock, mine);
  }
  const at = (name: string): string => join(root, name);
  return {
    adminToken: at('admin-token'),
    database: at('database'),
    git: at('git'),
    repositories: at('repositories'),
    lookaside: at('lookaside'),
    staging: at('staging'),
    release: () => rm(lock, { force: true }),
  };
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
