import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Operation, ROUTES } from '../../core/api/routes.ts';
import type { ApiInput } from '../../core/api/schemas.ts';
import { keyBlob } from '../core/support/ssh-wire.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();
const HASH = createHash('sha512').update('nothing').digest('hex');
const KEY = `ssh-ed25519 ${keyBlob('ssh-ed25519').toString('base64')}`;
const SOURCE = { component: 'python', file: 'a.tar', hashType: 'sha512', hash: HASH } as const;

/** What anonymous and somebody without any right are answered; the rest is not about rights. */
type Expected = readonly [anonymous: 200 | 401, stranger: 'let in' | 403];
const PUBLIC: Expected = [200, 'let in'];
const FOR_USERS: Expected = [401, 'let in'];
const RIGHT: Expected = [401, 403];

/** A request that is not the stranger's to answer. */
const OTHERS_REQUEST = 1;

/** Every operation of the API, with an input that is about rights alone. */
const OPERATIONS: {
  readonly [O in Operation]: readonly [expected: Expected, input: ApiInput<O>];
} = {
  whoami: [PUBLIC, {}],
  showServer: [PUBLIC, {}],
  explain: [PUBLIC, { action: 'push', component: 'python' }],
  listUsers: [FOR_USERS, {}],
  createUser: [RIGHT, { name: 'new' }],
  showUser: [FOR_USERS, { user: 'ann' }],
  updateUser: [RIGHT, { user: 'ann', admin: true }],
  listTokens: [RIGHT, { user: 'ann' }],
  createToken: [RIGHT, { user: 'ann' }],
  showToken: [[401, 'let in'], { token: 'none' }],
  revokeToken: [[401, 'let in'], { token: 'none' }],
  listKeys: [RIGHT, { user: 'ann' }],
  addKey: [RIGHT, { user: 'ann', key: KEY }],
  removeKey: [[401, 'let in'], { key: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU' }],
  listSigs: [PUBLIC, {}],
  createSig: [RIGHT, { name: 'new' }],
  showSig: [PUBLIC, { sig: 'sclo' }],
  updateSig: [RIGHT, { sig: 'sclo', title: 'x' }],
  setQuota: [RIGHT, { sig: 'sclo', quota: 1 }],
  setMember: [RIGHT, { sig: 'sclo', user: 'sam' }],
  removeMember: [RIGHT, { sig: 'sclo', user: 'carol' }],
  approveUser: [RIGHT, { sig: 'sclo', user: 'sam' }],
  revokeApproval: [RIGHT, { sig: 'sclo', user: 'ann' }],
  requestAccess: [FOR_USERS, { sig: 'sclo' }],
  requestKoji: [RIGHT, { collection: 'python33' }],
  listRequests: [FOR_USERS, {}],
  approveRequest: [RIGHT, { request: OTHERS_REQUEST }],
  denyRequest: [RIGHT, { request: OTHERS_REQUEST, reason: 'x' }],
  cancelRequest: [RIGHT, { request: OTHERS_REQUEST }],
  listCollections: [PUBLIC, {}],
  createCollection: [RIGHT, { name: 'new1', sig: 'sclo', releases: [] }],
  showCollection: [PUBLIC, { collection: 'python33' }],
  updateCollection: [RIGHT, { collection: 'python33', inheritTesting: true }],
  applyDeclaration: [RIGHT, { collections: [{ name: 'python33', releases: {} }] }],
  addRelease: [RIGHT, { collection: 'python33', release: '8' }],
  setDepends: [RIGHT, { collection: 'python33', release: '7', depends: [] }],
  showBuildroot: [PUBLIC, { collection: 'python33', release: '7' }],
  setClosed: [RIGHT, { collection: 'python33', closed: true }],
  setRetired: [RIGHT, { component: 'python', collection: 'python33', retired: true }],
  planKoji: [RIGHT, { collection: 'python33' }],
  applyKoji: [RIGHT, { collection: 'python33' }],
  showKoji: [PUBLIC, { collection: 'python33' }],
  findDrift: [FOR_USERS, {}],
  listComponents: [PUBLIC, {}],
  createComponent: [RIGHT, { name: 'new', collections: ['python33'] }],
  showComponent: [PUBLIC, { component: 'python' }],
  addToCollections: [RIGHT, { component: 'python', collections: ['python33'] }],
  showChecks: [PUBLIC, { component: 'python' }],
  listSpecs: [PUBLIC, { component: 'python' }],
  listSources: [PUBLIC, { component: 'python' }],
  recordOrigin: [RIGHT, { ...SOURCE, url: 'https://example.org/a.tar' }],
  showStatement: [PUBLIC, SOURCE],
  showUsage: [PUBLIC, {}],
  collectGarbage: [RIGHT, {}],
  listQuarantine: [RIGHT, {}],
  restoreSource: [RIGHT, SOURCE],
  startScrub: [RIGHT, {}],
  showScrub: [RIGHT, {}],
  startBuild: [RIGHT, { component: 'python', branch: 'scl-python33-el7' }],
  startChain: [RIGHT, { branch: 'scl-python33-el7', levels: [['python'], ['python-meta']] }],
  startSrpm: [RIGHT, { component: 'python', branch: 'scl-python33-el7', sha512: HASH }],
  listBuilds: [PUBLIC, {}],
  showBuild: [PUBLIC, { nvr: 'python33-python-1-1' }],
  // What is not there has nobody who may change it.
  promoteBuild: [[401, 'let in'], { nvr: 'python33-python-1-1', to: 'testing' }],
  demoteBuild: [[401, 'let in'], { nvr: 'python33-python-1-1', from: 'release' }],
  recordResult: [
    [401, 'let in'],
    { nvr: 'python33-python-1-1', test: 'functional', outcome: 'PASSED' },
  ],
  listResults: [PUBLIC, { nvr: 'python33-python-1-1' }],
  showTask: [PUBLIC, { task: 1 }],
  readTaskLog: [PUBLIC, { task: 1, of: 1, file: 'build.log' }],
  cancelTask: [[401, 'let in'], { task: 1 }],
  cancelBuild: [[401, 'let in'], { build: 1 }],
  resubmitTask: [[401, 'let in'], { task: 1 }],
  resubmitBuild: [[401, 'let in'], { build: 1 }],
  resubmitPush: [[401, 'let in'], { push: '0'.repeat(36) }],
  setAutoBuild: [RIGHT, { collection: 'python33', on: true }],
  listPushes: [PUBLIC, {}],
  listAudit: [RIGHT, {}],
  listJobs: [RIGHT, {}],
};

interface Problem {
  readonly rule?: string;
  readonly detail?: string;
  readonly remedy?: string;
}
const speaks = (text: string | undefined): boolean => /\w.*[.\w]/.test(text ?? '');

beforeAll(async () => {
  const { server } = scenario;
  await server.must('createUser', { name: 'other' });
  const { token } = await server.must('createToken', { user: 'other' });
  const { id } = await server.must('requestAccess', { sig: 'sclo' }, token);
  expect(id).toBe(OTHERS_REQUEST);
});

describe('every refusal of the API', () => {
  it('has a row here', () => {
    expect(Object.keys(OPERATIONS).toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  });

  it.each(Object.keys(OPERATIONS) as Operation[])(
    'names its rule and what to do next: %s',
    async (operation) => {
      const { server, people } = scenario;
      const [expected, input] = OPERATIONS[operation];
      const names: readonly (string | null)[] = [null, people.stranger];
      for (const [place, token] of names.entries()) {
        const { status, body } = await server.call(operation, input, token);
        const refused = status === 401 || status === 403;
        const answer = refused ? status : place === 0 ? 200 : 'let in';
        expect([operation, place, answer]).toEqual([operation, place, expected[place]]);
        if (!refused) continue;
        const { rule, detail, remedy } = body as Problem;
        expect(rule).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect([speaks(detail), speaks(remedy)]).toEqual([true, true]);
      }
    },
  );
});

describe('every refusal of git and the look-aside cache', () => {
  const form = (fields: Readonly<Record<string, string>>): FormData => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    data.set('file', new Blob(['x']), 'a.tar');
    return data;
  };
  const cgi = (path: string, extra: Readonly<Record<string, string>> = {}) =>
    [
      path,
      () => ({
        method: 'POST',
        body: form({ name: 'python', sha512sum: HASH, ...extra }),
      }),
    ] as const;
  it.each<readonly [string, () => RequestInit]>([
    ['/scls/python.git/info/refs?service=git-receive-pack', () => ({})],
    [
      '/scls/python.git/git-receive-pack',
      () => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/x-git-receive-pack-request' },
        body: '0000',
      }),
    ],
    cgi('/repo/pkgs/upload.cgi'),
    cgi('/lookaside/upload.cgi'),
    cgi('/sources/upload.cgi', { branch: 'scl-python33-el7' }),
    [`/lookaside/python/a.tar/sha512/${HASH}`, () => ({ method: 'PUT', body: 'x' })],
    [
      '/uploads',
      () => ({
        method: 'POST',
        headers: {
          'Tus-Resumable': '1.0.0',
          'Upload-Length': '1',
          'Upload-Metadata': Object.entries({
            component: 'python',
            file: 'a.tar',
            hashtype: 'sha512',
            hash: HASH,
          })
            .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
            .join(','),
        },
      }),
    ],
  ])('names its rule and what to do next: %s', async (path, init) => {
    const { server, people } = scenario;
    const narrow = await server.must('createToken', { verbs: ['manage'] }, people.committer);
    for (const [token, status, rule] of [
      [null, 401, 'login-required'],
      ['wrong', 401, 'login'],
      [people.stranger, 403, 'commit-approved'],
      [narrow.token, 403, 'token-scope'],
    ] as const) {
      const request = init();
      const headers = {
        ...(request.headers as Record<string, string> | undefined),
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      };
      const answer = await fetch(server.url + path, { ...request, headers });
      const text = await answer.text();
      expect([token, answer.status]).toEqual([token, status]);
      if (answer.headers.get('content-type')?.includes('json') === true) {
        const problem = JSON.parse(text) as Problem;
        expect([problem.rule, speaks(problem.remedy)]).toEqual([rule, true]);
      } else expect(text).toMatch(new RegExp(`^\\S.* \\[${rule}\\]\\n\\S.*\\n$`));
    }
  });

  it('also of what is no smart HTTP', async () => {
    const answer = await fetch(`${scenario.server.url}/scls/python.git/info/refs`);
    expect([answer.status, await answer.text()]).toEqual([
      403,
      'Only smart HTTP is served here. [smart-http-only]\nUse git 1.6.6 or later, and clone the URL without anything behind it.\n',
    ]);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
