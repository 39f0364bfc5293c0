import type { Readable } from 'node:stream';
import type { Checksum } from '../../core/domain/checksum.ts';
import type { Brand } from '../../core/domain/text.ts';

/** `<component>/<file>/<hashtype>-<hash>`; made from parsed names only. */
export type ObjectKey = Brand<'ObjectKey'>;

export interface ObjectInfo {
  readonly key: ObjectKey;
  /** Bytes. */
  readonly size: number;
  readonly mtime: Date;
}

/** First and last byte, both included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the bytes of source files are. The contract that every store keeps, and that
 * `test/contracts/object-store.ts` checks:
 *
 * 1. `put` returns only when the object is durable and whole; what a body that errors (or a process
 *    that dies) leaves behind is never seen by `head`, `get` or `list`, and is removed.
 * 2. An object is immutable: a second `put` to a key leaves what is there and reports it, whichever
 *    of several racing puts was first.
 * 3. Memory is constant, whatever the size.
 * 4. A put takes over the memory of its body's pieces: whoever gives them does not use them again.
 * 5. "There is none" is an answer (null, or nothing); every failure throws `unavailable` or
 *    `storage_full`, so that an outage never reads as absence.
 */
export interface ObjectStore {
  /**
   * Stores `body` until its end. An error of the body is thrown on. `mtime` is kept with the
   * object; it is asked for when the body has ended, because rpkg sends it behind the file.
   * @param checksum what the body must have; else nothing is stored. Without one it may have any
   * @throws DistGitError `checksum_mismatch`
   */
  put(
    key: ObjectKey,
    body: AsyncIterable<Buffer>,
    mtime: () => Date,
    checksum?: Checksum,
  ): Promise<ObjectInfo>;
  head(key: ObjectKey): Promise<ObjectInfo | null>;
  /** The caller reads or destroys `body`. Without a range: all of it. */
  get(
    key: ObjectKey,
    range?: ByteRange,
  ): Promise<{ readonly info: ObjectInfo; readonly body: Readable } | null>;
  /**
   * Where a client may GET the object itself, for a while; null: only here, or there is none. HEAD
   * has no such place: a URL is signed for one method.
   */
  presignedUrl?(key: ObjectKey): Promise<string | null>;
  /** Removing what is not there is a success. */
  delete(key: ObjectKey): Promise<void>;
  /** The key of every object, in no order. */
  list(): AsyncIterable<ObjectKey>;
  /** Removes what puts of a process that died left behind. Called once, before the first put. */
  recover(): Promise<void>;
}
