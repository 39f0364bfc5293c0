import { DistGitError } from '../../core/api/distgit-error.ts';

/** At once: enough to fill a line, few enough to be read. */
const PARALLEL = 4;

/**
 * Runs `act` for every file, some at once. All are tried, so that one bad file does not stop the
 * others, and all that failed are told of.
 */
export async function forEachParallel<T extends { readonly file: string }>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const errors: { readonly path: string; readonly error: unknown }[] = [];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const { file } = item;
      await act(item).catch((error: unknown) => errors.push({ path: file, error }));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const [first] = errors;
  if (first === undefined) return;
  const { error } = first;
  if (!(error instanceof DistGitError)) throw error;
  if (errors.length === 1) {
    const named = error.message.includes(first.path)
      ? error.message
      : `${first.path}: ${error.message}`;
    throw new DistGitError(error.code, named, { detail: error.detail, cause: error });
  }
  const problems = errors.map((one) => ({ path: one.path, message: (one.error as Error).message }));
  throw new DistGitError(error.code, `${errors.length} files failed.`, {
    detail: { ...error.detail, problems },
    cause: error,
  });
}
