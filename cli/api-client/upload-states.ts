import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseUploadId, type UploadId } from '../../core/domain/upload-id.ts';

/** Which uploads are under way, kept for the next run; one small file each, by server and file. */
export class UploadStates {
  readonly #folder: string;

  /** @param cacheFolder of centpkg */
  constructor(cacheFolder: string) {
    this.#folder = join(cacheFolder, 'uploads');
  }

  /** Null: none is known. What can not be read is not known. */
  async find(url: string, address: SourceAddress): Promise<UploadId | null> {
    try {
      const { id } = JSON.parse(await readFile(this.#file(url, address), 'utf8')) as { id: string };
      return parseUploadId(id);
    } catch {
      return null;
    }
  }

  async keep(url: string, address: SourceAddress, id: UploadId): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#file(url, address);
    const aside = `${file}.${process.pid}`;
    await writeFile(aside, `${JSON.stringify({ url, address, id })}\n`, { mode: 0o600 });
    await rename(aside, file);
  }

  async forget(url: string, address: SourceAddress): Promise<void> {
    await rm(this.#file(url, address), { force: true });
  }

  #file(url: string, { component, file, checksum }: SourceAddress): string {
    const key = [url, component, file, checksum.type, checksum.hex].join('\n');
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}
