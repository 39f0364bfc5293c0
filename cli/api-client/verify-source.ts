import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { lookasideUrlPath, type SourceAddress } from '../../core/domain/lookaside-path.ts';
import type { Track } from '../output/progress.ts';
import { type ApiClient, responseError, unreachable } from './api-client.ts';
import { Patience } from './patience.ts';
import { answerOf, counted, open, textOf } from './requests.ts';

/** What the look-aside cache really has under an address. */
export interface ReceivedSource {
  /** Lower-case hex, of the address's hash type. */
  readonly hex: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Downloads a file and hashes it on the way; nothing is written. A download that breaks off goes on
 * where it stopped.
 * @throws DistGitError where the file could not be read to its end, which says nothing of it
 */
export async function hashSource(
  api: ApiClient,
  address: SourceAddress,
  track: Track,
  signal: AbortSignal,
  patience = new Patience(),
): Promise<ReceivedSource> {
  let hash = createHash(address.checksum.type);
  let size = 0;
  const take = async (bytes: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of bytes) {
      hash.update(chunk);
      size += chunk.length;
    }
  };
  for (;;)
    try {
      const rest = { Range: `bytes=${size}-`, 'If-Range': `"${address.checksum.hex}"` };
      const path = lookasideUrlPath(address);
      const request = open(api, 'GET', path, size > 0 ? rest : {}, signal);
      request.end();
      const answer = await answerOf(request, api.url);
      const status = answer.statusCode ?? 0;
      if (status !== 200 && status !== 206)
        throw responseError(status, await textOf(answer, api.url));
      if (status === 200) {
        // All of it, whatever was asked for.
        hash = createHash(address.checksum.type);
        size = 0;
      }
      track.start(size + Number(answer.headers['content-length'] ?? 0), size);
      await pipeline(answer, counted(track), take).catch((cause: unknown) => {
        throw unreachable(api.url, cause);
      });
      track.done();
      return { hex: hash.digest('hex'), size };
    } catch (error) {
      signal.throwIfAborted();
      patience.reached(size);
      await patience.wait(error, (text) => track.note(text), signal);
    }
}
