import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Principal } from '../../../core/access/principal.ts';
import type { RequestMetrics } from '../../observability/metrics.ts';
import { dialectOf, stateOf } from '../request-state.ts';

/** Gives every request its id, and one log line at its end; the query is left out of it. */
export function requestLog(
  log: Logger,
  metrics: RequestMetrics,
  namespace: string,
): RequestHandler {
  return (req, res, next) => {
    const state = stateOf(res) as { requestId: string; dialect: string; expectsContinue: boolean };
    state.requestId = randomUUID();
    state.dialect = dialectOf(req.path, namespace);
    state.expectsContinue = req.headers.expect === '100-continue';
    res.setHeader('X-Request-Id', state.requestId);
    const start = performance.now();
    res.on('close', () => {
      const seconds = (performance.now() - start) / 1000;
      const principal = req.user as Principal | undefined;
      metrics.request(req.method, res.statusCode, seconds);
      log.info({
        requestId: state.requestId,
        method: req.method,
        path: req.path,
        status: res.statusCode,
        ms: Math.round(seconds * 1000),
        user: principal?.kind === 'user' ? principal.name : undefined,
        cut: res.writableFinished ? undefined : true,
      });
    });
    next();
  };
}
