import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { API_ROOT } from '../../core/api/routes.ts';
import { DOWNLOAD_ROOTS } from '../../core/domain/lookaside-addresses.ts';
import { errorPage } from '../web/error-page.ts';
import type { Visitor } from '../web/layout.ts';
import { PATHS, parsePagePath } from '../web/paths.ts';
import { asDistGitError, noteError } from './error-responses.ts';
import { stateOf } from './request-state.ts';
import { goTo, sendPage, siteOf, visitOf, type WebDeps } from './web-visit.ts';

/** Seconds, where the error does not know better. */
const RETRY_AFTER_S = 10;

/** Errors of the pages, as pages. A 500 shows the request's id and no more. */
export function webErrors(deps: WebDeps, log: Logger): ErrorRequestHandler {
  return (raw: unknown, req, res, _next) => {
    const error = asDistGitError(raw);
    const { requestId } = stateOf(res);
    noteError(log, error, raw, requestId);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (error.code === 'authentication_required') {
      const next = parsePagePath(req.path);
      goTo(deps, res, next === null ? PATHS.login : loginPath(next));
      return;
    }
    sayWhenToRetry(res, error);
    const { visitor } = res.locals as { visitor?: Visitor };
    const { code, message, detail, kind } = error;
    const shown =
      code === 'internal'
        ? { message: 'The server failed.', detail: { remedy: 'Try again later.' } }
        : { message, detail };
    const page = errorPage(siteOf(deps), { summary: kind.summary, requestId, ...shown });
    const nobody: Visitor = { principal: { kind: 'anonymous' }, csrf: null };
    sendPage(deps, res, visitor ?? nobody, page, kind.http);
  };
}

/** In seconds, where another try is of use. */
export function sayWhenToRetry(res: Response, error: DistGitError): void {
  const { retryAfter = RETRY_AFTER_S } = error.detail;
  if (error.kind.retryable) res.setHeader('Retry-After', String(retryAfter));
}

export function loginPath(next: string): string {
  return `${PATHS.login}?next=${encodeURIComponent(next)}`;
}

/** Below these, programs ask. */
const OF_PROGRAMS = [API_ROOT, ...DOWNLOAD_ROOTS, '/uploads', '/client', '/.well-known'];

/** A browser that asks for nothing that there is gets a page; programs get what they always got. */
export function unknownPage(deps: WebDeps): RequestHandler {
  return async (req, res, next) => {
    const program = OF_PROGRAMS.some((root) => `${req.path}/`.startsWith(`${root}/`));
    const reads = req.method === 'GET' || req.method === 'HEAD';
    if (program || !reads || !/\btext\/html\b/i.test(req.headers.accept ?? '')) {
      next();
      return;
    }
    await visitOf(deps, req, res);
    next(
      new DistGitError('not_found', 'There is no page at this address.', {
        detail: { remedy: 'Begin at the first page, or look at the list of components.' },
      }),
    );
  };
}
