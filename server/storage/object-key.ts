import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ObjectKey } from './object-store.ts';

/**
 * The parts of a key. Keys are made from parsed names; this is the second lock on the door.
 * @throws DistGitError `internal` for one that could leave its place, or take that of a store's own
 */
export function keySegments(key: ObjectKey): string[] {
  const segments = key.split('/');
  if (
    segments.some((segment) => segment === '' || segment.startsWith('.') || segment.includes('\0'))
  )
    throw new DistGitError('internal', 'An object key is malformed.');
  return segments;
}
