import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { API_ROOT, type Operation, ROUTES } from '../../core/api/routes.ts';
import { UPLOAD_CGI } from '../../core/domain/lookaside-addresses.ts';
import { everythingIn } from '../support/data-folder.ts';
import { type RawAnswer, RawClient } from '../support/raw-http.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { sha512 } from '../support/sclo.ts';
import { FORM_TYPE, formBody } from '../support/upload-form.ts';

const scenario = scloScenario();

/** As they stand in a request line; a client that is not ours does not tidy them up. */
const HOSTILE_PATHS: readonly string[] = [
  '..',
  '.',
  '../..',
  '../../../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  '%2e%2e/%2e%2e',
  '%2e%2e%2f%2e%2e%2fadmin-token',
  '%252e%252e%252f',
  '..%5c..%5c',
  '..\\..\\',
  '.staging',
  '%2fetc%2fpasswd',
  'python%00',
  'python%00.git',
  '%00',
  'python%0a',
  'python%0d%0aX-Injected:%201',
  'python%20',
  'python%2f..%2fruby',
  'a'.repeat(300),
  'a'.repeat(10_000),
  'p%D1%83thon', // Cyrillic u
  'python%EF%BC%8E',
  '%EF%BC%8E%EF%BC%8E%EF%BC%8F',
  '%E2%80%AEnohtyp',
  'python%E2%80%8B',
  '%ff',
  '%c0%ae%c0%ae',
  '%',
  '%zz',
  '%F0%9F%90%8D',
  '-rf',
  '--upload-pack=touch%20x',
  'python.lock',
  'python.git.git',
  'python;id',
  '$(id)',
  '`id`',
  '%27%20or%201=1--',
  '__proto__',
  'constructor',
  'PYTHON',
  'Python',
];

async function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>> = {},
  body: Buffer | string = '',
): Promise<RawAnswer> {
  using client = await RawClient.connect(scenario.server.url);
  client.head(method, path, {
    Authorization: `Bearer ${scenario.server.adminToken}`,
    ...headers,
    'Content-Length': Buffer.byteLength(body),
  });
  await client.send(body);
  return await client.answer();
}

/** Refused as the client's fault, without a word of the server's insides. */
function expectRefused(what: string, { status, headers, body }: RawAnswer): void {
  const text = body.toString();
  const leaks = ['root:x:', 'node_modules', '.ts:', scenario.server.data, 'sclt_'];
  expect({
    what,
    status: status >= 400 && status < 500 ? 'refused' : status,
    leaks: leaks.filter((leak) => text.includes(leak)),
    injected: headers['x-injected'],
  }).toEqual({ what, status: 'refused', leaks: [], injected: undefined });
}

const GOOD: Readonly<Record<string, string>> = {
  component: 'python',
  collection: 'python33',
  sig: 'sclo',
  user: 'ann',
  token: '000000000000',
  release: '7',
};

let before: string[];
const files = async (): Promise<string[]> =>
  (await everythingIn(scenario.server.data)).filter((path) => !path.startsWith('database'));
beforeAll(async () => {
  before = await files();
});

describe('a hostile name is refused', () => {
  const operations = (Object.keys(ROUTES) as Operation[]).filter((name) =>
    ROUTES[name].path.includes(':'),
  );
  it.each(operations)('in the path of %s', async (name) => {
    const { method, path } = ROUTES[name];
    const places = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    for (const place of places)
      for (const hostile of HOSTILE_PATHS) {
        const filled = path.replace(/:(\w+)/g, (_, key: string) =>
          key === place ? hostile : (GOOD[key] ?? ''),
        );
        const answer = await ask(
          method.toUpperCase(),
          `${API_ROOT}${filled}`,
          { 'Content-Type': 'application/json' },
          method === 'get' || method === 'delete' ? '' : '{}',
        );
        expectRefused(`${name} ${hostile}`, answer);
      }
  });

  it.each(['info/refs?service=git-upload-pack', 'info/refs?service=git-receive-pack'])(
    'as the repository of %s',
    async (service) => {
      for (const hostile of HOSTILE_PATHS)
        for (const end of ['', '.git'])
          expectRefused(hostile, await ask('GET', `/scls/${hostile}${end}/${service}`));
    },
  );

  it.each(['git-upload-pack', 'git-receive-pack'])(
    'as the repository of a POST to %s',
    async (service) => {
      const headers = { 'Content-Type': `application/x-${service}-request` };
      for (const hostile of HOSTILE_PATHS)
        expectRefused(hostile, await ask('POST', `/scls/${hostile}/${service}`, headers, '0000'));
    },
  );

  it('in every place of a download and of a PUT', async () => {
    const good = ['python', 'a.tar', 'sha512', sha512('x')];
    for (const place of [0, 1, 2, 3])
      for (const hostile of HOSTILE_PATHS) {
        // Any letters and digits may be the name of a file; it is just not there.
        const harmless = place === 1 && /^\w[\w.-]{0,254}$/.test(hostile);
        const segments = good.toSpliced(place, 1, hostile).join('/');
        for (const root of ['/lookaside', '/repo/pkgs', '/repo', '/lookaside/pkgs'])
          expectRefused(segments, await ask('GET', `${root}/${segments}`));
        expectRefused(segments, await ask('GET', `/lookaside/${segments}/a.tar`));
        if (harmless) continue;
        expectRefused(segments, await ask('PUT', `/lookaside/${segments}`, {}, 'x'));
      }
  });

  it("in every place of an address in CentOS's old layout", async () => {
    const good = ['python', 'c7', sha512('x')];
    for (const place of [0, 1, 2])
      for (const hostile of HOSTILE_PATHS) {
        const segments = good.toSpliced(place, 1, hostile).join('/');
        expectRefused(segments, await ask('GET', `/sources/${segments}`));
      }
  });

  it.each(Object.values(UPLOAD_CGI).flat())('in every field of %s', async (path) => {
    const hostileNames = HOSTILE_PATHS.flatMap((path) => {
      try {
        return [path, decodeURIComponent(path)];
      } catch {
        return [path];
      }
    }).filter((name) => !/["\r\n]/.test(name) && !/^[\w-][\w.-]{0,254}$/.test(name));
    for (const hostile of hostileNames)
      for (const [name, file, branch] of [
        [hostile, 'a.tar', 'scl-python33-el7'],
        ['python', hostile, 'scl-python33-el7'],
        ...(path === UPLOAD_CGI.centosBranch[0] ? [['python', 'a.tar', hostile] as const] : []),
      ] as const) {
        const body = formBody([
          ['name', name],
          ['branch', branch],
          ['sha512sum', sha512('x')],
          ['file', { name: file, content: 'x' }],
        ]);
        const headers = { 'Content-Type': FORM_TYPE };
        expectRefused(hostile, await ask('POST', path, headers, body));
      }
  });

  it('in a query', async () => {
    for (const hostile of HOSTILE_PATHS.filter((path) => /^%|[/\\]|%/.test(path)))
      for (const query of [
        `/users/../pushes?component=${hostile}`,
        `/pushes?component=${hostile}`,
        `/components?collection=${hostile}`,
        `/collections?sig=${hostile}`,
        `/tokens?user=${hostile}`,
        `/pushes?limit=${hostile}`,
        `/audit?before=${hostile}`,
      ])
        expectRefused(query, await ask('GET', `${API_ROOT}${query}`));
  });

  it('also as the place where a list goes on: it is text, not a path', async () => {
    for (const after of ['%00', '..%2f..', '%ff', 'a'.repeat(150), '%27%20or%201=1--']) {
      const { status } = await ask('GET', `${API_ROOT}/components?after=${after}`);
      expect([200, 400]).toContain(status);
    }
  });
});

describe('afterwards', () => {
  it('nothing was written, inside or outside of the data folder', async () => {
    expect(await files()).toEqual(before);
    expect(await readdir(dirname(scenario.server.data))).toEqual(['data']);
  });

  it('the server is alive and has nothing to complain of', async () => {
    expect((await fetch(`${scenario.server.url}/healthz`)).status).toBe(200);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
