import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackages } from '../support/debian.ts';
import { run } from '../support/process.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();
let browser: Browser;
beforeAll(async () => {
  await installPackages({ chromium: 'chromium' });
  const { stdout } = await run('which', ['chromium']);
  browser = await chromium.launch({
    executablePath: stdout.trim(),
    // Its sandbox does not start as root, which is who installs it where it is missing.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  return () => browser.close();
}, 600_000);

/** A new browser, as far as cookies go; what it complains of is kept. */
async function visitor(options: Parameters<Browser['newContext']>[0] = {}) {
  const context = await browser.newContext({ baseURL: scenario.server.url, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { context, page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

async function logIn(page: Page, user: string, password: string): Promise<void> {
  await page.goto('/login?next=%2Faccount');
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

const approved = async (): Promise<string[]> =>
  (await scenario.server.must('showSig', { sig: 'sclo' })).approvals.map(({ user }) => user);

describe('Chromium without JavaScript', () => {
  it('logs in, approves and revokes, makes a token, logs out', async () => {
    await using here = await visitor({ javaScriptEnabled: false });
    const { page, context, complaints } = here;
    await page.goto('/account');
    expect(new URL(page.url()).pathname).toBe('/login');
    await logIn(page, 'carol', scenario.people.chair);
    expect(new URL(page.url()).pathname).toBe('/account');
    expect(await context.cookies()).toMatchObject([
      { name: 'distgit-session', httpOnly: true, sameSite: 'Lax', path: '/', expires: -1 },
    ]);

    await page.getByRole('link', { name: 'sclo' }).click();
    await page.getByLabel('User', { exact: true }).fill('sam');
    await page.getByLabel('Until the end of').fill('2999-12-31');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    expect(await approved()).toEqual(['ann', 'sam']);
    await page.getByRole('button', { name: 'Revoke the approval of sam' }).click();
    expect(await approved()).toEqual(['ann']);

    await page.getByRole('link', { name: 'carol' }).click();
    await page.getByLabel('Label').fill('laptop');
    await page.getByRole('button', { name: 'Create the token' }).click();
    const token = (await page.locator('pre').first().textContent()) ?? '';
    const who = await scenario.server.must('whoami', {}, token.trim());
    expect(who).toMatchObject({ user: 'carol', scopes: { verbs: ['push', 'upload'] } });

    await page.getByRole('button', { name: 'Log out' }).click();
    expect(new URL(page.url()).pathname).toBe('/');
    expect(await context.cookies()).toEqual([]);
    expect(complaints).toEqual([]);
    // The token is not shown again, and nothing else of hers is.
    await expect(page.goBack()).rejects.toThrow('ERR_CACHE_MISS');
    const after = await context.newPage();
    await after.goto('/account');
    expect(new URL(after.url()).pathname).toBe('/login');
  });

  it.each([
    [320, 'light'],
    [1200, 'dark'],
  ] as const)(
    'shows pages of %i pixels, %s, with their style and no wider',
    async (width, scheme) => {
      await using here = await visitor({ viewport: { width, height: 700 }, colorScheme: scheme });
      const { page, complaints } = here;
      await logIn(page, 'carol', scenario.people.chair);
      for (const path of ['/', '/components', '/components/python', '/sigs/sclo', '/account']) {
        await page.goto(path);
        const seen = await page.evaluate(`({
        wide: document.documentElement.scrollWidth,
        ground: getComputedStyle(document.body).backgroundColor,
      })`);
        const ground = scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 23, 29)';
        expect([path, seen]).toEqual([path, { wide: width, ground }]);
      }
      expect(complaints).toEqual([]);
    },
  );
});

describe('another site, in the browser of a chair who is logged in', () => {
  let evil: Server;
  let evilUrl: string;
  let page = '';
  beforeAll(async () => {
    evil = createServer((_req, res) => {
      res.setHeader('Content-Type', 'text/html').end(page);
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    // Another name of the same machine is another site.
    evilUrl = `http://localhost:${(evil.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    evil.close();
    evil.closeAllConnections();
  });
  const loggedIn = async () => {
    const here = await visitor();
    await logIn(here.page, 'carol', scenario.people.chair);
    return here;
  };
  const isIn = async (context: BrowserContext): Promise<boolean> => {
    const account = await context.newPage();
    await account.goto('/account');
    return new URL(account.url()).pathname === '/account';
  };

  it('sends no form in her name (CSRF), nor logs her out', async () => {
    await using here = await loggedIn();
    for (const path of ['/sigs/sclo/approvals', '/logout']) {
      page = `<!DOCTYPE html><form method="post" action="${scenario.server.url}${path}">
        <input name="user" value="sam"><input name="csrf" value="x"></form>
        <script>document.forms[0].submit()</script>`;
      const refused = here.page.waitForResponse((one) => one.url().endsWith(path));
      await here.page.goto(evilUrl);
      expect((await refused).status()).toBe(403);
    }
    expect(await approved()).toEqual(['ann']);
    expect(await isIn(here.context)).toBe(true);
  });

  it('does not log her in as somebody else (login CSRF)', async () => {
    await using here = await visitor();
    await here.page.goto('/login');
    page = `<!DOCTYPE html><form method="post" action="${scenario.server.url}/login">
      <input name="user" value="sam"><input name="password" value="${scenario.people.stranger}">
      </form><script>document.forms[0].submit()</script>`;
    const refused = here.page.waitForResponse((one) => one.url().endsWith('/login'));
    await here.page.goto(evilUrl);
    expect((await refused).status()).toBe(403);
    expect(await isIn(here.context)).toBe(false);
  });

  it('shows none of our pages in a frame (clickjacking)', async () => {
    await using here = await loggedIn();
    page = `<!DOCTYPE html><iframe src="${scenario.server.url}/sigs/sclo"></iframe>`;
    await here.page.goto(evilUrl);
    await expect.poll(() => here.complaints.join()).toContain('frame-ancestors');
    const framed = here.page.frames().map((frame) => frame.getByText('SIG sclo').count());
    expect(await Promise.all(framed)).toEqual(framed.map(() => 0));
  });

  it('may link to our pages, where she is still logged in', async () => {
    await using here = await loggedIn();
    page = `<!DOCTYPE html><a href="${scenario.server.url}/account">link</a>`;
    await here.page.goto(evilUrl);
    await here.page.getByRole('link').click();
    expect(await here.page.getByRole('heading', { level: 1 }).textContent()).toBe('Your account');
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
