import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { releaseLock, takeLock } from './process-lock.ts';

/** The one folder that holds everything, and what is where in it. */
export interface DataFolder {
  readonly adminToken: string;
  readonly database: string;
  readonly git: string;
  readonly repositories: string;
  readonly lookaside: string;
  /** What a server that died leaves here is of no use. */
  readonly staging: string;
  /** Uploads that go on later, also after a restart. */
  readonly resumable: string;
  /** The socket that sshd's programs talk to. */
  readonly ssh: string;
  release(): void;
}

/**
 * Opens the folder for this process alone: two servers on one embedded database would destroy it.
 * @throws DistGitError `config_invalid` where another server runs on it
 */
export async function openDataFolder(root: string): Promise<DataFolder> {
  mkdirSync(root, { recursive: true, mode: 0o750 });
  const lock = join(root, 'server.lock');
  const owner = await takeLock(lock);
  if (owner !== null)
    throw new DistGitError(
      'config_invalid',
      `A server (process ${owner}) runs on this data folder.`,
      {
        detail: { remedy: 'Stop it first, or choose another folder: DISTGIT_SERVER_DATA.' },
      },
    );
  const at = (name: string): string => join(root, name);
  return {
    adminToken: at('admin-token'),
    database: at('database'),
    git: at('git'),
    repositories: at('repositories'),
    lookaside: at('lookaside'),
    staging: at('staging/forms'),
    resumable: at('staging/resumable'),
    ssh: at('ssh'),
    release: () => releaseLock(lock),
  };
}
