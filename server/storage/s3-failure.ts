import { DistGitError } from '../../core/api/distgit-error.ts';

/** What the SDK's errors have, whichever class they are of. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly requestId?: string;
    readonly attempts?: number;
  };
}

/** Names by which S3 servers say that there is no room. */
const FULL =
  /^(QuotaExceeded|QuotaExceededException|StorageFull|XMinioStorageFull|InsufficientCapacity)$/;

export const statusOf = (error: unknown): number | undefined =>
  (error as SdkError | undefined)?.$metadata?.httpStatusCode;
export const nameOf = (error: unknown): string | undefined => (error as SdkError | undefined)?.name;

/**
 * An error of the S3 server, or of the way there, in a client's words; errors that are ours
 * already pass. The SDK's own error has the signed request on it, so that only its words are kept.
 */
export function s3Failure(error: unknown): DistGitError {
  if (error instanceof DistGitError) return error;
  const { name, message, code, $metadata: of } = (error ?? {}) as SdkError;
  const parts = [`${name ?? 'Error'}: ${message ?? ''}`, code, of?.httpStatusCode, of?.requestId];
  const cause = new Error(parts.filter((part) => part !== undefined).join(', '));
  if (of?.httpStatusCode === 507 || FULL.test(name ?? '') || FULL.test(code ?? ''))
    return new DistGitError('storage_full', 'The look-aside cache has no room left.', {
      detail: { remedy: 'Nothing was stored. Ask a site admin for room, then upload again.' },
      cause,
    });
  return new DistGitError('unavailable', 'The look-aside cache can not be reached.', {
    detail: { remedy: 'Try again later.' },
    cause,
  });
}
