import { Readable } from 'node:stream';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { formatBytes } from '../../core/domain/byte-size.ts';
import type { SourceAddress } from '../../core/domain/lookaside-path.ts';
import { noUpload, type UploadId } from '../../core/domain/upload-id.ts';
import { type RequestContext, requireUser } from '../access/audit.ts';
import { chunksOf } from '../storage/chunks.ts';
import type { PartialFiles, PartialUpload } from './partial-files.ts';
import { acceptUpload, type UploadDeps, type UploadResult } from './upload-source.ts';

export interface ResumableDeps extends UploadDeps {
  readonly partials: PartialFiles;
}

/** What the client says of a file that it will send in pieces. */
export interface NewUpload {
  readonly address: SourceAddress;
  /** Bytes. */
  readonly size: number;
  readonly mtime: Date;
  /** `Upload-Metadata` as it came. */
  readonly metadata: string;
}

/** A piece of a file on its way in. */
export interface IncomingPiece {
  /** Where it belongs, by the client. */
  readonly offset: number;
  /** Bytes of the piece; null: not known before its end. */
  readonly length: number | null;
  /** Asked for when nothing refuses the piece. */
  readonly open: () => Readable;
  /** Ends a line that brings nothing any more. */
  readonly cut: () => void;
  /** All bytes are there: who asks, as of now. */
  readonly renew: () => Promise<RequestContext>;
}

/** What a request made of an upload. */
export interface Progressed {
  readonly upload: PartialUpload;
  /** Set where this request brought the file into the cache. */
  readonly result: UploadResult | null;
}

/**
 * Begins an upload that may break off and go on. All that it can be refused for is asked here, and
 * again when it is whole. An empty file is whole at once.
 * @throws DistGitError as `acceptUpload` does, and `too_large`
 */
export async function beginUpload(
  deps: ResumableDeps,
  context: RequestContext,
  input: NewUpload,
): Promise<Progressed> {
  const accepted = await acceptUpload(deps, context, input.address, input.size);
  if (input.size > deps.maxUploadSize)
    fail(
      'too_large',
      `The file is larger than ${formatBytes(deps.maxUploadSize)}, the limit of one upload.`,
      'Nothing was stored. Ask a site admin if the limit must be raised.',
    );
  const record = { ...input, user: requireUser(context).name };
  if (input.size > 0) return { upload: await deps.partials.create(record), result: null };
  const result = await accepted({ body: Readable.from([]), mtime: () => input.mtime });
  return { upload: await deps.partials.create(record, true), result };
}

/**
 * How far an upload has come.
 * @throws DistGitError `not_found`, also for an upload of somebody else; `locked` while a request
 * works on it: its offset moves
 */
export async function findUpload(
  deps: ResumableDeps,
  context: RequestContext,
  id: UploadId,
): Promise<PartialUpload> {
  await ownUpload(deps, context, id);
  await deps.partials.holds.requireFree(id);
  return ownUpload(deps, context, id);
}

/**
 * Takes the next piece in, and stores the file when that was the last: the same way as any upload,
 * so that a digest that does not match stores nothing, and removes what came. Whoever loses the
 * permission on the way, or finds the storage full, keeps what came until it expires.
 * @throws DistGitError `not_found`, `locked`, `conflict` where the piece belongs elsewhere,
 * `input_invalid` where it is too long, `client_gone`, `storage_full`, `checksum_mismatch`; and as
 * `acceptUpload` does
 */
export async function appendPiece(
  deps: ResumableDeps,
  context: RequestContext,
  id: UploadId,
  piece: IncomingPiece,
): Promise<Progressed> {
  const { partials } = deps;
  await ownUpload(deps, context, id);
  return partials.holds.hold(id, async () => {
    const upload = await ownUpload(deps, context, id);
    if (piece.offset !== upload.offset)
      fail(
        'conflict',
        `The upload goes on at byte ${upload.offset}, not at ${piece.offset}.`,
        'Ask for its offset with HEAD, and send what follows.',
      );
    if (piece.length !== null && piece.length > upload.size - upload.offset)
      fail(
        'input_invalid',
        `${piece.length} bytes come, but only ${upload.size - upload.offset} are missing.`,
        'Send the bytes behind Upload-Offset, and no more.',
      );
    if (upload.stored) return { upload, result: null };
    await acceptUpload(deps, context, upload.address, upload.size);
    const there = await partials.append(upload, bytesOf(piece.open()), piece.cut);
    if (there < upload.size) return { upload: await partials.read(id), result: null };
    const result = await storeWhole(deps, await piece.renew(), upload);
    return { upload: await partials.read(id), result };
  });
}

/** Gives an upload up. What is in the cache already stays there. */
export async function abandonUpload(
  deps: ResumableDeps,
  context: RequestContext,
  id: UploadId,
): Promise<void> {
  // Nobody else finds out whether there is one, or cuts its line.
  await ownUpload(deps, context, id);
  return deps.partials.holds.hold(id, async () => {
    await ownUpload(deps, context, id);
    await deps.partials.remove(id);
  });
}

async function ownUpload(
  deps: ResumableDeps,
  context: RequestContext,
  id: UploadId,
): Promise<PartialUpload> {
  const { name } = requireUser(context);
  const upload = await deps.partials.read(id);
  return upload.user === name ? upload : noUpload();
}

async function storeWhole(
  deps: ResumableDeps,
  context: RequestContext,
  upload: PartialUpload,
): Promise<UploadResult> {
  const accepted = await acceptUpload(deps, context, upload.address, upload.size);
  await using body = deps.partials.open(upload.id);
  try {
    const { mtime } = upload;
    const result = await accepted({ body, mtime: () => mtime });
    await deps.partials.markStored(upload);
    return result;
  } catch (error) {
    // No later piece can make it right.
    if (error instanceof DistGitError && error.code === 'checksum_mismatch')
      await deps.partials.remove(upload.id);
    throw error;
  }
}

async function* bytesOf(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* chunksOf(body);
  } catch (cause) {
    throw new DistGitError('client_gone', 'The upload broke off; what came is kept.', {
      detail: { remedy: 'Ask for its offset with HEAD, and send what follows.' },
      cause,
    });
  }
}
