import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, opendir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { batched } from '../db/batched.ts';
import { keySegments } from './object-key.ts';
import type { ObjectInfo, ObjectKey, ObjectStore } from './object-store.ts';
import { BodyError, ownErrors } from './own-errors.ts';
import { spentMemory } from './spent-memory.ts';
import { storageError } from './storage-error.ts';

/** Beside the objects, on the same filesystem; no component can have this name. */
const STAGING = '.staging';
/** Folders that are remembered: some megabytes. */
const MAX_DURABLE = 50_000;
/** Bytes gathered before a write, so that a large body makes few calls. */
const WRITE_SIZE = 512 * 1024;

/**
 * Objects as files below `root`, at the path that their key spells.
 *
 * A put: (1) write to a file of our own in the staging folder, (2) fsync it, (3) link it to its
 * final name, which fails if somebody was faster, (4) fsync the folders that got a new entry,
 * (5) unlink the staging name. Killed at any point, there is either no final name or a whole file.
 */
export class FolderStore implements ObjectStore {
  readonly #root: string;
  readonly #staging: string;
  /** Folders whose entry in their parent this process knows to be on the disk. */
  readonly #durable = new Set<string>();

  constructor(root: string) {
    this.#root = root;
    this.#staging = join(root, STAGING);
  }

  async recover(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    await mkdir(this.#staging, { recursive: true });
  }

  async put(key: ObjectKey, body: AsyncIterable<Buffer>, mtime: () => Date): Promise<ObjectInfo> {
    const staged = join(this.#staging, randomBytes(12).toString('hex'));
    const path = this.#path(key);
    try {
      const handle = await open(staged, 'wx', 0o644);
      let size: number;
      let time: Date;
      try {
        size = await writeBody(handle, body);
        time = mtime();
        // The body is whole: from here on the disk's answers are waited for side by side.
        await Promise.all([
          handle.utimes(time, time).then(() => handle.sync()),
          this.#makeFolder(dirname(path)),
        ]);
      } finally {
        await handle.close();
      }
      const first = await link(staged, path).then(() => true, unless('EEXIST', false));
      await Promise.all([syncFolder(dirname(path)), unlink(staged)]);
      const info = first ? { key, size, mtime: time } : await this.head(key);
      if (info !== null) return info;
      throw new DistGitError('unavailable', 'A stored file is gone again; please try once more.');
    } catch (error) {
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

  /**
   * Creates missing folders and makes each one's entry in its parent durable; also where a racing
   * put made them, which may not have come to that yet.
   */
  async #makeFolder(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true });
    const unsure: string[] = [];
    for (let path = folder; path !== this.#root; path = dirname(path)) {
      const isNew = made !== undefined && path.length >= made.length;
      if (isNew || !this.#durable.has(path)) unsure.push(path);
    }
    await Promise.all(unsure.map((path) => syncFolder(dirname(path))));
    if (this.#durable.size > MAX_DURABLE) this.#durable.clear();
    for (const path of unsure) this.#durable.add(path);
  }

  #path(key: ObjectKey): string {
    return join(this.#root, ...keySegments(key));
  }
}

/**
 * Writes in large pieces; the source is paused while the disk works.
 * @returns bytes
 */
async function writeBody(handle: FileHandle, body: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  let pending: Buffer[] = [];
  let bytes = 0;
  const spent = spentMemory();
  const flush = async (): Promise<void> => {
    for (let { bytesWritten } = await handle.writev(pending); bytesWritten < bytes; ) {
      // A short write: go on behind it. Disks do this when they are nearly full.
      const rest = Buffer.concat(pending).subarray(bytesWritten);
      bytesWritten += (await handle.write(rest)).bytesWritten;
    }
    size += bytes;
    pending.forEach(spent);
    pending = [];
    bytes = 0;
  };
  for await (const chunk of ownErrors(body)) {
    pending.push(chunk);
    bytes += chunk.length;
    if (bytes >= WRITE_SIZE) await flush();
  }
  if (bytes > 0) await flush();
  return size;
}

/** Syncs that wait while one runs share the next, by folder. */
const folderSyncs = new Map<string, (nothing: null) => Promise<void>>();

/** Returns when a sync that began after the call has ended. */
async function syncFolder(folder: string): Promise<void> {
  const known = folderSyncs.get(folder);
  if (known !== undefined) return known(null);
  const sync = batched<null, void>(async (askers) => {
    await syncFolderNow(folder);
    return askers.map(() => {});
  });
  folderSyncs.set(folder, sync);
  try {
    await sync(null);
  } finally {
    folderSyncs.delete(folder);
  }
}

async function syncFolderNow(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
/** For `catch`: `value` in place of this one error. */
const unless =
  <T>(code: string, value: T) =>
  (error: unknown): T => {
    if (codeOf(error) !== code) throw error;
    return value;
  };
