import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fail } from '../../core/api/distgit-error.ts';
import { noUpload, parseUploadId, type UploadId } from '../../core/domain/upload-id.ts';
import { storageError } from '../storage/storage-error.ts';
import { formatRecord, type PartialRecord, parseRecord } from './partial-record.ts';
import { UploadHolds } from './upload-holds.ts';

/** Bytes gathered before a write. */
const WRITE_SIZE = 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;

/** An upload on its way. */
export interface PartialUpload extends PartialRecord {
  readonly id: UploadId;
  /** Where the next byte goes: so many are on the disk for certain. */
  readonly offset: number;
  /** The file is in the look-aside cache; the record stays so that a lost answer can be asked for. */
  readonly stored: boolean;
  readonly expires: Date;
}

/**
 * Files that arrive in pieces, over restarts of the server: `<id>` with the bytes that came, and
 * `<id>.json` with what they are. The length of the file is the offset: nothing else has to be kept
 * in step with it. Both are removed after some days without progress.
 */
export class PartialFiles {
  readonly #folder: string;
  readonly #lifeMs: number;
  readonly holds = new UploadHolds();

  /** @param days without progress after which an upload expires */
  constructor(folder: string, days: number) {
    this.#folder = folder;
    this.#lifeMs = days * DAY_MS;
  }

  async recover(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  /** Begins an upload; it is durable when this returns. @param stored it is in the cache already */
  async create(record: PartialRecord, stored = false): Promise<PartialUpload> {
    const id = parseUploadId(randomBytes(16).toString('hex'));
    try {
      if (!stored) await writeFile(this.#data(id), '', { flag: 'wx', mode: 0o600 });
      await this.#writeRecord(id, record, stored);
    } catch (error) {
      await this.remove(id).catch(() => {});
      throw storageError(error);
    }
    return this.read(id);
  }

  /** @throws DistGitError `not_found`, also for what has expired */
  async read(id: UploadId): Promise<PartialUpload> {
    try {
      const [text, { mtimeMs: made }] = await Promise.all([
        readFile(this.#record(id), 'utf8'),
        stat(this.#record(id)),
      ]);
      const { stored, ...record } = parseRecord(text);
      const { size: there, mtimeMs } = stored
        ? { size: record.size, mtimeMs: made }
        : await syncedFile(this.#data(id));
      const expires = new Date(Math.max(mtimeMs, made) + this.#lifeMs);
      if (expires.getTime() < Date.now()) noUpload();
      // The last byte counts when the file is in the cache: whoever is told that all is there may
      // believe that it is stored.
      const offset = stored ? record.size : Math.min(there, record.size - 1);
      return { ...record, id, offset, stored, expires };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') noUpload();
      throw storageError(error);
    }
  }

  /**
   * Writes what comes behind the upload's offset. What came before `pieces` broke off, or the disk
   * was full, is kept.
   * @param cut breaks `pieces` off
   * @returns the bytes that are there then, on the disk
   * @throws DistGitError `storage_full`, `input_invalid` for more bytes than the file has; and what
   * `pieces` throws
   */
  async append(
    upload: PartialUpload,
    pieces: AsyncIterable<Buffer>,
    cut: (() => void) | null = null,
  ): Promise<number> {
    const heard = (how: typeof cut): void => this.holds.heard(upload.id, how);
    const handle = await open(this.#data(upload.id), 'r+').catch((error: unknown) => {
      throw storageError(error);
    });
    let end = upload.offset;
    let pending: Buffer[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const whole = pending;
      pending = [];
      bytes = 0;
      for (const piece of whole) end += await writeAt(handle, piece, end);
    };
    try {
      await handle.truncate(upload.offset);
      heard(cut);
      try {
        for await (const piece of pieces) {
          heard(cut);
          if (end + bytes + piece.length > upload.size)
            fail(
              'input_invalid',
              `More bytes came than the ${upload.size} of Upload-Length.`,
              'What came before them is kept.',
            );
          pending.push(piece);
          bytes += piece.length;
          if (bytes >= WRITE_SIZE) await flush();
        }
      } finally {
        heard(null);
        await flush();
        await handle.datasync();
      }
      return end;
    } catch (error) {
      throw keptError(error);
    } finally {
      await handle.close();
    }
  }

  open(id: UploadId): Readable {
    return createReadStream(this.#data(id), { highWaterMark: WRITE_SIZE });
  }

  /** The file is in the cache: its bytes are not needed any more. */
  async markStored({ id, ...record }: PartialUpload): Promise<void> {
    await this.#writeRecord(id, record, true);
    await rm(this.#data(id), { force: true });
  }

  /** The record first: without it the rest is nothing to anybody. */
  async remove(id: UploadId): Promise<void> {
    await rm(this.#record(id), { force: true });
    await rm(this.#data(id), { force: true });
  }

  /** Removes uploads without progress for too long. @returns how many files */
  async removeExpired(): Promise<number> {
    const names = await readdir(this.#folder);
    const ids = new Set(names.flatMap((name) => /^[0-9a-f]{32}(?=$|\.)/.exec(name) ?? []));
    let removed = 0;
    for (const name of ids) {
      const id = parseUploadId(name);
      if (this.holds.has(id)) continue;
      await this.holds.hold(id, async () => {
        const of = names.filter((one) => one.startsWith(name));
        const times = await Promise.all(of.map((one) => modified(join(this.#folder, one))));
        if (Math.max(...times) + this.#lifeMs >= Date.now()) return;
        for (const one of of) await rm(join(this.#folder, one), { force: true });
        removed += of.length;
      });
    }
    return removed;
  }

  /** Whole or not at all, and durable. */
  async #writeRecord(id: UploadId, record: PartialRecord, stored: boolean): Promise<void> {
    const aside = `${this.#record(id)}.new`;
    await writeFile(aside, formatRecord({ ...record, stored }), { mode: 0o600, flush: true });
    await rename(aside, this.#record(id));
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #data(id: UploadId): string {
    return join(this.#folder, id);
  }

  #record(id: UploadId): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** Synced first: the length that is told outlives the machine. */
async function syncedFile(path: string) {
  const handle = await open(path, 'r');
  try {
    await handle.datasync();
    return await handle.stat();
  } finally {
    await handle.close();
  }
}

/** All of it, also where the disk takes it in parts. @returns bytes */
async function writeAt(handle: FileHandle, piece: Buffer, position: number): Promise<number> {
  for (let done = 0; done < piece.length; ) {
    const rest = piece.length - done;
    done += (await handle.write(piece, done, rest, position + done)).bytesWritten;
  }
  return piece.length;
}

/** A full disk in the words of an upload that can go on. */
function keptError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return fail(
      'storage_full',
      'The server has no room left for this upload.',
      'What came is kept. Ask a site admin for room, then go on where it stopped.',
    );
  return storageError(error);
}

function modified(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
