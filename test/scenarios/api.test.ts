import { describe, expect, it } from 'vitest';
import { ERROR_TABLE } from '../../core/api/error-table.ts';
import { API_ROOT, type Operation, ROUTES } from '../../core/api/routes.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { forgedToken } from '../support/token-parts.ts';

const scenario = scloScenario();
const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly remedy?: string;
  readonly requestId: string;
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
}

async function ask(
  method: string,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
  token: string | null = scenario.server.adminToken,
) {
  const response = await fetch(`${scenario.server.url}${API_ROOT}${path}`, {
    method,
    headers: { ...(token === null ? {} : { Authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Asks for what must be refused; checks all that every refusal has. */
async function refusal(...args: Parameters<typeof ask>): Promise<Problem> {
  const { status, headers, text } = await ask(...args);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(text) as Problem;
  expect(problem.status).toBe(status);
  expect(problem.requestId).toBe(headers.get('x-request-id'));
  expect(ERROR_TABLE).toHaveProperty(problem.code);
  expect(problem.title).not.toBe('');
  expect(text).not.toMatch(/node_modules|\.ts:\d|\n\s+at /);
  return problem;
}

describe('a request that is not valid', () => {
  it('is told all its problems at once, each with its place', async () => {
    const body = {
      name: '../python33',
      sig: 'SCLO',
      vendor: 'redhat',
      releases: [{ release: '99' }, { release: '7', depends: [{ collection: 'a/b' }] }],
      surplus: true,
    };
    const problem = await refusal('POST', '/collections', JSON.stringify(body));
    expect(problem).toMatchObject({ status: 400, code: 'input_invalid' });
    expect(problem.problems?.map(({ path }) => path).toSorted()).toEqual([
      'body',
      'body.name',
      'body.releases.0.release',
      'body.releases.1.depends.0.collection',
      'body.sig',
      'body.vendor',
    ]);
    const messages = problem.problems?.map(({ message }) => message).join('\n') ?? '';
    expect(messages).toContain('Collection name "../python33" is not valid.');
    expect(messages).toContain('Known are: 6, 7, 8, 8s, 9, 9s, 10, 10s.');
    expect(messages).toContain('surplus');
  });

  it('is told those of its path, its query and its body together', async () => {
    const problem = await refusal('PUT', '/sigs/SCLO/members/ANN', '{"role":"king"}');
    expect(problem.status).toBe(400);
    expect(problem.problems?.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['path.sig', 'path.user', 'body.role']),
    );
  });

  it.each([
    ['half an object', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"text"'],
    ['two objects', '{"name":"a"}{"name":"b"}'],
    ['a control character', '{"name":"\u0001"}'],
    ['the prototype of all', '{"__proto__":{"admin":true},"name":"proto"}'],
    ['a constructor', '{"constructor":{"x":1},"name":"proto"}'],
    ['a list 100,000 deep', '['.repeat(100_000)],
  ])('that has %s for a body is refused', async (_, body) => {
    const { status, code } = await refusal('POST', '/users', body);
    expect({ status, code }).toEqual({ status: 400, code: 'input_invalid' });
  });

  it('of more than a megabyte is refused with 413', async () => {
    const body = JSON.stringify({ name: 'a'.repeat(2 ** 21) });
    expect(await refusal('POST', '/users', body)).toMatchObject({ status: 413, code: 'too_large' });
  });

  it.each(['text/plain', 'application/xml', 'multipart/form-data', 'application/jsonp', ''])(
    'of the content type %j is refused with 415',
    async (type) => {
      const problem = await refusal('POST', '/users', '{"name":"x"}', { 'Content-Type': type });
      expect(problem).toMatchObject({ status: 415, code: 'media_type_unsupported' });
    },
  );

  it.each(['limit=0', 'limit=-1', 'limit=1001', 'limit=x', 'limit=1.5', 'surplus=1'])(
    'with the query %s is refused',
    async (query) => {
      expect((await refusal('GET', `/pushes?${query}`)).status).toBe(400);
    },
  );

  it('keeps control characters out of what is stored', async () => {
    for (const title of ['a\0b', 'a\u001b[31m', 'a\ud800b']) {
      const { status } = await ask('PATCH', '/sigs/sclo', JSON.stringify({ title }));
      expect(status).toBe(400);
    }
    const good = 'SCLo – the SIG 🐍';
    expect((await ask('PATCH', '/sigs/sclo', JSON.stringify({ title: good }))).status).toBe(200);
    expect((await scenario.server.must('showSig', { sig: 'sclo' })).title).toBe(good);
  });
});

describe('what is not there', () => {
  it.each([
    '/',
    '/nothing',
    '/users/nobody',
    '/tokens/000000000000',
    '/sigs/nothing',
    '/collections/nothing',
    '/components/nothing',
    '/components/nothing/checks',
    '/components/nothing/sources',
    '/components/python/nothing',
  ])('%s is 404 and says where to look', async (path) => {
    const problem = await refusal('GET', path);
    expect(problem).toMatchObject({ status: 404, code: 'not_found' });
    expect(problem.remedy).toMatch(/\S/);
  });

  it.each([
    ['DELETE', '/users', 'GET, POST'],
    ['PUT', '/users/ann', 'GET, PATCH'],
    ['POST', '/whoami', 'GET'],
    ['PATCH', '/sigs/sclo/members/ann', 'PUT, DELETE'],
    ['DELETE', '/audit', 'GET'],
  ])('%s %s is 405 and names the methods there are', async (method, path, allowed) => {
    const { headers } = await ask(method, path);
    const problem = await refusal(method, path);
    expect(problem).toMatchObject({ status: 405, code: 'method_not_allowed' });
    const methods = (headers.get('allow') ?? '').split(', ');
    expect(methods.filter((one) => one !== 'HEAD').toSorted()).toEqual(
      allowed.split(', ').toSorted(),
    );
  });
});

describe('credentials', () => {
  it('that do not hold are 401 with a challenge, never taken for anonymous', async () => {
    for (const Authorization of [
      'Bearer nonsense',
      `Bearer ${forgedToken('0'.repeat(12), '0'.repeat(43))}`,
      `Basic ${btoa('ann:wrong')}`,
      'Basic !!!',
      'Digest username="ann"',
      'Negotiate YII=',
      'Bearer',
    ]) {
      const { status, headers } = await ask('GET', '/whoami', undefined, { Authorization }, null);
      expect(`${Authorization} ${status}`).toBe(`${Authorization} 401`);
      expect(headers.get('www-authenticate')).toMatch(/Basic realm=.*Bearer realm=/);
    }
  });

  it('are taken as Bearer and as the password of Basic, whatever the user name', async () => {
    const { committer } = scenario.people;
    for (const Authorization of [
      `Bearer ${committer}`,
      `bearer ${committer}`,
      `Basic ${btoa(`ann:${committer}`)}`,
      `Basic ${btoa(`:${committer}`)}`,
      `Basic ${btoa(`somebody else:${committer}`)}`,
    ]) {
      const { text } = await ask('GET', '/whoami', undefined, { Authorization }, null);
      expect(JSON.parse(text)).toMatchObject({ user: 'ann', admin: false });
    }
  });

  it('of somebody who may not: 403 with the rule and whom to ask', async () => {
    const problem = await refusal(
      'POST',
      '/users',
      '{"name":"eve"}',
      JSON_TYPE,
      scenario.people.committer,
    );
    expect(problem).toMatchObject({
      status: 403,
      code: 'not_allowed',
      rule: 'site-admin',
      detail: 'ann is not a site admin.',
      remedy: 'Ask a site admin.',
    });
  });

  it('are not needed to read what is public, and are for the rest', async () => {
    const open: readonly Operation[] = [
      'whoami',
      'showServer',
      'listSigs',
      'listCollections',
      'listComponents',
      'listPushes',
    ];
    const closed: readonly Operation[] = ['listUsers', 'listTokens', 'listAudit', 'listJobs'];
    for (const name of open)
      expect((await ask('GET', ROUTES[name].path, undefined, {}, null)).status).toBe(200);
    for (const name of closed)
      expect((await refusal('GET', ROUTES[name].path, undefined, {}, null)).status).toBe(401);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
