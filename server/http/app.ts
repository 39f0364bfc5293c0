import express, { type Express, Router } from 'express';
import type { Logger } from 'pino';
import { fail } from '../../core/api/distgit-error.ts';
import { API_ROOT } from '../../core/api/routes.ts';
import type { BuildDeps } from '../builds/build-deps.ts';
import type { Database } from '../db/database.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import type { Principals } from '../identity/principals.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { BodyPool } from '../storage/body-pool.ts';
import { type ApiHandlers, apiRoutes } from './api-routes.ts';
import type { ReadClient } from './client.ts';
import { clientRoutes } from './client-routes.ts';
import { errorResponses } from './error-responses.ts';
import { type GitRouteDeps, gitRoutes } from './git-routes.ts';
import { type LookasideRouteDeps, lookasideRoutes } from './lookaside-routes.ts';
import { clientAddress } from './middleware/client-address.ts';
import { login } from './middleware/login.ts';
import { requestLog } from './middleware/request-log.ts';
import { unreadBody } from './middleware/unread-body.ts';
import { openApiAnswer } from './openapi-answer.ts';
import { type ResumableRouteDeps, resumableRoutes } from './resumable-routes.ts';
import { srpmRoutes } from './srpm-routes.ts';
import { unknownPage, webErrors } from './web-errors.ts';
import { webForms } from './web-forms.ts';
import { webRoutes } from './web-routes.ts';

export interface AppDeps {
  readonly log: Logger;
  readonly db: Database;
  readonly metrics: Metrics;
  readonly authenticators: readonly Authenticator[];
  readonly principals: Principals;
  readonly readClient: ReadClient;
  readonly api: ApiHandlers;
  readonly builds: BuildDeps;
  readonly bodies: BodyPool;
  readonly git: GitRouteDeps;
  readonly lookaside: LookasideRouteDeps & Omit<ResumableRouteDeps, 'login' | 'url'>;
  readonly version: string;
  url(): string;
}

/** The whole HTTP surface; routes only translate. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestLog(deps.log, deps.metrics, deps.git.namespace), unreadBody());
  app.use(clientAddress(deps.readClient));

  app.get('/healthz', async (_req, res) => {
    await deps.db.sql.selectNoFrom((select) => select.lit(1).as('alive')).execute();
    res.type('text/plain').send('ok\n');
  });
  app.get('/metrics', async (_req, res) => {
    res.type('text/plain').send(await deps.metrics.text());
  });
  const openApi = openApiAnswer(deps.version);
  app.get('/openapi.json', (_req, res) => {
    res.type('json').send(openApi(deps.url()));
  });

  app.use(
    clientRoutes(() => ({
      version: deps.version,
      url: deps.url(),
      namespace: deps.git.namespace,
      maxUploadSize: deps.lookaside.maxUploadSize,
      maxFileSize: deps.git.limits.maxFileSize,
    })),
  );

  const web = { ...deps, namespace: deps.git.namespace, url: () => deps.url() };
  const pageErrors = webErrors(web, deps.log);
  app.use(Router().use(webForms(web), webRoutes(web), pageErrors));

  const loggedIn = login(deps);
  app.use(loggedIn);
  app.use(gitRoutes(deps.git));
  app.use(lookasideRoutes(deps.lookaside));
  app.use(resumableRoutes({ ...deps.lookaside, login: loggedIn, url: () => deps.url() }));
  app.use(
    API_ROOT,
    srpmRoutes({ ...deps, maxUploadSize: deps.lookaside.maxUploadSize }),
    apiRoutes(deps.api),
  );
  app.use(Router().use(unknownPage(web), pageErrors));
  app.use(() => {
    fail(
      'not_found',
      'There is nothing at this address.',
      'The API is described at /openapi.json.',
    );
  });
  app.use(errorResponses(deps.authenticators, deps.log));
  return app;
}
