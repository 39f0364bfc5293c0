import { ERROR_TABLE, type ErrorCode, type ErrorKind } from './error-table.ts';

export interface ErrorDetail {
  /** What the reader should do next, one sentence or command. */
  readonly remedy?: string;
  /** The permission rule that refused, see `core/access/decide.ts`. */
  readonly rule?: string;
  /** Seconds until another try is of use. */
  readonly retryAfter?: number;
  /** Each problem of the input, where there are several. */
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
}

/**
 * The one error class. `message` states facts and may reach any client, so it holds no secret and
 * no path of the server; `cause` stays in the log.
 */
export class DistGitError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(
    code: ErrorCode,
    message: string,
    options: { detail?: ErrorDetail; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'DistGitError';
    this.code = code;
    this.detail = options.detail ?? {};
  }

  get kind(): ErrorKind {
    return ERROR_TABLE[this.code];
  }
}

/** Short form for the most frequent throw: a fact, and what to do about it. */
export function fail(code: ErrorCode, message: string, remedy?: string): never {
  throw new DistGitError(code, message, remedy === undefined ? {} : { detail: { remedy } });
}

/** A refusal that the permission decision did not make: 403, with its own rule. */
export function refused(rule: string, message: string, remedy: string): never {
  throw new DistGitError('not_allowed', message, { detail: { rule, remedy } });
}
