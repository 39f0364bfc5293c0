import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import { storageError } from '../storage/storage-error.ts';

/** Files that came before the fields that say what they are. */
export class StagingFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Removes what a server that died left. */
  async recover(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
  }

  /** @throws DistGitError `too_large`, `client_gone`; nothing is left then */
  async stage(body: Readable, maxSize: number) {
    const path = join(this.#folder, randomBytes(12).toString('hex'));
    let size = 0;
    const limit = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size <= maxSize) done(null, chunk);
        else
          done(new DistGitError('too_large', `The file is larger than ${formatBytes(maxSize)}.`));
      },
    });
    const remove = (): Promise<void> => rm(path, { force: true });
    try {
      await pipeline(body, limit, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    } catch (error) {
      // What can not be removed now, `recover` removes.
      await remove().catch(() => {});
      const { syscall } = error as NodeJS.ErrnoException;
      if (syscall === 'open' || syscall === 'write') throw storageError(error);
      if (error instanceof DistGitError) throw error;
      throw new DistGitError('client_gone', 'The upload broke off; nothing was stored.', {
        cause: error,
      });
    }
    return { open: (): Readable => createReadStream(path), remove };
  }
}
