import { DistGitError } from '../../core/api/distgit-error.ts';

/** An error of the disk in a client's words; errors that are ours already pass. */
export function storageError(error: unknown): unknown {
  if (error instanceof DistGitError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new DistGitError('storage_full', 'The look-aside cache has no room left.', {
      detail: { remedy: 'Nothing was stored. Ask a site admin for room, then upload again.' },
      cause: error,
    });
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new DistGitError('unavailable', 'The look-aside cache can not be reached.', {
    detail: { remedy: 'Try again later.' },
    cause: error,
  });
}
