import { DistGitError } from '../../../core/api/distgit-error.ts';

/** The error that `run` refuses with; anything but a DistGitError is thrown on. */
export function refusal(run: () => unknown): DistGitError {
  const error = refusalOrNull(run);
  if (error === null) throw new Error('nothing was refused');
  return error;
}

/** Null where `run` refuses nothing; anything but a DistGitError is thrown on. */
export function refusalOrNull(run: () => unknown): DistGitError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof DistGitError) return error;
    throw error;
  }
}

/** Whether `run` takes its input; it may refuse with a DistGitError and nothing else. */
export function isAccepted(run: () => unknown): boolean {
  return refusalOrNull(run) === null;
}
