import type { Readable } from 'node:stream';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import type { Checksum } from '../../core/domain/checksum.ts';
import { chunksOf } from '../storage/chunks.ts';
import type { HashPool } from './hash-pool.ts';

/** A file on its way in. */
export interface IncomingFile {
  readonly body: Readable;
  /** Bytes of the request: the file has no more. Null: not known. */
  readonly atMost: number | null;
  /** Asked for behind the file's end. */
  readonly mtime: () => Date;
  /** Awaited at the end, before the last check: rpkg's form goes on behind the file. */
  readonly formEnd?: Promise<void>;
}

/**
 * `source` as it passes through: counted, limited, hashed, and **ended by an error unless it is
 * what the checksum says**. A source that breaks off is `client_gone`. The source is not destroyed
 * where this stops early: it may be a request that is still to be answered.
 */
export async function* verifiedBody(
  { body: source, atMost, formEnd }: Pick<IncomingFile, 'body' | 'atMost' | 'formEnd'>,
  checksum: Checksum,
  maxSize: number,
  hashes: HashPool,
): AsyncGenerator<Buffer> {
  const hash = hashes.open(checksum.type, atMost);
  let size = 0;
  let ended = false;
  try {
    for await (const chunk of chunksOf(source)) {
      size += chunk.length;
      if (size > maxSize)
        fail(
          'too_large',
          `The file is larger than ${formatBytes(maxSize)}, the limit of one upload.`,
          'Nothing was stored. Ask a site admin if the limit must be raised.',
        );
      await hash.update(chunk);
      yield chunk;
    }
    await formEnd;
    ended = true;
  } catch (error) {
    if (error instanceof DistGitError) throw error;
    throw new DistGitError('client_gone', 'The upload broke off; nothing was stored.', {
      detail: { remedy: 'Upload the file again.' },
      cause: error,
    });
  } finally {
    if (!ended) hash.abandon();
  }
  const received = await hash.digest();
  if (received !== checksum.hex)
    fail(
      'checksum_mismatch',
      `${checksum.type.toUpperCase()} check failed. Received ${received} instead of ${checksum.hex}.`,
      'Nothing was stored. Compute the checksum again and repeat the upload.',
    );
}
