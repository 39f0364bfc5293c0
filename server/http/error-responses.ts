import type { ErrorRequestHandler, Response } from 'express';
import multer from 'multer';
import type { Logger } from 'pino';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import { stateOf } from './request-state.ts';

/** Seconds, where the error does not know better. */
const RETRY_AFTER_S = 10;

/** Every error ends here, in the dialect of its route. A 500 shows the request's id and no more. */
export function errorResponses(
  authenticators: readonly Authenticator[],
  log: Logger,
): ErrorRequestHandler {
  const challenges = authenticators.flatMap((one) => one.challenges);
  return (raw: unknown, _req, res, _next) => {
    const error = asDistGitError(raw);
    const { requestId } = stateOf(res);
    noteError(log, error, raw, requestId);
    if (res.headersSent) {
      // Part of the answer is out: cutting the connection is the only truthful end.
      res.destroy();
      return;
    }
    if (error.kind.http === 401) res.setHeader('WWW-Authenticate', challenges);
    if (error.kind.retryable)
      res.setHeader('Retry-After', String(error.detail.retryAfter ?? RETRY_AFTER_S));
    res.status(error.kind.http);
    write(res, error, requestId);
  };
}

/** What the site admin must know of; `raw` is the error as it was thrown. */
export function noteError(log: Logger, error: DistGitError, raw: unknown, requestId: string): void {
  if (error.code === 'internal') log.error({ err: raw, requestId }, 'a request failed');
  else if (error.kind.http >= 500) log.warn({ err: error, requestId }, 'a request failed');
}

function write(res: Response, error: DistGitError, requestId: string): void {
  const { remedy, problems } = error.detail;
  // A credential that does not hold is refused by what it is, not by a decision.
  const rule = error.detail.rule ?? (error.code === 'credential_invalid' ? 'login' : undefined);
  const message =
    error.code === 'internal' ? `The server failed. Request ${requestId}.` : error.message;
  if (stateOf(res).dialect !== 'api') {
    const more = [
      ...(problems ?? []).map((problem) => `${problem.path}: ${problem.message}`),
      ...(remedy === undefined ? [] : [remedy]),
    ];
    const said = rule === undefined ? message : `${message} [${rule}]`;
    res.type('text/plain').send(`${[said, ...more].join('\n')}\n`);
    return;
  }
  res.type('application/problem+json').send(
    JSON.stringify({
      type: 'about:blank',
      title: error.kind.summary,
      status: error.kind.http,
      detail: message,
      code: error.code,
      ...(remedy === undefined ? {} : { remedy }),
      ...(rule === undefined ? {} : { rule }),
      ...(problems === undefined ? {} : { problems }),
      requestId,
    }),
  );
}

/** What libraries throw, in our words. */
export function asDistGitError(error: unknown): DistGitError {
  if (error instanceof DistGitError) return error;
  if (error instanceof multer.MulterError)
    return new DistGitError('input_invalid', `The form is not valid: ${error.message}.`, {
      detail: { remedy: 'Send name, a checksum and one file, nothing else.' },
      cause: error,
    });
  const { status, type } = error as { status?: number; type?: string };
  if (status === 413) return new DistGitError('too_large', 'The request is too large.');
  if (status === 415)
    return new DistGitError('media_type_unsupported', 'The content type is not supported.');
  // body-parser and the router tell of bad JSON and bad percent-encoding this way.
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new DistGitError('input_invalid', 'The request can not be read.', {
      detail: type === 'entity.parse.failed' ? { remedy: 'Send valid JSON.' } : {},
      cause: error,
    });
  const message = (error as Error | null)?.message ?? '';
  if (/^Request (aborted|closed|error)|^aborted$/.test(message))
    return new DistGitError('client_gone', 'The client went away.', { cause: error });
  if (/^(Multipart:|Malformed|Unexpected end of (form|multipart))/i.test(message))
    return new DistGitError('input_invalid', 'The form is not valid multipart.', { cause: error });
  return new DistGitError('internal', 'The server failed.', { cause: error });
}
