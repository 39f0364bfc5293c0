import { Router } from 'express';
import { fail } from '../../core/api/distgit-error.ts';
import { ROUTES } from '../../core/api/routes.ts';
import { type ApiParsed, SCHEMAS } from '../../core/api/schemas.ts';
import { parseChecksum } from '../../core/domain/checksum.ts';
import type { BuildDeps } from '../builds/build-deps.ts';
import { acceptSrpm } from '../builds/submit-srpm.ts';
import { incomingBody } from '../lookaside/incoming-body.ts';
import type { BodyPool } from '../storage/body-pool.ts';
import { checkedBody } from '../storage/checked-body.ts';
import { parseInput } from './api-routes.ts';
import { bodyLength, contextOf, letBodyCome } from './request-state.ts';

export interface SrpmRouteDeps {
  readonly builds: BuildDeps;
  readonly bodies: BodyPool;
  readonly maxUploadSize: number;
}

/** The one operation of the API whose body is a file; what it is stands in the query. */
export function srpmRoutes({ builds, bodies, maxUploadSize }: SrpmRouteDeps): Router {
  const router = Router();
  router.post(ROUTES.startSrpm.path, async (req, res) => {
    const given = { path: {}, query: req.query, body: {} };
    const input = parseInput(SCHEMAS.startSrpm, given) as ApiParsed<'startSrpm'>;
    const build = await acceptSrpm(builds, contextOf(req, res), input);
    const atMost = bodyLength(req);
    if (atMost !== null && atMost > maxUploadSize)
      fail(
        'too_large',
        'The source package is larger than the limit of one upload.',
        'Ask a site admin if the limit must be raised.',
      );
    letBodyCome(res);
    const checksum = parseChecksum('sha512', input.sha512);
    const body = checkedBody(incomingBody({ body: req }, maxUploadSize), checksum, bodies);
    const answer = await build(body);
    res.setHeader('Cache-Control', 'no-store');
    res.status(201).json(answer);
  });
  return router;
}
