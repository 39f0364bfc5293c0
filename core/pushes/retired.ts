import { isFile } from './changed-files.ts';
import type { TreeEntry } from './push-facts.ts';

/** What stays of a component on a branch where it is retired; it says why, as in Fedora. */
export const RETIRED_FILE = 'dead.package';

/** A retired branch holds the file that says why, and nothing else: it builds nothing any more. */
export function isRetired(topEntries: readonly TreeEntry[]): boolean {
  const [only] = topEntries;
  return (
    topEntries.length === 1 && only !== undefined && only.name === RETIRED_FILE && isFile(only)
  );
}
