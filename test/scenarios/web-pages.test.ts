import { beforeAll, describe, expect, it } from 'vitest';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { parseUserName } from '../../core/domain/sig.ts';
import { BrowserSession } from '../support/browser-session.ts';
import { withDatabase } from '../support/database.ts';
import { attribute, faultsOfPage, parsePage, textOf } from '../support/page-check.ts';
import { tryGit } from '../support/process.ts';
import { push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const HOSTILE = `<script>alert('1')</script>"&`;
const FILE = 'a %2f+(b).tar';

let anyone: BrowserSession;
let ann: BrowserSession;
let carol: BrowserSession;
beforeAll(async () => {
  const { server, people } = scenario;
  await server.must('updateSig', { sig: 'sclo', title: HOSTILE });
  await server.must(
    'approveUser',
    { sig: 'sclo', user: 'ann', reason: HOSTILE, components: null },
    people.chair,
  );
  await server.must('createToken', { user: 'carol', label: HOSTILE });
  expect(await put(server, people.committer, 'python', FILE, 'content')).toBe(201);
  const copy = await workingCopy(server, scenario.path(), people.committer);
  expect((await push(copy, ['HEAD'])).code).toBe(0);
  anyone = new BrowserSession(server);
  ann = await new BrowserSession(server).mustLogIn('ann', people.committer);
  carol = await new BrowserSession(server).mustLogIn('carol', people.chair);
});
/** The words of a page, as people read them. */
const read = (text: string): string => {
  const apart = text.replace(/<\/(td|th|dt|dd)>/g, ' $&');
  const main = parsePage(apart).elements.find(({ tagName }) => tagName === 'main');
  return main === undefined ? '' : textOf(main).replace(/\s+/g, ' ');
};

const PUBLIC = [
  '/',
  '/components',
  '/components/python',
  '/collections/python33',
  '/sigs',
  '/sigs/sclo',
  '/login',
];
const ERRORS = ['/nothing', '/components/none', '/collections/none', '/sigs/none'];

describe('every page', () => {
  it.each([...PUBLIC, '/account', ...ERRORS, '/components/a..b'])(
    '%s is in order',
    async (path) => {
      for (const session of [anyone, ann, carol]) {
        const { status, text } = await session.get(path);
        if (status === 303) continue;
        expect([path, faultsOfPage(text)]).toEqual([path, []]);
        expect(text).not.toContain('<script');
      }
    },
  );

  it('is in order, is what its check is made for', () => {
    const bad =
      '<html><title>t</title><main><h2>x<img src=x onerror=x><input name=a><a href=//x></a>';
    expect(faultsOfPage(bad)).toEqual(
      expect.arrayContaining([
        'missing-doctype in line 1',
        'no language',
        'input a has no label',
        'a link to //x',
        'a without a text',
        'a img',
        'img has onerror',
        'h2 skips a level',
        '0 of h1',
      ]),
    );
  });

  it.each([...PUBLIC, '/account', '/nothing', '/logout'])('%s is protected', async (path) => {
    for (const session of [anyone, carol]) {
      const { headers } = await session.get(path);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('has the style sheet, which browsers keep', async () => {
    const { text } = await anyone.get('/');
    const path = /<link rel="stylesheet" href="([^"]+)">/.exec(text)?.[1] ?? '';
    const { status, headers, text: style } = await anyone.get(path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(style).toContain('color-scheme: light dark');
  });
});

describe('what pages show', () => {
  it('the first one: how to clone, and the collections by SIG', async () => {
    const words = read((await anyone.get('/')).text);
    expect(words).toContain(`git clone ${scenario.server.url}/scls/COMPONENT.git`);
    expect(words).toContain(`sclo: ${HOSTILE}`);
    expect(words).toContain('python33 EL 6, 7');
  });

  it('a component: branches, built packages, sources, pushes', async () => {
    const { text } = await anyone.get('/components/python');
    const words = read(text);
    expect(words).toContain(`git clone ${scenario.server.gitUrl('python')}`);
    for (const one of ['scl-rh-python34-el7', 'rh-python34-python', FILE, sha512('content')])
      expect(words).toContain(one);
    expect(words).toMatch(/ann applied scl-python33-el7 [0-9a-f]{12}/);
    const link = parsePage(text).elements.find((one) => attribute(one, 'download') === FILE);
    const file = await anyone.get(link === undefined ? '' : (attribute(link, 'href') ?? ''));
    expect([file.status, file.text]).toEqual([200, 'content']);
  });

  it('a collection and a SIG', async () => {
    const collection = read((await anyone.get('/collections/rh-python34')).text);
    for (const one of ['sclo', 'rh-python34-python', 'python-meta'])
      expect(collection).toContain(one);
    const sig = read((await anyone.get('/sigs/sclo')).text);
    for (const one of ['carol chair', 'users that a chair approved', 'ann all components', HOSTILE])
      expect(sig).toContain(one);
  });

  it('long lists in parts, each component once', async () => {
    const names = Array.from({ length: 250 }, (_, n) => `part-${String(n).padStart(3, '0')}`);
    await withDatabase(scenario.server, (db) =>
      db.transaction(async (sql) => {
        for (const text of names) {
          const name = parseComponentName(text);
          const created_by = parseUserName('admin');
          const row = { name, exploded: false, state: 'active', created_by } as const;
          await sql.insertInto('components').values(row).execute();
          const collection = parseCollectionName('python33');
          await sql
            .insertInto('component_collections')
            .values({ component: name, collection })
            .execute();
        }
      }),
    );
    for (const first of ['/components', '/collections/python33']) {
      const seen: string[] = [];
      let parts = 0;
      for (let path: string | null = first; path !== null; parts++) {
        const { text } = await anyone.get(path);
        expect(faultsOfPage(text)).toEqual([]);
        seen.push(
          ...[...text.matchAll(/<td[^>]*><a href="\/components\/([^"]+)"/g)].map(([, n = '']) => n),
        );
        const { elements } = parsePage(text);
        const next = elements.find((one) => attribute(one, 'rel') === 'next');
        path = next === undefined ? null : attribute(next, 'href');
      }
      expect(parts).toBe(3);
      expect(seen.sort()).toEqual([...names, 'python'].sort());
    }
  });

  it('a component that is asked for by its name', async () => {
    expect((await anyone.get('/components?name=+python+')).location).toBe('/components/python');
    expect((await anyone.get('/components?name=..%2fx')).status).toBe(400);
    expect((await anyone.get('/components?name=none')).location).toBe('/components/none');
  });

  it('an account: who, by which credential, memberships, approvals, tokens', async () => {
    const words = read((await carol.get('/account')).text);
    expect(words).toMatch(/User carol Site admin no Logged in by token:[0-9a-f]{12} /);
    expect(words).toMatch(/sclo chair/);
    expect(words).toContain('No SIG has approved you for commits.');
    expect(words).toContain(HOSTILE);
    expect(read((await ann.get('/account')).text)).toMatch(/sclo all components/);
  });
});

describe('what is not there', () => {
  it.each([
    ['/nothing', 404, 'There is no page at this address.'],
    ['/components/none', 404, 'There is no component none.'],
    ['/collections/none', 404, 'There is no collection none.'],
    ['/sigs/none', 404, 'There is no SIG none.'],
    ['/components/a..b', 400, 'Component name "a..b" is not valid.'],
    ['/components/%zz', 400, 'The request can not be read.'],
    ['/components/python?from=x', 400, 'from is not a number.'],
    ['/components?after=a&after=b', 400, 'after'],
  ])('%s is a page that says so', async (path, status, words) => {
    const answer = await anyone.get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(read(answer.text)).toContain(words);
  });

  it('is told to programs as ever', async () => {
    const { server } = scenario;
    for (const [path, accept] of [
      ['/nothing', '*/*'],
      ['/nothing', 'application/json'],
      ['/api/v1/nothing', 'text/html'],
      ['/api/v1/components/none', 'text/html'],
      ['/lookaside/python/none/sha512/1', 'text/html'],
      ['/uploads/none', 'text/html'],
    ] as const) {
      const answer = await fetch(server.url + path, { headers: { Accept: accept } });
      const type = answer.headers.get('content-type') ?? '';
      expect([path, type]).toEqual([path, expect.stringMatching(/problem\+json|text\/plain/)]);
      await answer.arrayBuffer();
    }
  });

  it('is told to whoever posts there as ever', async () => {
    const answer = await fetch(`${scenario.server.url}/components/python`, {
      method: 'POST',
      headers: { Accept: 'text/html' },
    });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    await answer.arrayBuffer();
  });
});

describe("git's address in a browser", () => {
  it.each(['/scls/python', '/scls/python.git', '/scls/python.git/', '/scls/python/'])(
    '%s leads to the page of the component',
    async (path) => {
      const { status, location } = await anyone.get(path);
      expect([status, location]).toEqual([303, '/components/python']);
    },
  );

  it('is for git as before: smart HTTP is served, dumb HTTP is not', async () => {
    const { server } = scenario;
    const url = server.gitUrl('python');
    expect((await tryGit('/', ['ls-remote', url])).code).toBe(0);
    expect((await tryGit('/', ['ls-remote', url.replace(/\.git$/, '')])).code).toBe(0);
    const status = async (path: string) => {
      const answer = await fetch(url + path, { redirect: 'manual' });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect(await status('/info/refs')).toBe(403);
    expect(await status('?service=git-upload-pack')).toBe(404);
    for (const path of ['/HEAD', '/objects/info/packs', '/config', '/..%2fpython.git', '/%zz'])
      expect([path, await status(path)]).toEqual([path, 404]);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
