import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import { BrowserSession } from '../support/browser-session.ts';
import { withDatabase } from '../support/database.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';

const scenario = scloScenario();
const SESSION = 'distgit-session';
const browser = () => new BrowserSession(scenario.server);
const ann = () => browser().mustLogIn('ann', scenario.people.committer);
const carol = () => browser().mustLogIn('carol', scenario.people.chair);
/** Is there a session? Its page is shown then, else the login's. */
const isIn = async (session: BrowserSession): Promise<boolean> => {
  const { status, location } = await session.get('/account');
  if (status === 303) expect(location).toBe('/login?next=%2Faccount');
  return status === 200;
};

describe('a login', () => {
  it('by a token as password leads to the page that was wanted', async () => {
    const session = browser();
    expect(await isIn(session)).toBe(false);
    const { status, location } = await session.logIn(
      'ann',
      scenario.people.committer,
      '/sigs/sclo',
    );
    expect([status, location]).toEqual([303, '/sigs/sclo']);
    const { text } = await session.get('/account');
    expect(text).toMatch(/<dt>Logged in by<\/dt><dd>token:[0-9a-f]{12}<\/dd>/);
    expect((await session.get('/login?next=/sigs')).location).toBe('/sigs');
  });

  it.each([
    ['a wrong password', 'ann', 'wrong'],
    ['no password', 'ann', ''],
    ['no such user', 'nobody', 'wrong'],
    ['a name that can not be', 'Ann:x\u0000', 'wrong'],
    ['no name', '', 'wrong'],
  ])('with %s is refused, with the same words', async (_, user, password) => {
    const session = browser();
    const { status, text, headers } = await session.logIn(user, password);
    expect(status).toBe(403);
    expect(text).toContain('<p>User name and password do not fit together.</p>');
    expect(text).toContain('<form class="fields" method="post" action="/login">');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(session.cookies.has(SESSION)).toBe(false);
  });

  it("with somebody else's token is refused, as a wrong password is", async () => {
    const session = browser();
    expect((await session.logIn('carol', scenario.people.committer)).status).toBe(403);
    expect(session.cookies.has(SESSION)).toBe(false);
  });

  it('shows what was typed again, escaped, and never the password', async () => {
    const { text } = await browser().logIn('"><b>ann', 'my-secret-password');
    expect(text).toContain('value="&quot;&gt;&lt;b&gt;ann"');
    expect(text).not.toContain('my-secret-password');
    expect(scenario.server.log).not.toContain('my-secret-password');
  });

  it('has a new session each time, whatever the browser had before (session fixation)', async () => {
    const session = browser();
    const given = 'A'.repeat(43);
    session.cookies.set(SESSION, given);
    await session.mustLogIn('ann', scenario.people.committer);
    const first = session.cookies.get(SESSION) ?? '';
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first).not.toBe(given);
    // A second login in the same browser, by a form that was open all the time.
    const form = browser();
    const csrf = await form.csrf('/login');
    for (const [name, value] of form.cookies) session.cookies.set(name, value);
    const fields = { csrf, user: 'ann', password: scenario.people.committer, next: '/' };
    expect((await session.post('/login', fields)).status).toBe(303);
    expect(session.cookies.get(SESSION)).not.toBe(first);
    expect(await isIn(session)).toBe(true);
    session.cookies.set(SESSION, first);
    expect(await isIn(session)).toBe(false);
  });

  it('is in the audit log', async () => {
    await ann();
    const { items } = await scenario.server.must('listAudit', { limit: 1 });
    expect(items[0]).toMatchObject({ actor: 'ann', action: 'session.open', allowed: true });
    expect(items[0]?.credential).toMatch(/^token:/);
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/account/../../evil',
    '/account?x=https://evil.example',
    '/sigs/sclo/approvals',
    '/logout',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/components/%2e%2e',
    '/components/..',
  ])('does not lead to %j (open redirect)', async (next) => {
    const { status, location } = await browser().logIn('ann', scenario.people.committer, next);
    expect([status, location]).toEqual([303, '/']);
    const form = await browser().get(`/login?next=${encodeURIComponent(next)}`);
    expect(form.text).toContain('<input type="hidden" name="next" value="/">');
  });
});

describe("the session's cookie", () => {
  it('is for this host and for the server alone', async () => {
    const session = browser();
    const { headers } = await session.logIn('ann', scenario.people.committer);
    const own = headers.getSetCookie().find((one) => one.startsWith(`${SESSION}=`));
    expect(own?.split('; ').slice(1)).toEqual(['Path=/', 'HttpOnly', 'SameSite=Lax']);
  });

  it('opens no other door: API, look-aside cache and git do not know it', async () => {
    const session = await carol();
    const cookie = `${SESSION}=${session.cookies.get(SESSION)}`;
    expect(await isIn(session)).toBe(true);
    const { server } = scenario;
    const headers = { ...session.ownOrigin, Cookie: cookie };
    const who = await fetch(`${server.url}/api/v1/whoami`, { headers });
    expect(await who.json()).toMatchObject({ user: null });

    const json = { ...headers, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ name: 'fromcookie', collections: ['python33'] });
    const created = await fetch(`${server.url}/api/v1/components`, {
      method: 'POST',
      headers: json,
      body,
    });
    expect(created.status).toBe(401);

    const committer = await ann();
    const annCookie = `${SESSION}=${committer.cookies.get(SESSION)}`;
    const upload = await fetch(`${server.url}/lookaside/python/x.tar/sha512/${sha512('x')}`, {
      method: 'PUT',
      headers: { ...headers, Cookie: annCookie },
      body: 'x',
    });
    expect(upload.status).toBe(401);
    const form = new FormData();
    form.set('name', 'python');
    form.set('sha512sum', sha512('x'));
    form.set('filename', 'x.tar');
    const cgi = await fetch(`${server.url}/repo/pkgs/upload.cgi`, {
      method: 'POST',
      headers: { ...headers, Cookie: annCookie },
      body: form,
    });
    expect(cgi.status).toBe(401);
    const pairs = { component: 'python', file: 'x.tar', hashtype: 'sha512', hash: sha512('x') };
    const metadata = Object.entries(pairs).map(
      ([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`,
    );
    const tus = await fetch(`${server.url}/uploads`, {
      method: 'POST',
      headers: {
        ...headers,
        Cookie: annCookie,
        'Tus-Resumable': '1.0.0',
        'Upload-Length': '1',
        'Upload-Metadata': metadata.join(','),
      },
    });
    expect(tus.status).toBe(401);

    const refs = await fetch(`${server.gitUrl('python')}/info/refs?service=git-receive-pack`, {
      headers: { Cookie: annCookie },
    });
    expect(refs.status).toBe(401);
  });

  it('is not looked for in another form: twice, cut, longer, or in the address', async () => {
    const session = await ann();
    const id = session.cookies.get(SESSION) ?? '';
    const asks = async (cookie: string, path = '/account'): Promise<number> => {
      const response = await fetch(scenario.server.url + path, {
        redirect: 'manual',
        headers: { Cookie: cookie },
      });
      await response.arrayBuffer();
      return response.status;
    };
    expect(await asks(`a=b; ${SESSION}=${id}; c=d`)).toBe(200);
    expect(await asks(`${SESSION}=${id}; ${SESSION}=${'A'.repeat(43)}`)).toBe(303);
    expect(await asks(`${SESSION}=${id}x`)).toBe(303);
    expect(await asks(`${SESSION}=${id.slice(1)}`)).toBe(303);
    expect(await asks(`x${SESSION}=${id}`)).toBe(303);
    expect(await asks('', `/account?${SESSION}=${id}`)).toBe(303);
  });

  it('gives way to nothing: the header of another login counts for no page', async () => {
    const { status } = await browser().get('/account', {
      Authorization: `Bearer ${scenario.server.adminToken}`,
    });
    expect(status).toBe(303);
  });
});

describe('a session ends', () => {
  it('with the logout, for everyone who has its cookie', async () => {
    const session = await ann();
    const id = session.cookies.get(SESSION) ?? '';
    const { status, location } = await session.post('/logout', {
      csrf: await session.csrf('/account'),
    });
    expect([status, location]).toEqual([303, '/']);
    expect(session.cookies.has(SESSION)).toBe(false);
    session.cookies.set(SESSION, id);
    expect(await isIn(session)).toBe(false);
  });

  it('at once when its token is revoked, and no other session does', async () => {
    const [first, second] = [
      await scenario.server.must('createToken', { user: 'ann' }),
      await scenario.server.must('createToken', { user: 'ann' }),
    ];
    const one = await browser().mustLogIn('ann', first.token);
    const other = await browser().mustLogIn('ann', second.token);
    await scenario.server.must('revokeToken', { token: first.id });
    expect(await isIn(one)).toBe(false);
    expect(await isIn(other)).toBe(true);
  });

  it('at once when its user is disabled', async () => {
    const session = await browser().mustLogIn('sam', scenario.people.stranger);
    await scenario.server.must('updateUser', { user: 'sam', disabled: true });
    expect(await isIn(session)).toBe(false);
    expect((await browser().logIn('sam', scenario.people.stranger)).status).toBe(403);
    await scenario.server.must('updateUser', { user: 'sam', disabled: false });
    expect(await isIn(session)).toBe(false);
  });

  it('when it is idle, and outlives a restart of the server when it is not', async () => {
    const [idle, busy] = [await ann(), await ann()];
    const age = async (time: string, count: number) => {
      await withDatabase(scenario.server, async (db) => {
        const changed = await db.sql
          .updateTable('web_sessions')
          .set({ last_used_at: raw<Date>`now() - ${time}::interval` })
          .executeTakeFirstOrThrow();
        expect(Number(changed.numUpdatedRows)).toBeGreaterThanOrEqual(count);
      });
    };
    await age('50 minutes', 2);
    expect(await isIn(busy)).toBe(true);
    await withDatabase(scenario.server, async (db) => {
      await raw`update web_sessions set last_used_at = last_used_at - interval '20 minutes'`.execute(
        db.sql,
      );
    });
    expect(await isIn(busy)).toBe(true);
    expect(await isIn(idle)).toBe(false);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
