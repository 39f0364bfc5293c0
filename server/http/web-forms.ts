import { randomBytes } from 'node:crypto';
import { type Request, type Response, Router, urlencoded } from 'express';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { endSession } from '../identity/web-sessions.ts';
import { logIn } from '../users/web-login.ts';
import { newTokenPage } from '../web/account-page.ts';
import { type LoginForm, loginPage } from '../web/login-page.ts';
import { PATHS, parsePagePath } from '../web/paths.ts';
import { secretCookie, setCookie } from './cookies.ts';
import { formToken, requireFormToken, requireSameOrigin } from './csrf.ts';
import { letBodyCome } from './request-state.ts';
import { loginPath, sayWhenToRetry } from './web-errors.ts';
import {
  ask,
  cookiesOf,
  goTo,
  originOf,
  sendPage,
  siteOf,
  type Visit,
  visitOf,
  type WebDeps,
} from './web-visit.ts';

/** A form as it came: text, or a list where a name came more than once. */
type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The forms of the pages, each by POST, with a token that is bound to the session. */
export function webForms(deps: WebDeps): Router {
  const router = Router();
  const form = (
    path: string,
    pageOf: (req: Request) => string,
    act: (visit: Visit, fields: Fields, req: Request, res: Response) => Promise<void>,
  ): void => {
    router.post(path, async (req, res) => {
      requireSameOrigin(req, originOf(deps));
      const visit = await visitOf(deps, req, res);
      if (visit.session === null) {
        goTo(deps, res, loginPath(parsePagePath(pageOf(req)) ?? PATHS.home));
        return;
      }
      const fields = await readForm(req, res);
      requireFormToken(fields.csrf, visit.session);
      await act(visit, fields, req, res);
    });
    onlyBy(router, path, 'POST');
  };

  router.get(PATHS.login, async (req, res) => {
    const { session, visitor } = await visitOf(deps, req, res);
    const next = nextOf(req.query.next);
    if (session !== null) {
      goTo(deps, res, next);
      return;
    }
    const { login } = cookiesOf(deps);
    const secret = secretCookie(req, login) ?? randomBytes(32).toString('base64url');
    setCookie(res, login, secret);
    const empty: LoginForm = { csrf: formToken(secret), next, user: '', problem: null };
    sendPage(deps, res, visitor, loginPage(siteOf(deps), empty));
  });
  router.post(PATHS.login, async (req, res) => {
    requireSameOrigin(req, originOf(deps));
    const { context, visitor } = await visitOf(deps, req, res);
    const names = cookiesOf(deps);
    const fields = await readForm(req, res);
    const secret = secretCookie(req, names.login);
    requireFormToken(fields.csrf, secret);
    const [user, next] = [textOf(fields, 'user').trim(), nextOf(fields.next)];
    const before = secretCookie(req, names.session);
    try {
      const password = textOf(fields, 'password');
      const session = await logIn(deps, context, { user, password, before });
      setCookie(res, names.session, session);
      setCookie(res, names.login, null);
      goTo(deps, res, next);
    } catch (error) {
      if (!(error instanceof DistGitError) || error.code === 'internal') throw error;
      sayWhenToRetry(res, error);
      const problem = { message: error.message, remedy: error.detail.remedy ?? null };
      const again = { csrf: formToken(secret ?? ''), next, user, problem };
      // Not 401: that would make browsers ask for a password by themselves.
      const status = error.kind.http === 401 ? 403 : error.kind.http;
      sendPage(deps, res, visitor, loginPage(siteOf(deps), again), status);
    }
  });
  onlyBy(router, PATHS.login, 'GET, POST');

  form(
    PATHS.logout,
    () => PATHS.home,
    async ({ session }, _fields, _req, res) => {
      if (session !== null) await endSession(deps.db.sql, session);
      setCookie(res, cookiesOf(deps).session, null);
      goTo(deps, res, PATHS.home);
    },
  );
  form(
    PATHS.tokens,
    () => PATHS.account,
    async ({ context, visitor }, fields, _req, res) => {
      const token = await ask(deps, context, 'createToken', { body: tokenOf(fields) });
      sendPage(deps, res, visitor, newTokenPage(siteOf(deps), token), 201);
    },
  );
  form(
    PATHS.revokeToken,
    () => PATHS.account,
    async ({ context }, fields, _req, res) => {
      await ask(deps, context, 'revokeToken', { path: { token: textOf(fields, 'token') } });
      goTo(deps, res, PATHS.account);
    },
  );
  form('/sigs/:sig/approvals', sigPathOf, async ({ context }, fields, req, res) => {
    await ask(deps, context, 'approveUser', {
      path: { sig: req.params.sig, user: textOf(fields, 'user').trim() },
      body: {
        components: namesOf(fields, 'components'),
        reason: textOf(fields, 'reason'),
        until: endOfDay(textOf(fields, 'until')),
      },
    });
    goTo(deps, res, sigPathOf(req));
  });
  form('/sigs/:sig/approvals/revoke', sigPathOf, async ({ context }, fields, req, res) => {
    const path = { sig: req.params.sig, user: textOf(fields, 'user') };
    await ask(deps, context, 'revokeApproval', { path });
    goTo(deps, res, sigPathOf(req));
  });
  const requestForm = (
    path: string,
    act: (visit: Visit, fields: Fields, request: string) => Promise<unknown>,
  ): void =>
    form(`/sigs/:sig/requests${path}`, sigPathOf, async (visit, fields, req, res) => {
      await act(visit, fields, textOf(fields, 'request'));
      goTo(deps, res, sigPathOf(req));
    });
  form('/sigs/:sig/requests', sigPathOf, async ({ context }, fields, req, res) => {
    await ask(deps, context, 'requestAccess', {
      body: {
        sig: req.params.sig,
        components: namesOf(fields, 'components'),
        reason: textOf(fields, 'reason'),
      },
    });
    goTo(deps, res, sigPathOf(req));
  });
  requestForm('/approve', ({ context }, fields, request) =>
    ask(deps, context, 'approveRequest', {
      path: { request },
      body: { until: endOfDay(textOf(fields, 'until')) },
    }),
  );
  requestForm('/deny', ({ context }, fields, request) =>
    ask(deps, context, 'denyRequest', {
      path: { request },
      body: { reason: textOf(fields, 'reason') },
    }),
  );
  requestForm('/cancel', ({ context }, _fields, request) =>
    ask(deps, context, 'cancelRequest', { path: { request } }),
  );
  return router;
}

function onlyBy(router: Router, path: string, methods: string): void {
  router.all(path, (_req, res) => {
    res.setHeader('Allow', methods);
    fail('method_not_allowed', `Only ${methods} is possible here.`, 'Use the form on the page.');
  });
}

const sigPathOf = (req: Request): string => PATHS.sig(String(req.params.sig));

const nextOf = (given: unknown): string =>
  (typeof given === 'string' ? parsePagePath(given) : null) ?? PATHS.home;

const formBody = urlencoded({
  extended: false,
  limit: '64kb',
  parameterLimit: 100,
  inflate: false,
});

/** @throws DistGitError `media_type_unsupported`; what the parser throws */
async function readForm(req: Request, res: Response): Promise<Fields> {
  if (req.is('application/x-www-form-urlencoded') === false)
    fail('media_type_unsupported', 'The body must be a form.', 'Use the form on the page.');
  letBodyCome(res);
  await new Promise<void>((resolve, reject) => {
    formBody(req, res, (error?: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
  return (req.body ?? {}) as Fields;
}

/** What is not there is empty. @throws DistGitError `input_invalid` where it came twice */
function textOf(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value;
  return fail('input_invalid', `${name} came more than once.`, 'Use the form on the page.');
}

/** Names with spaces or commas between them; null: none. */
function namesOf(fields: Fields, name: string): string[] | null {
  const names = textOf(fields, name)
    .split(/[\s,]+/)
    .filter((one) => one !== '');
  return names.length === 0 ? null : names;
}

function endOfDay(day: string): string | null {
  return day === '' ? null : `${day}T23:59:59Z`;
}

function tokenOf(fields: Fields): object {
  const { verbs = [] } = fields;
  if (verbs.length === 0)
    fail('input_invalid', 'The token would be for nothing.', 'Tick what it is for.');
  return {
    label: textOf(fields, 'label'),
    verbs: typeof verbs === 'string' ? [verbs] : verbs,
    sigs: namesOf(fields, 'sigs'),
    collections: namesOf(fields, 'collections'),
    components: namesOf(fields, 'components'),
    expiresInDays: Number(textOf(fields, 'expiresInDays')),
  };
}
