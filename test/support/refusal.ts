import { expect } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';

/** The error of something that has to be refused; a test fails where it is not, or by another error. */
export async function refusalOf(promise: Promise<unknown>): Promise<DistGitError> {
  const error: unknown = await promise.then(
    () => expect.unreachable('It was not refused.'),
    (thrown: unknown) => thrown,
  );
  return error instanceof DistGitError ? error : expect.unreachable(String(error));
}
