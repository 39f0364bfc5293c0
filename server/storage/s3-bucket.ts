import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { hashBody } from './body-hash.ts';
import type { ByteRange } from './object-store.ts';
import { nameOf, s3Failure, statusOf } from './s3-failure.ts';
import type { S3Options } from './s3-options.ts';
import { wholeBody } from './whole-body.ts';

type Metadata = Readonly<Record<string, string>>;

export interface S3Object {
  /** Bytes of the whole object. */
  readonly size: number;
  readonly metadata: Metadata;
  readonly modified: Date;
}

export type UploadedPart = CompletedPart;

export interface OpenUpload {
  readonly id: string;
  /** False: an earlier answer was lost, and with it the id of another upload, maybe. */
  readonly alone: boolean;
}

const SHA256 = 'SHA256' as const;
/** Attempts of one request in all; the SDK waits longer before each. */
const ATTEMPTS = 5;
const CONNECT_MS = 5000;
const MAX_SOCKETS = 256;
/**
 * A bucket by what the store needs of it, and the only file that knows the SDK. "There is none" is
 * told only where the server says so by name; all else throws DistGitError `unavailable` or
 * `storage_full`, after the SDK's retries.
 */
export class S3Bucket {
  readonly #client: S3Client;
  readonly #options: S3Options;

  constructor(options: S3Options) {
    this.#options = options;
    const { endpoint, credentials, timeoutMs } = options;
    const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#client = new S3Client({
      region: options.region,
      forcePathStyle: options.pathStyle,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      maxAttempts: ATTEMPTS,
      // With it the SDK opens a connection for each body.
      expectContinueHeader: false,
      requestHandler: {
        connectionTimeout: Math.min(CONNECT_MS, timeoutMs),
        requestTimeout: timeoutMs,
        throwOnRequestTimeout: true,
        // A slow reader of an answer is no fault; `wholeBody` looks after answers that stall.
        socketTimeout: 0,
        httpAgent: agent,
        httpsAgent: agent,
      },
    });
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        await hashBody(args.request);
        return next(args);
      },
      { step: 'build', priority: 'high', name: 'hashBody' },
    );
  }

  /** @throws where the bucket is not there, or not for us */
  async check(): Promise<void> {
    await this.#client.send(new HeadBucketCommand(this.#bucket)).catch(rethrow);
  }

  async head(name: string): Promise<S3Object | null> {
    try {
      return objectOf(await this.#client.send(new HeadObjectCommand(this.#at(name))));
    } catch (error) {
      if (statusOf(error) !== 404) throw s3Failure(error);
      // The answer has no body: without the bucket it would read the same.
      await this.check();
      return null;
    }
  }

  /** The body that is returned fails where it is not whole. */
  async get(name: string, range?: ByteRange): Promise<(S3Object & { body: Readable }) | null> {
    try {
      const wanted = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
      const got = await this.#client.send(new GetObjectCommand({ ...this.#at(name), ...wanted }));
      const { Body: body } = got;
      if (!(body instanceof Readable)) throw new Error('An answer has no body.');
      try {
        const size = sizeOf(got, range);
        const object = objectOf({ ...got, ContentLength: size });
        return {
          ...object,
          body: wholeBody(body, got.ContentLength ?? 0, this.#options.timeoutMs),
        };
      } catch (error) {
        body.destroy();
        throw error;
      }
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey' && statusOf(error) === 404) return null;
      throw s3Failure(error);
    }
  }

  /**
   * One PUT.
   * @param onlyNew not where there is one already, as far as the server knows of such conditions
   * @returns false: there was one already
   */
  async put(name: string, body: Buffer, metadata: Metadata, onlyNew: boolean): Promise<boolean> {
    const request = { ...this.#newObject(name, metadata, onlyNew), Body: body };
    const answer = await this.#client.send(new PutObjectCommand(request)).catch(falseIfThere);
    if (answer !== false && answer.ETag === undefined)
      throw s3Failure(new Error('An answer to a put is none of an S3 server.'));
    return answer !== false;
  }

  /** Does the server keep what is there, when told so? It is tried; none is left of `name`. */
  async knowsConditions(name: string): Promise<boolean> {
    await this.put(name, Buffer.alloc(0), {}, false);
    const request = { ...this.#newObject(name, {}, true), Body: Buffer.alloc(0) };
    const status = await this.#client.send(new PutObjectCommand(request)).then(() => 200, statusOf);
    await this.delete(name);
    if (status !== 412 && status !== 200 && status !== 501)
      throw s3Failure(new Error(`A conditional put was answered with ${status}.`));
    return status === 412;
  }

  /** Begins an upload in parts. */
  async begin(name: string, metadata: Metadata): Promise<OpenUpload> {
    const request = this.#newObject(name, metadata, false);
    const answer = await this.#client
      .send(new CreateMultipartUploadCommand(request))
      .catch(rethrow);
    const { UploadId: id, $metadata: of } = answer;
    if (id === undefined) rethrow(new Error('An upload in parts has no id.'));
    return { id, alone: of.attempts === 1 };
  }

  async abort(name: string, id: string): Promise<void> {
    const abort = new AbortMultipartUploadCommand({ ...this.#at(name), UploadId: id });
    await this.#client.send(abort).catch((error: unknown) => {
      if (nameOf(error) !== 'NoSuchUpload') throw s3Failure(error);
    });
  }

  /** @param number from 1 on; all parts but the last are of `partSize` */
  async sendPart(name: string, id: string, number: number, body: Buffer): Promise<UploadedPart> {
    const part = { UploadId: id, PartNumber: number, Body: body, ChecksumAlgorithm: SHA256 };
    const { ETag, ChecksumSHA256 } = await this.#client
      .send(new UploadPartCommand({ ...this.#at(name), ...part }))
      .catch(rethrow);
    if (ETag === undefined) rethrow(new Error('An answer to a part is none of an S3 server.'));
    return {
      PartNumber: number,
      ETag,
      ...(ChecksumSHA256 === undefined ? {} : { ChecksumSHA256 }),
    };
  }

  /**
   * @param parts in their order
   * @returns false: there was one already, see `put`
   */
  async commit(
    name: string,
    id: string,
    parts: readonly UploadedPart[],
    onlyNew: boolean,
  ): Promise<boolean> {
    const request = {
      ...this.#at(name),
      UploadId: id,
      MultipartUpload: { Parts: [...parts] },
      ...(onlyNew ? { IfNoneMatch: '*' } : {}),
    };
    const answer = await this.#client
      .send(new CompleteMultipartUploadCommand(request))
      .catch(falseIfThere);
    if (answer !== false && answer.ETag === undefined)
      throw s3Failure(new Error('An answer to a commit is none of an S3 server.'));
    return answer !== false;
  }

  /**
   * Aborts the uploads in parts to just this name.
   * @param stillWanted asked before each: they are none of ours any more
   */
  async abortUploads(name: string, stillWanted: () => boolean): Promise<void> {
    const { Bucket, Key } = this.#at(name);
    try {
      const found: string[] = [];
      let next: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
      while (next !== null) {
        // The whole name as prefix: some servers find uploads by nothing less.
        const ask = new ListMultipartUploadsCommand({ Bucket, Prefix: Key, ...next });
        const page: ListMultipartUploadsCommandOutput = await this.#client.send(ask);
        for (const { Key: key, UploadId: id } of page.Uploads ?? [])
          if (key === Key && id !== undefined) found.push(id);
        const { IsTruncated, NextKeyMarker = '', NextUploadIdMarker = '' } = page;
        next =
          IsTruncated === true && NextKeyMarker !== ''
            ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
            : null;
      }
      for (const UploadId of found) {
        if (!stillWanted()) return;
        await this.abort(name, UploadId);
      }
    } catch (error) {
      throw s3Failure(error);
    }
  }

  async delete(name: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#at(name))).catch((error: unknown) => {
      if (nameOf(error) !== 'NoSuchKey') throw s3Failure(error);
    });
  }

  /** The names below `under` and behind `after`, in pages. */
  async *names(under: string, after?: string): AsyncGenerator<string[]> {
    const { prefix } = this.#options;
    const start = after === undefined ? {} : { StartAfter: prefix + after };
    const query = { ...this.#bucket, Prefix: prefix + under, ...start };
    try {
      for await (const page of paginateListObjectsV2({ client: this.#client }, query)) {
        const { IsTruncated: more, NextContinuationToken: next } = page;
        if (more === undefined || (more && next === undefined))
          throw new Error('A list does not say whether, or where, it goes on.');
        yield (page.Contents ?? []).map(({ Key = '' }) => Key.slice(prefix.length));
      }
    } catch (error) {
      throw s3Failure(error);
    }
  }

  /** A URL that whoever has it may GET the object at, and do nothing else, for so many seconds. */
  async presign(name: string, seconds: number): Promise<string> {
    const get = new GetObjectCommand({
      ...this.#at(name),
      ResponseContentType: 'application/octet-stream',
      ResponseContentDisposition: 'attachment',
    });
    return getSignedUrl(this.#client, get, { expiresIn: seconds }).catch(rethrow);
  }

  get #bucket() {
    return { Bucket: this.#options.bucket };
  }

  #at(name: string) {
    return { ...this.#bucket, Key: this.#options.prefix + name };
  }

  #newObject(name: string, metadata: Metadata, onlyNew: boolean) {
    return {
      ...this.#at(name),
      Metadata: { ...metadata },
      ContentType: 'application/octet-stream',
      ChecksumAlgorithm: SHA256,
      ...(onlyNew ? { IfNoneMatch: '*' } : {}),
    };
  }
}

/** Bytes of the whole object, by an answer that has just the part that was asked for. */
function sizeOf(
  { ContentLength: length, ContentRange: sent }: { ContentLength?: number; ContentRange?: string },
  range: ByteRange | undefined,
): number {
  const [, start, end, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(sent ?? '') ?? []).map(Number);
  if (range === undefined && sent === undefined && length !== undefined) return length;
  if (range !== undefined && start === range.start && end !== undefined && total !== undefined) {
    const isAsked = end === Math.min(range.end, total - 1) && length === end - start + 1;
    if (isAsked) return total;
  }
  throw new Error(`The answer is not what was asked for: ${length} bytes, ${sent}.`);
}

function objectOf(answer: {
  ContentLength?: number | undefined;
  Metadata?: Record<string, string> | undefined;
  LastModified?: Date | undefined;
}): S3Object {
  const { ContentLength: size, Metadata: metadata = {}, LastModified: modified } = answer;
  if (size === undefined || modified === undefined)
    throw new Error('An answer does not say how long or how old the object is.');
  return { size, metadata, modified };
}

/** 412: the condition `If-None-Match` does not hold. 409: another put of it is under way. */
function falseIfThere(error: unknown): false {
  if (statusOf(error) === 412 || nameOf(error) === 'ConditionalRequestConflict') return false;
  throw s3Failure(error);
}

function rethrow(error: unknown): never {
  throw s3Failure(error);
}
