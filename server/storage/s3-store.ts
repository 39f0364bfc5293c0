import { randomUUID } from 'node:crypto';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import type { BodyPool } from './body-pool.ts';
import { checkedBody } from './checked-body.ts';
import { KeyLocks } from './key-locks.ts';
import { keySegments } from './object-key.ts';
import type { ByteRange, ObjectInfo, ObjectKey, ObjectStore } from './object-store.ts';
import { BodyError, ownErrors } from './own-errors.ts';
import { PartBuffers, PartReader } from './part-buffers.ts';
import { type OpenUpload, S3Bucket, type S3Object } from './s3-bucket.ts';
import type { S3Options } from './s3-options.ts';
import { type FirstPart, sendParts } from './send-parts.ts';

/** Up to so many bytes a body is held as it came; a larger one is cut to parts. */
const SMALL = 1024 * 1024;
/** Parts of all bodies together that are held at once: bounds the memory. */
const PARTS_AT_ONCE = 16;
const EMPTY = Buffer.alloc(0);

/** No key begins with a dot, so that these names are the store's own. */
const OPEN = '.open/';
const TIMES = '.times/';
const PROBE = '.conditional';
/** The first name that is none of the store's own: the one behind the dot. */
const OBJECTS_FROM = '/';

export interface S3StoreOptions extends S3Options {
  /** How long a URL that is handed out holds, in seconds; null: none is. */
  readonly presignSeconds: number | null;
}

/**
 * Objects in a bucket, at the name that their key spells, with their time as metadata `mtime`.
 *
 * A small body is one PUT, made when it has ended. A large one: (1) write its key to `.open/<id>`,
 * (2) upload its parts, (3) when the body has ended well, write its time to `.times/<id>`, because
 * metadata must be given before the first part, and the time comes behind the last, (4) complete
 * the upload, whose metadata names the id, (5) remove `.open/<id>`. Killed at any point, there is
 * no object or a whole one, and `.open/` says what is to be removed.
 *
 * Commits are conditional (`If-None-Match: *`) where the server knows of that, and one at a time
 * for each key within this process. When an answer is lost, the object itself is asked.
 */
export class S3Store implements ObjectStore {
  readonly #bucket: S3Bucket;
  readonly #options: S3StoreOptions;
  readonly #locks = new KeyLocks();
  readonly #buffers: PartBuffers;
  /** Uploads in parts that are under way, by key. */
  readonly #open = new Map<ObjectKey, Set<string>>();
  /** Does the server refuse a conditional put of what is there? */
  #conditional = false;

  readonly #pool: BodyPool;

  constructor(options: S3StoreOptions, pool: BodyPool) {
    this.#options = options;
    this.#pool = pool;
    this.#bucket = new S3Bucket(options);
    this.#buffers = new PartBuffers(options.partSize, PARTS_AT_ONCE);
  }

  async recover(): Promise<void> {
    await this.#bucket.check().catch((error: unknown) => {
      const { bucket } = this.#options;
      const why = String(((error as Error).cause as Error | undefined)?.message);
      throw new DistGitError('unavailable', `The bucket ${bucket} can not be used: ${why}.`, {
        detail: { remedy: 'Check the settings of [storage], and whether the server runs.' },
        cause: error,
      });
    });
    for await (const names of this.#bucket.names(OPEN))
      for (const name of names) {
        const key = (await this.#textOf(name)) as ObjectKey | null;
        if (key !== null) await this.#settle(key, name.slice(OPEN.length), null);
      }
    this.#conditional = await this.#bucket.knowsConditions(PROBE);
  }

  async put(
    key: ObjectKey,
    body: AsyncIterable<Buffer>,
    mtime: () => Date,
    checksum?: Checksum,
  ): Promise<ObjectInfo> {
    keySegments(key);
    const pieces = ownErrors(
      checksum === undefined ? body : checkedBody(body, checksum, this.#pool),
    );
    // Asked while the first bytes come: what is there already is not sent again.
    const asked = this.head(key);
    asked.catch(() => {});
    try {
      const start: Buffer[] = [];
      const whole = await gather(pieces, SMALL, start);
      const there = await asked;
      if (there !== null) {
        while ((await pieces.next()).done !== true);
        return there;
      }
      if (whole) return await this.#putSmall(key, Buffer.concat(start), mtime());
      return await this.#putByParts(key, new PartReader(start.splice(0), pieces), mtime);
    } catch (error) {
      throw error instanceof BodyError ? error.cause : error;
    } finally {
      await pieces.return(undefined);
    }
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    keySegments(key);
    const found = await this.#bucket.head(key);
    return found === null ? null : this.#info(key, found);
  }

  async get(key: ObjectKey, range?: ByteRange) {
    keySegments(key);
    const found = await this.#bucket.get(key, range);
    if (found === null) return null;
    try {
      return { info: await this.#info(key, found), body: found.body };
    } catch (error) {
      found.body.destroy();
      throw error;
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    keySegments(key);
    const id = (await this.#bucket.head(key))?.metadata.put;
    await this.#bucket.delete(key);
    if (id !== undefined) await this.#bucket.delete(TIMES + id);
  }

  async *list(): AsyncIterable<ObjectKey> {
    for await (const names of this.#bucket.names('', OBJECTS_FROM))
      for (const name of names) if (!name.startsWith('.')) yield name as ObjectKey;
  }

  async presignedUrl(key: ObjectKey): Promise<string | null> {
    const { presignSeconds } = this.#options;
    // A URL of what is not there would be the server's "there is none", and not our answer.
    if (presignSeconds === null || (await this.head(key)) === null) return null;
    return this.#bucket.presign(key, presignSeconds);
  }

  async #putSmall(key: ObjectKey, content: Buffer, time: Date): Promise<ObjectInfo> {
    const release = await this.#locks.take(key);
    try {
      const there = this.#conditional ? null : await this.head(key);
      if (there !== null) return there;
      const metadata = { mtime: timeText(time) };
      const stored = await this.#bucket.put(key, content, metadata, this.#conditional).catch(
        // It may have been stored all the same, and only the answer lost.
        async (error: unknown) => {
          if ((await this.head(key).catch(() => null)) === null) throw error;
          return false;
        },
      );
      return stored ? { key, size: content.length, mtime: time } : await this.#winner(key);
    } finally {
      release();
    }
  }

  /** One part is a small object still. */
  async #putByParts(key: ObjectKey, reader: PartReader, mtime: () => Date): Promise<ObjectInfo> {
    const buffer = this.#buffers.takeFirst();
    let isOurs = true;
    try {
      const filled = await reader.fill(buffer);
      if (filled.ended) return await this.#putSmall(key, buffer.subarray(0, filled.bytes), mtime());
      isOurs = false;
      return await this.#putLarge(key, { buffer, filled, reader }, mtime);
    } finally {
      if (isOurs) this.#buffers.give(buffer);
    }
  }

  async #putLarge(key: ObjectKey, start: FirstPart, mtime: () => Date): Promise<ObjectInfo> {
    const bucket = this.#bucket;
    const put = randomUUID();
    this.#open.set(key, (this.#open.get(key) ?? new Set()).add(put));
    let release = (): void => {};
    let upload: OpenUpload | null = null;
    let id = '';
    const begin = async () => {
      await bucket.put(OPEN + put, Buffer.from(key), {}, false);
      upload = await bucket.begin(key, { put });
      ({ id } = upload);
      return (number: number, body: Buffer) => bucket.sendPart(key, id, number, body);
    };
    try {
      const { size, parts } = await sendParts(start, this.#buffers, begin);
      const time = ownTime(mtime);
      release = await this.#locks.take(key);
      const there = await this.head(key);
      if (there !== null) return there;
      await bucket.put(TIMES + put, EMPTY, { mtime: timeText(time) }, false);
      const stored = await bucket.commit(key, id, parts, this.#conditional).catch(
        // It may have been stored all the same, and only the answer lost.
        async (error: unknown) => {
          if ((await this.head(key).catch(() => null)) === null) throw error;
          return false;
        },
      );
      return stored ? { key, size, mtime: time } : await this.#winner(key);
    } finally {
      release();
      // What can not be removed now, `recover` removes.
      await this.#settle(key, put, upload).catch(() => {});
    }
  }

  /**
   * Removes what an upload in parts leaves, however it ended.
   * @param upload null: it is not known which it was
   */
  async #settle(key: ObjectKey, put: string, upload: OpenUpload | null): Promise<void> {
    const open = this.#open.get(key);
    open?.delete(put);
    if (open?.size === 0) this.#open.delete(key);
    const isStored = (await this.#bucket.head(key))?.metadata.put === put;
    if (!isStored) await this.#bucket.delete(TIMES + put);
    // Others to the same key are left to the last of them, who comes by here too.
    const last = (): boolean => !this.#open.has(key);
    if (upload?.alone === true) {
      if (!isStored) await this.#bucket.abort(key, upload.id);
    } else if (last()) await this.#bucket.abortUploads(key, last);
    else if (upload !== null && !isStored) await this.#bucket.abort(key, upload.id);
    await this.#bucket.delete(OPEN + put);
  }

  /** The object that a put did not make, but found. */
  async #winner(key: ObjectKey): Promise<ObjectInfo> {
    const info = await this.head(key);
    if (info !== null) return info;
    throw new DistGitError('unavailable', 'A stored file is gone again; please try once more.');
  }

  async #info(key: ObjectKey, { size, metadata, modified }: S3Object): Promise<ObjectInfo> {
    const text = metadata.mtime ?? (await this.#timeOf(metadata.put));
    const time = Math.round(Number(text) * 1000);
    return {
      key,
      size,
      mtime: text === undefined || Number.isNaN(time) ? modified : new Date(time),
    };
  }

  async #timeOf(id: string | undefined): Promise<string | undefined> {
    if (id === undefined) return undefined;
    return (await this.#bucket.head(TIMES + id))?.metadata.mtime;
  }

  async #textOf(name: string): Promise<string | null> {
    const found = await this.#bucket.get(name);
    return found === null ? null : Buffer.concat(await found.body.toArray()).toString('utf8');
  }
}

/** An error of `mtime` is the caller's own, as one of the body. */
function ownTime(mtime: () => Date): Date {
  try {
    return mtime();
  } catch (cause) {
    throw new BodyError('The time is not known.', { cause });
  }
}

/** Seconds since 1970 with their fraction, as other tools write it: `1400000000.678`. */
const timeText = (time: Date): string => String(time.getTime() / 1000);

/** Takes up to a little more than `limit` bytes. @returns whether that is all */
async function gather(
  pieces: AsyncGenerator<Buffer>,
  limit: number,
  into: Buffer[],
): Promise<boolean> {
  for (let bytes = 0; bytes <= limit; ) {
    const { value, done } = await pieces.next();
    if (done === true) return true;
    into.push(value);
    bytes += value.length;
  }
  return false;
}
