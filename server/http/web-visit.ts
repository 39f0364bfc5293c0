import type { Request, Response } from 'express';
import { ANONYMOUS } from '../../core/access/principal.ts';
import { type ApiOutput, type ApiParsed, SCHEMAS } from '../../core/api/schemas.ts';
import type { RequestContext } from '../access/audit.ts';
import type { Principals } from '../identity/principals.ts';
import { findSession } from '../identity/web-sessions.ts';
import type { WebLoginDeps } from '../users/web-login.ts';
import { layout, type Page, type Site, type Visitor } from '../web/layout.ts';
import { type ApiHandlers, parseInput } from './api-routes.ts';
import { type CookieNames, cookieNames, secretCookie } from './cookies.ts';
import { formToken } from './csrf.ts';
import { contextOf } from './request-state.ts';

export interface WebDeps extends WebLoginDeps {
  readonly principals: Principals;
  readonly api: ApiHandlers;
  readonly namespace: string;
  readonly version: string;
  url(): string;
}

/** One request for a page. */
export interface Visit {
  readonly context: RequestContext;
  readonly visitor: Visitor;
  /** The id of the session; null: nobody is logged in. */
  readonly session: string | null;
}

export function siteOf(deps: WebDeps): Site {
  const { namespace, version } = deps;
  const url = deps.url();
  return { url, base: new URL(url).pathname.replace(/\/$/, ''), namespace, version };
}

export function originOf(deps: WebDeps): string {
  return new URL(deps.url()).origin;
}

export function cookiesOf(deps: WebDeps): CookieNames {
  return cookieNames(deps.url().startsWith('https:'));
}

/** Who looks at a page: by the session's cookie alone. Nothing but pages asks this. */
export async function visitOf(deps: WebDeps, req: Request, res: Response): Promise<Visit> {
  const id = secretCookie(req, cookiesOf(deps).session);
  const principal = id === null ? null : await findSession(deps.db, deps.principals, id);
  const context = { ...contextOf(req, res), principal: principal ?? ANONYMOUS };
  const session = principal === null ? null : id;
  const csrf = session === null ? null : formToken(session);
  const visitor = { principal: context.principal, csrf };
  // For the log, and for the page that tells of an error.
  req.user = context.principal;
  res.locals.visitor = visitor;
  return { context, visitor, session };
}

/** Asks an operation of the API, in the visitor's name. @throws what the operation throws */
export async function ask<O extends keyof ApiHandlers>(
  { api }: WebDeps,
  context: RequestContext,
  operation: O,
  given: { readonly path?: object; readonly query?: object; readonly body?: object } = {},
): Promise<ApiOutput<O>> {
  const { path = {}, query = {}, body = {} } = given;
  const input = parseInput(SCHEMAS[operation], { path, query, body }) as ApiParsed<O>;
  return await api[operation](context, input);
}

const POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** For every answer of the pages, redirects and errors too. */
export function protect(res: Response): void {
  res.set({
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    // Not no-referrer: with that, browsers do not tell the origin of our own forms either.
    'Referrer-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
}

export function sendPage(
  deps: WebDeps,
  res: Response,
  visitor: Visitor,
  page: Page,
  status = 200,
): void {
  protect(res);
  res
    .status(status)
    .type('html')
    .send(layout(siteOf(deps), visitor, page));
}

/** @param path below the server's URL, by `PATHS` or `parsePagePath`: never as a request said it */
export function goTo(deps: WebDeps, res: Response, path: string): void {
  protect(res);
  res
    .status(303)
    .set('Location', siteOf(deps).base + path)
    .end();
}
