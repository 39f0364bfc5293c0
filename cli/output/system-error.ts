import { DistGitError } from '../../core/api/distgit-error.ts';

const REFUSED = 'Look at who may read and write there; or work in another folder.';

/** What the system answers where the user can help, and centpkg can not: by the names of errno. */
const KINDS: Readonly<Record<string, readonly ['storage_full' | 'usage', string, string]>> = {
  ENOSPC: ['storage_full', 'This disk is full', 'Make room, then run the command again.'],
  EDQUOT: ['storage_full', 'Your share of this disk is full', 'Make room, then run it again.'],
  EFBIG: ['storage_full', 'A file may not become that large here', 'See what ulimit -f says.'],
  EACCES: ['usage', 'Permission denied', REFUSED],
  EPERM: ['usage', 'The system does not allow it', REFUSED],
  EROFS: ['usage', 'It can only be read there', REFUSED],
  EMFILE: ['usage', 'Too many files are open', 'See what ulimit -n says.'],
};

/**
 * An error of the system that is no fault of centpkg, in words and with what to do.
 * @returns null for every other error
 */
export function systemError(error: unknown): DistGitError | null {
  if (!(error instanceof Error)) return null;
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  const known = KINDS[code];
  // Errors of the network have no such names, or no call that they come from.
  if (known === undefined || syscall === undefined || syscall === 'connect') return null;
  const [kind, what, remedy] = known;
  const message = path === undefined ? `${what}.` : `${what}: ${path}`;
  return new DistGitError(kind, message, { detail: { remedy }, cause: error });
}
