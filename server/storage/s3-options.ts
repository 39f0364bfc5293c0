export interface S3Options {
  readonly bucket: string;
  /** Stands before every name; the part of the bucket that is this service's. */
  readonly prefix: string;
  /** None: Amazon's, by the region. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** The bucket in the path of URLs, not in the host's name. */
  readonly pathStyle: boolean;
  /** None: where the SDK always looks, such as the environment or the machine's role. */
  readonly credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
  /** Milliseconds until a request has its answer, and between two pieces of an answer. */
  readonly timeoutMs: number;
  /** Bytes; larger bodies go in parts of this size. */
  readonly partSize: number;
}

/** S3's own limits of an upload in parts: bytes of a part but the last, and parts. */
const MIN_PART = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** Bytes of a part, as small as it may be for a body of so many bytes: parts are held in memory. */
export function partSizeFor(maxSize: number): number {
  return Math.max(MIN_PART, Math.ceil(maxSize / MAX_PARTS));
}
