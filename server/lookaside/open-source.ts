import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import {
  lookasideKey,
  type SourceAddress,
  type SourceContent,
} from '../../core/domain/lookaside-path.ts';
import type { ObjectKey, ObjectStore } from '../storage/object-store.ts';
import type { SourceIndex, StoredSource } from './source-index.ts';

/** @throws DistGitError `not_found` */
export async function requireSource(
  sources: SourceIndex,
  address: SourceAddress,
): Promise<StoredSource> {
  const found = await sources.find(address);
  return (
    found ??
    fail(
      'not_found',
      `${address.component} has no file ${address.file} with this ${address.checksum.type} checksum in the look-aside cache.`,
      `Whoever may commit to it uploads it: centpkg upload ${address.file}`,
    )
  );
}

/** A file with that content, by whatever name. @throws DistGitError `not_found` */
export async function requireContent(
  sources: SourceIndex,
  content: SourceContent,
): Promise<SourceAddress> {
  const { component, checksum } = content;
  return (
    (await sources.findContent(content)) ??
    fail(
      'not_found',
      `${component} has no file with this ${checksum.type} checksum in the look-aside cache.`,
      'Addresses are <component>/<branch>/<hash>, or better <component>/<file>/<hashtype>/<hash>/<file>.',
    )
  );
}

/**
 * The bytes of a file that `requireSource` found.
 * @throws DistGitError `unavailable`: never an empty or a partial answer
 */
export async function openSource(
  store: ObjectStore,
  address: SourceAddress,
  range?: { start: number; end: number },
) {
  const opened = await store.get(lookasideKey(address) as ObjectKey, range);
  return opened === null ? contentMissing() : opened.body;
}

/**
 * Where the file is below the folder store's root, URL-quoted.
 * @throws DistGitError `unavailable` where it is not there
 */
export async function sourcePath(store: ObjectStore, address: SourceAddress): Promise<string> {
  const key = lookasideKey(address) as ObjectKey;
  if ((await store.head(key)) === null) contentMissing();
  return key.split('/').map(encodeURIComponent).join('/');
}

function contentMissing(): never {
  throw new DistGitError('unavailable', 'The file is recorded, but its content is missing.', {
    detail: { remedy: 'Tell a site admin, or upload the file again.' },
  });
}

/** Where a client may read the file itself, without us; null: only here. */
export async function sourceUrl(
  store: ObjectStore,
  address: SourceAddress,
): Promise<string | null> {
  return (await store.presignedUrl?.(lookasideKey(address) as ObjectKey)) ?? null;
}
