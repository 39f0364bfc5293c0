import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, opendir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import type { BodyPool } from './body-pool.ts';
import { requireChecksum } from './checked-body.ts';
import { keySegments } from './object-key.ts';
import type { ObjectInfo, ObjectKey, ObjectStore } from './object-store.ts';
import { BodyError, ownErrors } from './own-errors.ts';
import { spentMemory } from './spent-memory.ts';
import { storageError } from './storage-error.ts';

/** Beside the objects, on the same filesystem; no component can have this name. */
const STAGING = '.staging';

/**
 * Objects as files below `root`, at the path that their key spells.
 *
 * A put: (1) write to a file of our own in the staging folder, (2) fsync it, (3) link it to its
 * final name, which fails if somebody was faster, (4) fsync the folders that got a new entry,
 * (5) unlink the staging name; all of it in a thread of the pool. Killed at any point, there is
 * either no final name or a whole file.
 */
export class FolderStore implements ObjectStore {
  readonly #root: string;
  readonly #staging: string;
  readonly #pool: BodyPool;

  constructor(root: string, pool: BodyPool) {
    this.#root = resolve(root);
    this.#pool = pool;
    this.#staging = join(this.#root, STAGING);
  }

  async recover(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    await mkdir(this.#staging, { recursive: true });
  }

  async put(
    key: ObjectKey,
    body: AsyncIterable<Buffer>,
    mtime: () => Date,
    checksum?: Checksum,
  ): Promise<ObjectInfo> {
    const staged = join(this.#staging, randomBytes(12).toString('hex'));
    const path = this.#path(key);
    const file = this.#pool.file(staged, checksum?.type ?? null);
    try {
      const spent = spentMemory();
      for await (const piece of ownErrors(body)) {
        await file.update(piece);
        spent(piece);
      }
      const time = mtime();
      const end = { path, root: this.#root, mtime: time, hex: checksum?.hex ?? null };
      const { hex, size, stored } = await file.commit(end);
      if (checksum !== undefined) requireChecksum(checksum, hex);
      const info = stored ? { key, size, mtime: time } : await this.head(key);
      if (info !== null) return info;
      throw new DistGitError('unavailable', 'A stored file is gone again; please try once more.');
    } catch (error) {
      await file.abandon();
      // What can not be removed now, `recover` removes.
      await unlink(staged).catch(() => {});
      if (error instanceof BodyError) throw error.cause;
      throw storageError(error);
    }
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    try {
      const found = await stat(this.#path(key));
      return found.isFile() ? { key, size: found.size, mtime: found.mtime } : null;
    } catch (error) {
      return this.#absence(error);
    }
  }

  async get(key: ObjectKey, range?: { start: number; end: number }) {
    try {
      const handle = await open(this.#path(key), 'r');
      try {
        const found = await handle.stat();
        if (!found.isFile()) {
          await handle.close();
          return null;
        }
        const info: ObjectInfo = { key, size: found.size, mtime: found.mtime };
        // The stream owns the handle from here on and closes it.
        const body: Readable = createReadStream('', {
          fd: handle,
          highWaterMark: 512 * 1024,
          ...range,
        });
        return { info, body };
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      return this.#absence(error);
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    const path = this.#path(key);
    try {
      await unlink(path);
      await syncFolder(dirname(path));
    } catch (error) {
      await this.#absence(error);
    }
  }

  async *list(): AsyncIterable<ObjectKey> {
    await this.#requireRoot();
    try {
      for await (const entry of await opendir(this.#root, { recursive: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        if (path.startsWith(this.#staging + sep)) continue;
        yield relative(this.#root, path) as ObjectKey;
      }
    } catch (error) {
      throw storageError(error);
    }
  }

  /** "There is none" only where the folder itself is there: a disk that is away is no answer. */
  async #absence(error: unknown): Promise<null> {
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw storageError(error);
    await this.#requireRoot();
    return null;
  }

  /** The staging folder is made at the start, so that an empty mount point has none. */
  async #requireRoot(): Promise<void> {
    await stat(this.#staging).catch((cause: unknown) => {
      throw new DistGitError('unavailable', 'The look-aside cache can not be reached.', {
        detail: { remedy: 'Try again later.' },
        cause,
      });
    });
  }

  #path(key: ObjectKey): string {
    return join(this.#root, ...keySegments(key));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
