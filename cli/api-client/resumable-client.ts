import { stat } from 'node:fs/promises';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { PIECE_TYPE, TUS_VERSION, UPLOADS_PATH } from '../../core/api/tus.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { parseUploadId, type UploadId } from '../../core/domain/upload-id.ts';
import { formatUploadMetadata, parseByteCount } from '../../core/domain/upload-metadata.ts';
import type { Track } from '../output/progress.ts';
import { type ApiClient, responseError } from './api-client.ts';
import { Patience } from './patience.ts';
import { answerOf, open, sendFile, textOf } from './requests.ts';
import type { UploadStates } from './upload-states.ts';

/** A file to upload, and what it needs on the way. */
export interface ResumableFile {
  readonly address: SourceAddress;
  readonly path: string;
  readonly track: Track;
  readonly states: UploadStates;
  readonly signal: AbortSignal;
  readonly patience?: Patience;
}

/**
 * Uploads a file by tus 1.0.0: what reached the server is never sent again. A broken connection is
 * taken up again where the server says; a run that ended (killed, interrupted, without network) is
 * taken up by the next one.
 * @throws DistGitError; the upload goes on in a later run, but after `checksum_mismatch`
 */
export async function uploadResumable(api: ApiClient, upload: ResumableFile): Promise<void> {
  const { address, path, track, states, signal, patience = new Patience() } = upload;
  const { size, mtime } = await stat(path);
  let id = await states.find(api.url, address);
  /** Undefined: to be asked for; null: the server knows of no such upload. */
  let offset: number | null | undefined;
  track.start(size);
  for (;;)
    try {
      if (id !== null) offset ??= await askOffset(api, id, signal);
      if (id === null || offset === null || offset === undefined) {
        id = await create(
          api,
          formatUploadMetadata({ address, mtime: Math.max(0, mtime.getTime()) }),
          size,
          signal,
        );
        await states.keep(api.url, address, id);
        offset = 0;
      }
      if (offset === size) {
        await states.forget(api.url, address);
        track.done();
        return;
      }
      patience.reached(offset);
      track.start(size, offset);
      if (offset > 0) track.note(`goes on at ${formatBytes(offset)} of ${formatBytes(size)}`);
      offset = await sendRest(api, id, upload, offset, size);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DistGitError && error.code === 'checksum_mismatch')
        await states.forget(api.url, address);
      offset = undefined;
      await patience
        .wait(error, (text) => track.note(text), signal)
        .catch((final: unknown) => {
          throw resumeLater(final);
        });
    }
}

/**
 * How far an upload of an earlier run has come, in bytes; null: there is none.
 * @throws DistGitError where the server can not be asked
 */
export async function resumesAt(
  api: ApiClient,
  address: SourceAddress,
  states: UploadStates,
  signal: AbortSignal,
): Promise<number | null> {
  const id = await states.find(api.url, address);
  return id === null ? null : askOffset(api, id, signal);
}

/** How long an answer is waited for when all is sent; after that the server is asked how far it is. */
const STORING_MS = 600_000;
/** How soon a dead peer is looked for meanwhile. */
const KEEP_ALIVE_MS = 30_000;

const TUS = { 'Tus-Resumable': TUS_VERSION };

/** Null: the server does not know the upload, or not any more. */
async function askOffset(
  api: ApiClient,
  id: UploadId,
  signal: AbortSignal,
): Promise<number | null> {
  const request = open(api, 'HEAD', `${UPLOADS_PATH}/${id}`, TUS, signal);
  request.end();
  const answer = await answerOf(request, api.url);
  answer.resume();
  const { statusCode: status = 0, headers } = answer;
  if (status === 404) return null;
  if (status !== 200) throw responseError(status, '');
  return parseByteCount('Upload-Offset', single(headers['upload-offset']));
}

async function create(
  api: ApiClient,
  metadata: string,
  size: number,
  signal: AbortSignal,
): Promise<UploadId> {
  const headers = {
    ...TUS,
    'Upload-Length': size,
    'Upload-Metadata': metadata,
    'Content-Length': 0,
  };
  const request = open(api, 'POST', UPLOADS_PATH, headers, signal);
  request.end();
  const answer = await answerOf(request, api.url);
  const text = await textOf(answer, api.url);
  if (answer.statusCode !== 201) throw responseError(answer.statusCode ?? 0, text);
  // Only the id: where a server sends us, our token does not follow.
  return parseUploadId((answer.headers.location ?? '').split('/').at(-1) ?? '');
}

/** @returns the offset that the server tells then */
async function sendRest(
  api: ApiClient,
  id: UploadId,
  { path, address, track, signal }: ResumableFile,
  offset: number,
  size: number,
): Promise<number> {
  if ((await stat(path)).size !== size)
    fail('usage', `${address.file} changed while it was uploaded.`, 'Run the command again.');
  const headers = {
    ...TUS,
    'Content-Type': PIECE_TYPE,
    'Content-Length': size - offset,
    'Upload-Offset': offset,
    Expect: '100-continue',
  };
  const request = open(api, 'PATCH', `${UPLOADS_PATH}/${id}`, headers, signal);
  // Nothing comes back while the server hashes and stores it all.
  request.once('finish', () => {
    track.note('sent; the server verifies and stores it');
    request.setTimeout(STORING_MS);
    request.socket?.setKeepAlive(true, KEEP_ALIVE_MS);
  });
  const range = { path, start: offset, end: size - 1 };
  const { answer, text } = await sendFile(request, api.url, range, track);
  if (answer.statusCode !== 204) {
    request.destroy();
    throw responseError(answer.statusCode ?? 0, text);
  }
  return parseByteCount('Upload-Offset', single(answer.headers['upload-offset']));
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join() : value;
}

/** A server or a network that is away: nothing is lost, which the user should know. */
function resumeLater(error: unknown): unknown {
  if (!(error instanceof DistGitError) || error.code !== 'unavailable') return error;
  return new DistGitError(error.code, error.message, {
    detail: { remedy: 'What came is kept. Run the same command again: it goes on there.' },
    cause: error,
  });
}
