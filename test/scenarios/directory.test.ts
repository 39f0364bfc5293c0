import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git, tryGit } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { sha512, specOf } from '../support/sclo.ts';
import {
  directorySettings,
  GROUPS,
  group,
  PEOPLE,
  person,
  Slapd,
  TestAuthority,
} from '../support/slapd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

const dnOf = (user: string): string => `uid=${user},${PEOPLE}`;
const groupDn = (name: string): string => `cn=${name},${GROUPS}`;
const passwordOf = (user: string): string => `${user}'s pass:word ü`;
const basic = (user: string, password = passwordOf(user)): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
/** Seconds: so short that tests see memberships change, and so long that a refusal is no accident. */
const REFRESH = 1;
const MAX_AGE = 10;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let ca: TestAuthority;
let slapd: Slapd;
let server: TestServer;
let paths = 0;
const path = (): string => join(temporary.path, `copy-${++paths}`);

beforeAll(async () => {
  temporary = await temporaryFolder();
  ca = await TestAuthority.at(join(temporary.path, 'ca'));
  slapd = await Slapd.at(join(temporary.path, 'slapd'), ca);
  const people = ['ann', 'bob', 'carol', 'dan', 'erin', 'frank', 'sam', 'local'];
  await slapd.add(
    [
      ...people.map((name) => person(name, passwordOf(name))),
      group('core-team', [dnOf('bob')]),
      group('sig-core', [dnOf('ann'), dnOf('frank'), groupDn('core-team')], [dnOf('carol')]),
      group('sig-coreos', [dnOf('dan')]),
      group('distgit-admins', [dnOf('erin')]),
    ].join(''),
  );
  server = new TestServer(join(temporary.path, 'data'), {
    ...directorySettings([slapd.tlsUrl], ca),
    DISTGIT_DIRECTORY_ADMIN_GROUP: 'distgit-admins',
    DISTGIT_DIRECTORY_REFRESH: String(REFRESH),
    DISTGIT_DIRECTORY_MAX_AGE: String(MAX_AGE),
    DISTGIT_DIRECTORY_REMEMBER_PASSWORDS: '3600',
    DISTGIT_LOG_LEVEL: 'debug',
  });
  await server.start();
  for (const [name, collection] of [
    ['core', 'python33'],
    ['coreos', 'git25'],
  ] as const) {
    await server.must('createSig', { name, commit: 'members' });
    await server.must('createCollection', {
      name: collection,
      sig: name,
      releases: [{ release: '7' }],
    });
  }
  await server.must('createComponent', { name: 'python', collections: ['python33'] });
  await server.must('createComponent', { name: 'git', collections: ['git25'] });
});
afterAll(async () => {
  await server.stop();
  await slapd[Symbol.asyncDispose]();
  await temporary[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: {
    readonly detail?: string;
    readonly rule?: string;
    readonly remedy?: string;
    readonly sigs?: readonly { readonly sig: string; readonly role: string }[];
    readonly admin?: boolean;
    readonly credential?: string;
    readonly validUntil?: string | null;
  };
}

async function ask(authorization: string, address = '/api/v1/whoami', init: RequestInit = {}) {
  const response = await fetch(`${server.url}${address}`, {
    ...init,
    headers: { ...init.headers, Authorization: authorization },
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: text.startsWith('{') ? JSON.parse(text) : { detail: text },
  } as Answer;
}

/** A clone with a commit that is not pushed, whose remote logs in as `user`. */
async function clone(component: string, branch: string, user: string, password: string) {
  const folder = path();
  const url = new URL(server.gitUrl(component));
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  await git('/', 'clone', '--quiet', '--branch', branch, server.gitUrl(component), folder);
  await git(folder, 'remote', 'set-url', 'origin', url.href);
  await commitFiles(folder, {
    [`${component}.spec`]: specOf(component),
    [`change-${paths}.txt`]: user,
  });
  return folder;
}
const upload = async (authorization: string, component: string, content: string) =>
  ask(authorization, `/lookaside/${component}/a.tar/sha512/${sha512(content)}`, {
    method: 'PUT',
    body: content,
  });
/** What the server makes of a token, once it makes that of it. */
const becomes = (token: string, status: number): Promise<void> =>
  expect.poll(async () => (await ask(`Bearer ${token}`)).status, { timeout: 30_000 }).toBe(status);

describe('a user of the directory', () => {
  it('logs in with its password, and is who the directory says', async () => {
    const about = async (user: string) => (await ask(basic(user))).body;
    expect(await about('ann')).toMatchObject({
      user: 'ann',
      admin: false,
      credential: 'ldap:ann',
      validUntil: null,
      sigs: [{ sig: 'core', role: 'member' }],
    });
    expect(await about('bob')).toMatchObject({ sigs: [{ sig: 'core', role: 'member' }] });
    expect(await about('carol')).toMatchObject({ sigs: [{ sig: 'core', role: 'chair' }] });
    expect(await about('dan')).toMatchObject({ sigs: [{ sig: 'coreos', role: 'member' }] });
    expect(await about('erin')).toMatchObject({ admin: true, sigs: [] });
    expect(await about('sam')).toMatchObject({ admin: false, sigs: [] });
  });

  it('is known from then on, and in the list of members', async () => {
    expect(await server.must('showUser', { user: 'ann' })).toMatchObject({
      fullName: 'ann Person',
      email: 'ann@example.org',
      admin: false,
    });
    const { members } = await server.must('showSig', { sig: 'core' });
    expect(members).toEqual([
      { user: 'carol', role: 'chair' },
      { user: 'ann', role: 'member' },
      { user: 'bob', role: 'member' },
    ]);
  });

  it('pushes over HTTP and uploads with its password, where it is a member', async () => {
    const copy = await clone('python', 'scl-python33-el7', 'bob', passwordOf('bob'));
    const tried = await slapd.bindsOf(async () => {
      expect(await push(copy, ['HEAD'])).toMatchObject({ code: 0 });
      expect((await upload(basic('bob'), 'python', 'from bob')).status).toBe(201);
      expect((await upload(basic('bob', 'wrong'), 'python', 'from bob')).status).toBe(401);
    });
    // The right password was remembered from before: one try for the wrong one.
    expect(tried).toEqual([dnOf('bob')]);
  });

  it('makes tokens of its own, which are good for what it is good for', async () => {
    const made = await ask(basic('ann'), '/api/v1/tokens', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    expect(made.status).toBe(201);
    const { token } = made.body as { token: string };
    expect((await upload(`Bearer ${token}`, 'python', 'by token')).status).toBe(201);
  });
});

describe('prefix group: a member of sig-core', () => {
  it('does not push or upload for SIG coreos, nor the other way round', async () => {
    for (const [user, component, branch] of [
      ['ann', 'git', 'scl-git25-el7'],
      ['carol', 'git', 'scl-git25-el7'],
      ['dan', 'python', 'scl-python33-el7'],
    ] as const) {
      const copy = await clone(component, branch, user, passwordOf(user));
      const refused = await tryGit(copy, ['push', 'origin', 'HEAD']);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(/is not a member of SIG|403/);
      const answer = await upload(basic(user), component, 'x');
      expect([answer.status, answer.body.rule ?? '']).toEqual([403, 'commit-members']);
    }
  });
});

describe('what is no password of the directory', () => {
  it('is refused alike, whatever is wrong with it', async () => {
    await server.must('createUser', { name: 'local' });
    await server.must('updateUser', { user: 'sam', disabled: true });
    const refusals = [
      basic('ann', 'wrong'),
      basic('nobody'),
      basic('sam'),
      // A local user is not taken over by who is called alike in the directory.
      basic('local'),
      basic('ann', ''),
      basic('', 'x'),
      basic('*'),
      basic('ann)(uid=*'),
      basic(`ann,${PEOPLE}`),
      basic('ANN'),
    ];
    for (const authorization of refusals) {
      const { status, body } = await ask(authorization);
      expect([status, body.detail]).toEqual([401, 'The user name or the password is not valid.']);
    }
    await expect.poll(() => server.log).toContain('called like a local one');
    await server.must('updateUser', { user: 'sam', disabled: false });
    expect((await ask(basic('sam'))).status).toBe(200);
  });

  it('costs the directory nothing where it can be told here', async () => {
    const { token } = await server.must('createToken', { user: 'ann' });
    const tried = await slapd.bindsOf(async () => {
      for (const [authorization, status] of [
        [basic('ann', ''), 401],
        [basic('*'), 401],
        [basic('ann', 'sclt_000000000000_x'), 401],
        [basic('ann', `${token}x`), 401],
        [basic('ann', token), 200],
      ] as const)
        expect((await ask(authorization)).status).toBe(status);
    });
    expect(tried).toEqual([]);
  });

  it('is nowhere in the log', async () => {
    await expect.poll(() => server.log).toContain('whoami');
    expect(server.log).not.toContain('pass:word');
    expect(server.log).not.toContain(basic('ann').slice('Basic '.length));
  });
});

describe('whoever is removed', () => {
  it('from the group loses push within the stated time, with tokens too', async () => {
    await ask(basic('frank'));
    const { token } = await server.must('createToken', { user: 'frank' });
    expect((await upload(`Bearer ${token}`, 'python', 'before')).status).toBe(201);
    await slapd.change(groupDn('sig-core'), `delete: member\nmember: ${dnOf('frank')}`);
    await expect
      .poll(async () => (await upload(`Bearer ${token}`, 'python', 'after')).body.rule, {
        timeout: 30_000,
      })
      .toBe('commit-members');
    // The password is remembered; what the groups say is not.
    expect((await upload(basic('frank'), 'python', 'after')).status).toBe(403);
  });

  it('as a whole, or locked, is let in by nothing', async () => {
    const { token } = await server.must('createToken', { user: 'frank' });
    await slapd.change(dnOf('frank'), 'replace: nsAccountLock\nnsAccountLock: TRUE');
    await becomes(token, 401);
    expect((await ask(basic('frank'))).status).toBe(401);
    await slapd.change(dnOf('frank'), 'replace: nsAccountLock\nnsAccountLock: FALSE');
    await becomes(token, 200);
    await slapd.remove(dnOf('frank'));
    await becomes(token, 401);
  });

  it('from the group of admins administers no more', async () => {
    const { token } = await server.must('createToken', { user: 'erin' });
    const audit = async () => (await ask(`Bearer ${token}`, '/api/v1/audit')).status;
    expect(await audit()).toBe(200);
    await slapd.change(groupDn('distgit-admins'), `replace: member\nmember: ${dnOf('sam')}`);
    await expect.poll(audit, { timeout: 30_000 }).toBe(403);
  });
});

describe('while the directory is unreachable', () => {
  let token: string;
  beforeAll(async () => {
    ({ token } = await server.must('createToken', { user: 'ann' }));
    await ask(basic('ann'));
    await slapd.kill();
  });

  it('what it said is trusted for a while, and then nobody of it may do anything but read', async () => {
    expect((await upload(`Bearer ${token}`, 'python', 'still trusted')).status).toBe(201);
    await expect
      .poll(async () => (await upload(`Bearer ${token}`, 'python', 'more')).body.rule, {
        timeout: 30_000,
      })
      .toBe('directory-unreachable');
    const { body } = await upload(`Bearer ${token}`, 'python', 'more');
    expect(body.detail).toMatch(/^The directory has not answered since \d{4}-.*ann may do/);
    expect(body.remedy).toContain('Try again when the directory answers');
    const copy = await clone('python', 'scl-python33-el7', 'x', token);
    const refused = await push(copy, ['HEAD']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('The directory has not answered since');
    expect((await ask(`Bearer ${token}`, '/api/v1/tokens', { method: 'GET' })).status).toBe(403);
  });

  it('a login says so, and is no wrong password', async () => {
    for (let times = 0; times < 10; times++) {
      const { status, body } = await ask(basic('dan', 'whatever'));
      expect([status, body.detail]).toEqual([503, 'The directory does not answer.']);
    }
  });

  it('local users, and reading without a login, go on', async () => {
    expect((await server.call('listAudit', {})).status).toBe(200);
    await git('/', 'clone', '--quiet', server.gitUrl('python'), path());
  });

  it('a server that starts comes up, and trusts nothing that is old', async () => {
    await server.stop();
    await server.start();
    expect((await upload(`Bearer ${token}`, 'python', 'x')).body.rule).toBe(
      'directory-unreachable',
    );
  });

  it('and when it is back, all is as before without any login', async () => {
    await slapd.start();
    await expect
      .poll(async () => (await upload(`Bearer ${token}`, 'python', 'back')).status, {
        timeout: 30_000,
      })
      .toBe(201);
  });
});

describe('wrong passwords', () => {
  it('of one account are slowed down; tokens and other accounts are not', async () => {
    const { token } = await server.must('createToken', { user: 'dan' });
    const guess = async (index: number) => ask(basic('dan', `guess ${index}`));
    const many = await Promise.all(Array.from({ length: 20 }, (_, index) => guess(index)));
    const codes = many.map(({ status }) => status);
    expect(codes.filter((code) => code === 401).length).toBeGreaterThanOrEqual(5);
    expect(codes.filter((code) => code === 429).length).toBeGreaterThan(5);
    // Whoever goes on guessing waits longer and longer.
    await expect
      .poll(async () => Number((await guess(20)).retryAfter), { timeout: 60_000 })
      .toBeGreaterThanOrEqual(6);
    const { status, retryAfter, body } = await ask(basic('dan'));
    expect([status, body.detail]).toEqual([429, 'Too many wrong passwords.']);
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(body.remedy).toContain(`Wait ${retryAfter} seconds`);
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
    expect((await ask(basic('bob'))).status).toBe(200);
    await expect.poll(async () => (await ask(basic('dan'))).status, { timeout: 90_000 }).toBe(200);
  }, 240_000);
});

describe('in the steady state', () => {
  it('no request asks the directory: neither tokens nor a password that was right', async () => {
    await server.stop();
    const settings = {
      ...server.settings,
      DISTGIT_DIRECTORY_REFRESH: '600',
      DISTGIT_DIRECTORY_MAX_AGE: '900',
    };
    server = new TestServer(server.data, settings);
    await server.start();
    const { token } = await server.must('createToken', { user: 'bob' });
    expect((await ask(basic('bob'))).status).toBe(200);
    const copy = await clone('python', 'scl-python33-el7', 'bob', token);
    await git(copy, 'pull', '--quiet', '--rebase');
    const asked = await slapd.requestsOf(async () => {
      expect(await push(copy, ['HEAD'])).toMatchObject({ code: 0 });
      for (let times = 0; times < 20; times++) {
        expect((await ask(`Bearer ${token}`)).status).toBe(200);
        expect((await ask(basic('bob'))).status).toBe(200);
        expect((await upload(`Bearer ${token}`, 'python', `${times}`)).status).toBe(201);
      }
    });
    expect(asked).toEqual([]);
  });

  it('the server has nothing to complain of', () => {
    expect(faultsIn(server)).toEqual([]);
  });
});
