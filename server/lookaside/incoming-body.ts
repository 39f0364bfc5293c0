import type { Readable } from 'node:stream';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import { chunksOf } from '../storage/chunks.ts';

/** A file on its way in. */
export interface IncomingFile {
  readonly body: Readable;
  /** Asked for behind the file's end. */
  readonly mtime: () => Date;
  /** Awaited at the end, before the last check: rpkg's form goes on behind the file. */
  readonly formEnd?: Promise<void>;
}

/**
 * `source` as it passes through: counted and limited. A source that breaks off is `client_gone`.
 * The source is not destroyed where this stops early: it may be a request that is still to be
 * answered.
 * @param maxSize bytes
 * @throws DistGitError `client_gone`, `too_large`, and what `formEnd` fails with
 */
export async function* incomingBody(
  { body: source, formEnd }: Pick<IncomingFile, 'body' | 'formEnd'>,
  maxSize: number,
): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of chunksOf(source)) {
      size += chunk.length;
      if (size > maxSize)
        fail(
          'too_large',
          `The file is larger than ${formatBytes(maxSize)}, the limit of one upload.`,
          'Nothing was stored. Ask a site admin if the limit must be raised.',
        );
      yield chunk;
    }
    await formEnd;
  } catch (error) {
    if (error instanceof DistGitError) throw error;
    throw new DistGitError('client_gone', 'The upload broke off; nothing was stored.', {
      detail: { remedy: 'Upload the file again.' },
      cause: error,
    });
  }
}
