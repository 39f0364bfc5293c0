import { type Request, Router } from 'express';
import type { AccessRequest } from '../../core/access/action.ts';
import { decide } from '../../core/access/decide.ts';
import type { Principal, SigResource } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseSigName, parseUserName } from '../../core/domain/sig.ts';
import { requireUser } from '../access/audit.ts';
import { answering } from '../sigs/answer-request.ts';
import { accountPage } from '../web/account-page.ts';
import { collectionPage } from '../web/collection-page.ts';
import { componentPage, componentsPage, type Part } from '../web/component-pages.ts';
import { homePage } from '../web/home-page.ts';
import type { Page } from '../web/layout.ts';
import { PATHS } from '../web/paths.ts';
import type { OpenRequest } from '../web/request-parts.ts';
import { sigPage, sigsPage } from '../web/sig-pages.ts';
import { STYLE, STYLE_PATH } from '../web/style-sheet.ts';
import { ask, goTo, sendPage, siteOf, type Visit, visitOf, type WebDeps } from './web-visit.ts';

/** Rows of one part of a long list. */
const PART = 100;
const LAST_PUSHES = 10;

/** Every page that shows something; what changes something is in `web-forms.ts`. */
export function webRoutes(deps: WebDeps): Router {
  const router = Router();
  const show = (path: string, page: (visit: Visit, req: Request) => Promise<Page>): void => {
    router.get(path, async (req, res) => {
      const visit = await visitOf(deps, req, res);
      sendPage(deps, res, visit.visitor, await page(visit, req));
    });
  };

  router.get(STYLE_PATH, (_req, res) => {
    res.set({
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    });
    res.type('css').send(STYLE);
  });

  show(PATHS.home, async ({ context }) => {
    const [sigs, collections] = await Promise.all([
      ask(deps, context, 'listSigs'),
      ask(deps, context, 'listCollections'),
    ]);
    return homePage(siteOf(deps), sigs.items, collections.items);
  });
  router.get(PATHS.components, (req, res, next) => {
    const { name } = req.query;
    if (typeof name !== 'string') next();
    else goTo(deps, res, PATHS.component(parseComponentName(name.trim())));
  });
  show(PATHS.components, async ({ context }, req) => {
    const components = await componentsPart(deps, context, req, PATHS.components);
    return componentsPage(siteOf(deps), components);
  });
  show('/components/:component', ({ context }, req) => oneComponent(deps, context, req));
  show('/collections/:collection', async ({ context }, req) => {
    const { collection: name = '' } = req.params as { collection?: string };
    const collection = await ask(deps, context, 'showCollection', { path: req.params });
    const components = await componentsPart(deps, context, req, PATHS.collection(name), name);
    return collectionPage(siteOf(deps), collection, components);
  });
  show(PATHS.sigs, async ({ context }) =>
    sigsPage(siteOf(deps), (await ask(deps, context, 'listSigs')).items),
  );
  show('/sigs/:sig', async ({ context, visitor }, req) => {
    const sig = await ask(deps, context, 'showSig', { path: req.params });
    const query = { sig: sig.name };
    const collections = await ask(deps, context, 'listCollections', { query });
    const { commit, koji } = sig;
    const resource = { name: parseSigName(sig.name), policies: { commit, koji } };
    const { principal } = context;
    const { allowed: mayApprove } = decide(principal, { action: 'manage-sig', sig: resource });
    return sigPage(siteOf(deps), visitor, {
      sig,
      collections: collections.items,
      mayApprove,
      mayAsk: !mayApprove && commit === 'approved' && mayAskFor(principal, resource),
      requests: await requestsTo(deps, context, resource),
      now: Date.now(),
    });
  });
  show(PATHS.account, async ({ context, visitor }) => {
    const { name: user } = requireUser(context);
    const decision = decide(context.principal, { action: 'manage-tokens', user });
    return accountPage(siteOf(deps), visitor, {
      who: await ask(deps, context, 'whoami'),
      tokens: decision.allowed ? (await ask(deps, context, 'listTokens')).items : null,
      refusal: decision.allowed ? null : decision,
      now: Date.now(),
    });
  });

  router.use((req, res, next) => {
    const component = browsedRepository(deps.namespace, req);
    if (component === null) next();
    else goTo(deps, res, PATHS.component(component));
  });
  return router;
}

/** Is there an approval by the SIG that the visitor does not have? */
function mayAskFor(user: Principal, sig: SigResource): boolean {
  return (
    user.kind === 'user' &&
    decide(user, { action: 'request-access', sig, user: user.name }).allowed &&
    !user.approvals.some((one) => one.sig === sig.name && one.components === null)
  );
}

async function requestsTo(
  deps: WebDeps,
  context: Visit['context'],
  sig: SigResource,
): Promise<OpenRequest[]> {
  const { principal } = context;
  if (principal.kind === 'anonymous') return [];
  const { items } = await ask(deps, context, 'listRequests', { query: { sig: sig.name } });
  const may = (request: AccessRequest): boolean => decide(principal, request).allowed;
  return items.map((request) => ({
    request,
    mayAnswer: may(answering(request.kind, sig)),
    mayCancel: may({ action: 'request-access', sig, user: parseUserName(request.user) }),
  }));
}

/** The component whose git URL somebody opened in a browser: git itself never asks for just that. */
function browsedRepository(namespace: string, req: Request): string | null {
  const [, name] = new RegExp(`^/${namespace}/([\\w.+-]+?)(?:\\.git)?/?$`).exec(req.path) ?? [];
  const reads = req.method === 'GET' || req.method === 'HEAD';
  if (!reads || name === undefined || req.query.service !== undefined) return null;
  try {
    return parseComponentName(name);
  } catch {
    // git's own routes say what is wrong with it.
    return null;
  }
}

async function componentsPart(
  deps: WebDeps,
  context: Visit['context'],
  req: Request,
  path: string,
  collection?: string,
): Promise<Part<ApiOutput<'showComponent'>>> {
  const { after } = req.query;
  const { items } = await ask(deps, context, 'listComponents', {
    query: {
      limit: PART + 1,
      ...(after === undefined ? {} : { after }),
      ...(collection === undefined ? {} : { collection }),
    },
  });
  const shown = items.slice(0, PART);
  const last = items.length > PART ? shown.at(-1) : undefined;
  const { base } = siteOf(deps);
  const next = last === undefined ? null : `${base}${path}?after=${encodeURIComponent(last.name)}`;
  return { items: shown, next, later: after !== undefined };
}

async function oneComponent(deps: WebDeps, context: Visit['context'], req: Request): Promise<Page> {
  const path = req.params;
  const component = await ask(deps, context, 'showComponent', { path });
  const { items } = await ask(deps, context, 'listSources', { path });
  const pushes = await ask(deps, context, 'listPushes', {
    query: { component: component.name, limit: LAST_PUSHES },
  });
  const { from = '0' } = req.query;
  if (typeof from !== 'string' || !/^\d{1,7}$/.test(from))
    fail('input_invalid', 'from is not a number.', 'Leave it out to begin with the first file.');
  const start = Number(from);
  const { base } = siteOf(deps);
  const next =
    start + PART < items.length
      ? `${base}${PATHS.component(component.name)}?from=${start + PART}#sources`
      : null;
  return componentPage(siteOf(deps), {
    component,
    sources: { items: items.slice(start, start + PART), next, later: start > 0 },
    pushes: pushes.items,
  });
}
