import { fail } from '../../core/api/distgit-error.ts';
import { STRONG_HASH_TYPES } from '../../core/domain/checksum.ts';
import { lookasideKey, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { type ComponentIndex, collectionsOf } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';
import type { ObjectKey, ObjectStore } from '../storage/object-store.ts';
import { type IncomingFile, incomingBody } from './incoming-body.ts';
import { quotaLeft } from './quota.ts';
import type { SourceIndex } from './source-index.ts';

export interface UploadDeps {
  readonly db: Database;
  readonly components: ComponentIndex;
  readonly sources: SourceIndex;
  readonly store: ObjectStore;
  readonly maxUploadSize: number;
}

export interface UploadResult {
  readonly size: number;
  /** The file was there already; nothing was stored. */
  readonly existed: boolean;
}

/** An upload that may proceed: everything was asked that can be asked before the bytes. */
export type AcceptedUpload = (file: IncomingFile) => Promise<UploadResult>;

/**
 * Asks all that an upload can be refused for before its first byte is read.
 * @param size bytes of the file at the most; null: not known yet
 * @returns what takes the file then
 * @throws DistGitError `checksum_weak`, `not_found`, `authentication_required`, `not_allowed`,
 * `storage_full` where a quota is used up
 */
export async function acceptUpload(
  deps: UploadDeps,
  context: RequestContext,
  address: SourceAddress,
  size: number | null,
): Promise<AcceptedUpload> {
  const { db } = deps;
  if (!STRONG_HASH_TYPES.includes(address.checksum.type))
    fail(
      'checksum_weak',
      `Uploads with ${address.checksum.type} are no longer allowed.`,
      'Use sha512: set lookasidehash = sha512 in the configuration of your client.',
    );
  const component = await deps.components.find(address.component);
  const decision = await authorize(
    db,
    context,
    {
      action: 'upload',
      component: address.component,
      collections: collectionsOf(component.branches),
    },
    `${address.component}/${address.file}`,
  );
  const user = requireUser(context).name;

  const left = await quotaLeft(db, component, size).catch(async (full: unknown) => {
    // What is there already takes no more room.
    if (await deps.sources.has(address)) return deps.maxUploadSize;
    throw full;
  });
  const limit = Math.min(deps.maxUploadSize, left);

  return async (incoming) => {
    const { mtime } = incoming;
    let came = (): void => {};
    async function* body(): AsyncGenerator<Buffer> {
      yield* incomingBody(incoming, limit);
      came = deps.sources.announce();
    }
    // Object first, row second: a crash between them leaves an object that no row names, and the
    // repeated upload finds it. A file that is there is not stored again, see `ObjectStore.put`.
    const key = lookasideKey(address) as ObjectKey;
    let size: number;
    let recorded: Promise<boolean>;
    try {
      ({ size } = await deps.store.put(key, body(), mtime, address.checksum));
      const stored = { size, mtime: mtime(), user };
      recorded = deps.sources.record(context, address, stored, decision);
    } finally {
      came();
    }
    const isNew = await recorded;
    // `put` may have met an unused copy whose deletion was under way. From the record on nobody
    // deletes it: what is there now stays.
    if (!isNew) {
      if (!(await deps.sources.has(address))) beingDeleted(address);
    } else if ((await deps.store.head(key)) === null) {
      await deps.sources.forget(address);
      beingDeleted(address);
    }
    return { size, existed: !isNew };
  };
}

function beingDeleted({ file }: SourceAddress): never {
  return fail(
    'unavailable',
    `An unused copy of ${file} is being deleted this very moment.`,
    'Nothing was stored. Upload it again in a minute.',
  );
}
