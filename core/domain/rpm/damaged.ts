import { DistGitError } from '../../api/distgit-error.ts';

/** The package is not what it says, or not what a package may be. Nothing of it was kept. */
export function damaged(message: string, cause?: unknown): never {
  throw new DistGitError('check_failed', `The source package is refused: ${message}.`, {
    detail: { remedy: 'Fetch the file again; "rpm -Kv FILE" tells what rpm thinks of it.' },
    ...(cause === undefined ? {} : { cause }),
  });
}
