import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserSession, type PageAnswer } from '../support/browser-session.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { foundSclo } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const scenario = scloScenario();
const browser = () => new BrowserSession(scenario.server);

/** Every form that changes something, with fields that would do it; and the login. */
const FORMS = {
  '/logout': {},
  '/account/tokens': { label: 'by form', verbs: ['push'], expiresInDays: '1' },
  '/account/tokens/revoke': { token: '' },
  '/sigs/sclo/approvals': { user: 'sam', reason: 'by form' },
  '/sigs/sclo/approvals/revoke': { user: 'ann' },
} as const;
type Path = keyof typeof FORMS;
const PATHS = Object.keys(FORMS) as Path[];

let carol: BrowserSession;
let csrf: string;
let fields: Record<Path, Record<string, string | readonly string[]>>;
beforeAll(async () => {
  carol = await browser().mustLogIn('carol', scenario.people.chair);
  csrf = await carol.csrf('/account');
  const { items } = await scenario.server.must('listTokens', { user: 'carol' });
  fields = { ...FORMS, '/account/tokens/revoke': { token: items[0]?.id ?? '' } };
});

/** What the forms could have changed. */
async function state(): Promise<unknown> {
  const { server } = scenario;
  const sig = await server.must('showSig', { sig: 'sclo' });
  const tokens = await server.must('listTokens', { user: 'carol' });
  const account = await carol.get('/account');
  const alive = tokens.items.map(({ id, revokedAt }) => [id, revokedAt]);
  return [sig.approvals, alive, account.status];
}

/** The form is refused by that rule, and nothing is changed. */
async function refused(rule: string, send: () => Promise<PageAnswer>): Promise<void> {
  const before = await state();
  const { status, text } = await send();
  expect(status).toBe(403);
  expect(text).toContain(`Rule: <code>${rule}</code>`);
  expect(await state()).toEqual(before);
}

describe.each(PATHS)('csrf: the form of %s', (path) => {
  it('is refused without a token', () =>
    refused('csrf-token', () => carol.post(path, fields[path])));

  it('is refused with a token of another session of the same user', async () => {
    const other = await browser().mustLogIn('carol', scenario.people.chair);
    const foreign = await other.csrf('/account');
    expect(foreign).not.toBe(csrf);
    await refused('csrf-token', () => carol.post(path, { ...fields[path], csrf: foreign }));
  });

  it('is refused with the token of a login form, a made up one, an empty one or two', async () => {
    const secret = carol.cookies.get('distgit-session') ?? '';
    for (const wrong of [
      await browser().csrf('/login'),
      createHmac('sha256', secret).update('x').digest('base64url'),
      secret,
      '',
      `${csrf}=`,
      [csrf, csrf],
    ])
      await refused('csrf-token', () => carol.post(path, { ...fields[path], csrf: wrong }));
  });

  it.each([
    ['another site', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
    ['another site, in an old browser', { Origin: 'https://evil.example' }],
    ['a sandboxed frame', { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }],
    ['a page that hides its origin', { Origin: 'null' }],
    ['a neighbour of this host', { 'Sec-Fetch-Site': 'same-site' }],
    ['nobody says where', {}],
  ])('is refused from %s, even with the right token', (_, headers) =>
    refused('csrf-origin', () => carol.post(path, { ...fields[path], csrf }, headers)),
  );

  it('is refused from the same host by another port or scheme', async () => {
    const { hostname, port } = new URL(scenario.server.url);
    for (const Origin of [
      `http://${hostname}:1`,
      `https://${hostname}:${port}`,
      `http://${hostname}`,
    ])
      await refused('csrf-origin', () => carol.post(path, { ...fields[path], csrf }, { Origin }));
  });

  it('changes nothing by GET, nor by other methods', async () => {
    const before = await state();
    const query = new URLSearchParams({ csrf });
    for (const [name, value] of Object.entries(fields[path])) query.append(name, String(value));
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await fetch(`${scenario.server.url}${path}?${query.toString()}`, {
        method,
        headers: {
          ...carol.ownOrigin,
          Cookie: `distgit-session=${carol.cookies.get('distgit-session')}`,
        },
      });
      await answer.arrayBuffer();
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'POST']);
    }
    expect(await state()).toEqual(before);
  });

  it('leads to the login where there is no session, and changes nothing', async () => {
    const before = await state();
    const { status, location } = await browser().post(path, { ...fields[path], csrf });
    expect(status).toBe(303);
    expect(location).toMatch(/^\/login\?next=%2F/);
    expect(await state()).toEqual(before);
  });

  it('is refused as JSON, text or multipart', async () => {
    const before = await state();
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const answer = await fetch(scenario.server.url + path, {
        method: 'POST',
        headers: {
          ...carol.ownOrigin,
          'Content-Type': type,
          Cookie: `distgit-session=${carol.cookies.get('distgit-session')}`,
        },
        body: JSON.stringify({ ...fields[path], csrf }),
      });
      expect(answer.status).toBe(415);
      await answer.arrayBuffer();
    }
    expect(await state()).toEqual(before);
  });
});

describe('csrf: the login', () => {
  const login = () => ({ user: 'ann', password: scenario.people.committer, next: '/' });
  const failed = ({ status, text }: PageAnswer, session: BrowserSession, rule: string): void => {
    expect(status).toBe(403);
    expect(text).toContain(`Rule: <code>${rule}</code>`);
    expect(session.cookies.has('distgit-session')).toBe(false);
  };

  it('is refused from another site, which would log its victim in as somebody else', async () => {
    const session = browser();
    const fields = { ...login(), csrf: await session.csrf('/login') };
    const origins: Record<string, string>[] = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      {},
    ];
    for (const headers of origins)
      failed(await session.post('/login', fields, headers), session, 'csrf-origin');
  });

  it('is refused without the form, with the form of another browser, or without its cookie', async () => {
    const session = browser();
    failed(await session.post('/login', login()), session, 'csrf-token');
    await session.csrf('/login');
    failed(await session.post('/login', login()), session, 'csrf-token');
    const foreign = { ...login(), csrf: await browser().csrf('/login') };
    failed(await session.post('/login', foreign), session, 'csrf-token');
    const own = { ...login(), csrf: await session.csrf('/login') };
    session.cookies.clear();
    failed(await session.post('/login', own), session, 'csrf-token');
  });
});

describe('behind a front that speaks TLS, below a path', () => {
  const ORIGIN = 'https://git.example.org';
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: TestServer;
  let people: Awaited<ReturnType<typeof foundSclo>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const settings = { DISTGIT_SERVER_URL: `${ORIGIN}/dist/` };
    server = await new TestServer(join(folder.path, 'data'), settings).start();
    people = await foundSclo(server);
  });
  afterAll(async () => {
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  it('cookies are for TLS and this host alone, and links and redirects have the path', async () => {
    const session = new BrowserSession(server, ORIGIN);
    const form = await session.get('/login');
    expect(form.headers.getSetCookie()).toHaveLength(1);
    expect(form.headers.getSetCookie()[0]).toMatch(
      /^__Host-distgit-login=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    const { headers, location } = await session.logIn('ann', people.committer);
    expect(location).toBe('/dist/account');
    expect(headers.getSetCookie()[0]).toMatch(
      /^__Host-distgit-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(session.cookies.has('__Host-distgit-login')).toBe(false);
    const { status, text } = await session.get('/account');
    expect(status).toBe(200);
    const links = [...text.matchAll(/(?:href|action)="([^"#]+)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(link).toMatch(/^\/dist\//);
    expect((await session.get('/scls/python')).location).toBe('/dist/components/python');
  });

  it('a cookie without the prefix is not the session: a neighbour may have set it', async () => {
    const session = await new BrowserSession(server, ORIGIN).mustLogIn('ann', people.committer);
    const id = session.cookies.get('__Host-distgit-session') ?? '';
    session.cookies.clear();
    session.cookies.set('distgit-session', id);
    expect((await session.get('/account')).status).toBe(303);
  });

  it('a form from where the server listens is not one from its URL', async () => {
    const session = new BrowserSession(server, ORIGIN);
    const csrf = await session.csrf('/login');
    const fields = { csrf, user: 'ann', password: people.committer, next: '/' };
    const { status } = await session.post('/login', fields, { Origin: server.url });
    expect(status).toBe(403);
  });
});

describe('afterwards', () => {
  it('the right form still works, and the server has nothing to complain of', async () => {
    const { status } = await carol.post('/sigs/sclo/approvals', {
      ...fields['/sigs/sclo/approvals'],
      csrf,
    });
    expect(status).toBe(303);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
