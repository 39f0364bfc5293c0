import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hub, openHub } from '../../server/koji/hub.ts';
import type { HubOptions } from '../../server/koji/hub-line.ts';
import { faultOfError } from '../../server/koji/koji-fault.ts';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { deadUrl } from '../support/faulty-proxy.ts';
import { type HubCertificates, hubCertificates } from '../support/koji-hub/certificates.ts';
import { loginAt } from '../support/koji-hub/site.ts';
import { type HubFailure, KojiHub } from '../support/koji-hub.ts';
import { refusalOf } from '../support/refusal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let certificates: HubCertificates;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: KojiHub;
let hub: Hub;

beforeAll(async () => {
  folder = await temporaryFolder();
  certificates = await hubCertificates(folder.path, ['distgit', 'joe']);
});
afterAll(() => folder[Symbol.asyncDispose]());

beforeEach(async () => {
  server = await KojiHub.open(certificates);
  server.state.addUser('kojiadmin', ['admin']);
  server.state.addUser('distgit', ['tag', 'target']);
  server.state.addUser('joe');
  hub = connect();
  return async () => {
    server.deliver();
    await hub.close();
    await server[Symbol.asyncDispose]();
  };
});

function connect(name = 'distgit', other: Partial<HubOptions> = {}): Hub {
  return loginAt(server, certificates, name, other);
}

/** What the hub has, past all sessions. */
const tagThere = (name: string) => server.state.as('kojiadmin', 'getTag', name);
const eventsOf = () => server.state.store.rows('tag_config').length;

const callsOf = (method: RegExp) => server.seen.filter((one) => method.test(one.method));
const numberOf = (one: { headers: Record<string, unknown> } | undefined) =>
  one?.headers['koji-session-callnum'];

describe('a login', () => {
  it('is by the certificate, in TLS 1.2; calls have its session and count up', async () => {
    const user = await hub.read('getLoggedInUser');
    expect(user).toMatchObject({ name: 'distgit', authtype: 2 });
    await hub.read('getPerms');
    const [login, first, second] = server.seen;
    expect([login?.path, login?.tls]).toEqual(['/kojihub/ssllogin', 'TLSv1.2']);
    expect(login?.headers).not.toHaveProperty('koji-session-key');
    expect([first?.path, first?.tls]).toEqual(['/kojihub', 'TLSv1.3']);
    expect([numberOf(first), numberOf(second)]).toEqual(['0', '1']);
    expect(second?.headers['koji-callnum']).toBe('1');
    expect(callsOf(/^sslLogin/)).toHaveLength(1);
  });

  it('is ended when the connection is closed', async () => {
    await hub.read('getPerms');
    expect(server.state.sessions.live).toHaveLength(1);
    await hub.close();
    expect(server.state.sessions.live).toHaveLength(0);
    expect((await refusalOf(hub.read('getPerms'))).code).toBe('unavailable');
  });

  it('is not used at a hub that wants it in URLs', async () => {
    server.fail(/^sslLogin/, 'old-login');
    const error = await refusalOf(hub.write('createTag', 'a'));
    expect([error.code, error.detail.remedy]).toEqual([
      'unavailable',
      'Ask a site admin for a hub of Koji 1.31 or later.',
    ]);
    expect(server.seen.map(({ path }) => path)).toEqual(['/kojihub/ssllogin']);
  });

  it("with another authority's certificate is refused, once", async () => {
    const stranger = connect('stranger');
    const error = await refusalOf(stranger.read('getPerms'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain('HTTP status 403');
    expect(server.seen).toHaveLength(1);
    await stranger.close();
  });

  it("at a hub whose own certificate is none of the authority's is not tried", async () => {
    const { cert: certificate, key } = certificates.clients.distgit ?? expect.unreachable();
    const other = openHub({
      url: server.url,
      certificate,
      key,
      timeoutMs: 30_000,
      attempts: 2,
      pauseMs: 1,
    });
    expect((await refusalOf(other.read('getPerms'))).message).toBe('Koji can not be reached.');
    expect(server.seen).toHaveLength(0);
    await other.close();
  });

  it('of a blocked account says so in the words of Koji', async () => {
    const joe = server.state.store.one('users', { name: 'joe' }) ?? expect.unreachable();
    joe.status = 1;
    const blocked = connect('joe');
    const error = await refusalOf(blocked.read('getPerms'));
    expect([error.code, error.message]).toEqual([
      'unavailable',
      'Koji: logins by joe are not allowed',
    ]);
    expect(callsOf(/^sslLogin/)).toHaveLength(1);
    await blocked.close();
  });

  it.each(['http://127.0.0.1/kojihub', 'https://127.0.0.1/kojihub?a=b', 'koji'])(
    'is not at %s',
    (url) => {
      expect(() => connect('distgit', { url })).toThrow(TypeError);
    },
  );

  it.each(['lost-answer', 'lost-request', 'bad-gateway', 'offline', 'half-answer'] as const)(
    'whose answer is %s is tried again',
    async (failure) => {
      server.fail(/^sslLogin/, failure, failure);
      expect(await hub.read('getPerms')).toEqual(['tag', 'target']);
      expect(callsOf(/^sslLogin/)).toHaveLength(3);
    },
  );

  it('is made anew when it has expired, and the call is done', async () => {
    await hub.write('createTag', 'a');
    server.fail(/^createTag/, 'expired');
    expect(await hub.write('createTag', 'b')).toEqual({ kind: 'answered', value: 2 });
    server.state.sessions.expireAll();
    expect(await hub.read('getTag', 'b')).toMatchObject({ id: 2 });
    const logins = callsOf(/^sslLogin/);
    expect(logins).toHaveLength(3);
    for (const login of logins) expect(login.headers).not.toHaveProperty('koji-session-id');
  });

  it('that ends again at once is not made for ever', async () => {
    server.fail(/^getPerms/, 'expired', 'expired', 'expired', 'expired');
    const error = await refusalOf(hub.read('getPerms'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toMatch(/^Koji: session "2" has expired$/);
    expect(callsOf(/^sslLogin/)).toHaveLength(2);
  });
});

describe('many calls at once', () => {
  it('go one after another, in the order in which they were asked', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `tag-${index}`);
    const made = await Promise.all(names.map((name) => hub.write('createTag', name)));
    expect(made).toEqual(names.map((_, index) => ({ kind: 'answered', value: index + 1 })));
    const sent = callsOf(/^createTag/).map((one) => Number(numberOf(one)));
    expect(sent).toEqual(names.map((_, index) => index));
  });

  it('that fail do not keep the next from being done', async () => {
    const failed = refusalOf(hub.read('noSuchMethod'));
    const next = hub.read('getAPIVersion');
    expect([(await failed).code, await next]).toEqual(['internal', 1]);
  });

  it('in one request have an answer each: it is not all or nothing', async () => {
    await hub.write('createTag', 'there');
    const outcome = await hub.writeAll([
      { method: 'createTag', params: ['new'] },
      { method: 'createTag', params: ['there'] },
      { method: 'getTag', params: ['missing'] },
      { method: 'createBuildTarget', params: ['target', 'new', 'missing'] },
      { method: 'createTag', params: ['child', keywords({ parent: 'new', arches: 'x86_64' })] },
    ]);
    expect(outcome).toEqual({
      kind: 'answered',
      answers: [
        { value: 2 },
        { fault: { code: 1000, words: "A tag with the name 'there' already exists" } },
        { value: null },
        { fault: { code: 1000, words: "destination tag 'missing' does not exist" } },
        { value: 3 },
      ],
    });
    expect(tagThere('child')).toMatchObject({ arches: 'x86_64' });
    expect(await hub.readAll([{ method: 'getInheritanceData', params: ['child'] }])).toMatchObject([
      { value: [{ name: 'new', priority: 0 }] },
    ]);
  });

  it('that are none are not sent', async () => {
    expect(await hub.readAll([])).toEqual([]);
    expect(await hub.writeAll([])).toEqual({ kind: 'answered', answers: [] });
    expect(server.seen).toHaveLength(0);
  });

  it('that are too long for a hub are not sent', async () => {
    const params = ['x'.repeat(5 * 1024 * 1024)];
    const error = await refusalOf(hub.writeAll([{ method: 'createTag', params }]));
    expect(error.code).toBe('too_large');
    expect(server.seen).toHaveLength(0);
  });

  it('that XML can not say are not sent', async () => {
    expect((await refusalOf(hub.write('createTag', 'a\u0000'))).code).toBe('input_invalid');
    expect(server.seen).toHaveLength(0);
  });
});

/** Nothing was done, and the hub, or what is in front, says nothing or that. */
const NOT_DONE = ['offline', 'bad-gateway', 'lost-request'] as const;
/** It was done, and nobody was told. */
const DONE = ['lost-answer', 'bad-gateway-after', 'half-answer'] as const;

describe('a read', () => {
  it.each([...NOT_DONE, ...DONE] satisfies HubFailure[])('%s is asked again', async (failure) => {
    await hub.write('createTag', 'a');
    server.fail(/^getTag/, failure, failure, failure);
    expect(await hub.read('getTag', 'a')).toMatchObject({ id: 1 });
    expect(server.planned).toBe(0);
  });

  it('is given up in the end', async () => {
    await hub.read('getPerms');
    server.fail(/^getTag/, 'bad-gateway', 'bad-gateway', 'bad-gateway', 'bad-gateway');
    const error = await refusalOf(hub.read('getTag', 'a'));
    expect([error.code, error.message]).toEqual(['unavailable', 'Koji can not be reached.']);
    expect(String(error.cause)).toContain('HTTP 502');
    expect(await hub.read('getTag', 'a')).toBeNull();
  });
});

describe('a write', () => {
  it.each(NOT_DONE)('%s is sent again with its number, and done once', async (failure) => {
    server.fail(/^createTag/, failure, failure);
    expect(await hub.write('createTag', 'a')).toEqual({ kind: 'answered', value: 1 });
    expect(new Set(callsOf(/^createTag/).map(numberOf))).toEqual(new Set(['0']));
    expect(eventsOf()).toBe(1);
  });

  it.each(DONE)('%s is told as committed, and done once', async (failure) => {
    server.fail(/^createTag/, failure);
    expect(await hub.write('createTag', 'a')).toEqual({ kind: 'committed' });
    expect(callsOf(/^createTag/).map(numberOf)).toEqual(['0', '0']);
    expect(eventsOf()).toBe(1);
    expect(await hub.write('createTag', 'b')).toEqual({ kind: 'answered', value: 2 });
  });

  it.each(DONE)('of many, %s, is told as committed', async (failure) => {
    server.fail(/^multiCall/, failure);
    const calls = ['a', 'b'].map((name) => ({ method: 'createTag', params: [name] }));
    expect(await hub.writeAll(calls)).toEqual({ kind: 'committed' });
    expect([tagThere('a'), tagThere('b')]).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(eventsOf()).toBe(2);
  });

  it('that failed and whose answer is lost fails again, and is not told as done', async () => {
    await hub.write('createTag', 'a');
    server.fail(/^createTag/, 'lost-answer');
    const error = await refusalOf(hub.write('createTag', 'a'));
    expect([error.code, faultOfError(error)?.code]).toEqual(['conflict', 1000]);
  });

  it('that something in front keeps is done once, and by one of the two', async () => {
    server.fail(/^createTag/, 'late');
    expect(await hub.write('createTag', 'a')).toEqual({ kind: 'answered', value: 1 });
    server.deliver();
    expect(eventsOf()).toBe(1);
  });

  it('that the hub is still at makes the second try wait for it', async () => {
    server.fail(/^createTag/, 'slow');
    const outcome = hub.write('createTag', 'a');
    await expect.poll(() => callsOf(/^createTag/).length, { timeout: 30_000 }).toBe(2);
    server.deliver();
    expect(await outcome).toEqual({ kind: 'committed' });
    expect(eventsOf()).toBe(1);
  });

  it('without an answer in time is sent again', async () => {
    const hasty = connect('distgit', { timeoutMs: 3000 });
    await hasty.read('getPerms');
    server.fail(/^createTag/, 'silent');
    expect(await hasty.write('createTag', 'a')).toEqual({ kind: 'answered', value: 1 });
    await hasty.close();
  });

  it('is done once when the hub restarts in the middle', async () => {
    const patient = connect('distgit', { pauseMs: 500 });
    await patient.write('createTag', 'a');
    server.fail(/^createTag/, 'restart');
    expect(await patient.write('createTag', 'b')).toEqual({ kind: 'committed' });
    expect(await patient.read('getTag', 'b')).toMatchObject({ id: 2 });
    expect(eventsOf()).toBe(2);
    await patient.close();
  });

  it('to nobody is known not to be done', async () => {
    const url = `${(await deadUrl()).replace('http', 'https')}/kojihub`;
    const lonely = connect('distgit', { url });
    const error = await refusalOf(lonely.write('createTag', 'a'));
    expect([error.code, error.message]).toEqual(['unavailable', 'Koji can not be reached.']);
    await lonely.close();
  });

  it('with numbers in disorder is not taken for done', async () => {
    await hub.write('createTag', 'a');
    const [session] = server.state.sessions.live;
    if (session !== undefined) session.callnum = 1000;
    const error = await refusalOf(hub.write('createTag', 'b'));
    expect(error.message).toContain('not known');
    expect(await hub.write('createTag', 'b')).toEqual({ kind: 'answered', value: 2 });
  });
});

describe('a write that is in doubt', () => {
  const UNKNOWN = /whether it has done what was asked is not known/;

  const ways: readonly (readonly [string, readonly HubFailure[]])[] = [
    ['done, and the login expires', ['lost-answer', 'expired']],
    ['not done, and the login expires', ['lost-request', 'expired']],
    ['done, and the hub stays away', ['lost-answer', 'bad-gateway', 'bad-gateway', 'bad-gateway']],
    ['not done, and it stays away', ['lost-request', 'bad-gateway', 'offline', 'lost-request']],
    ['done, and then the database is away', ['lost-answer', 'database-away']],
    ['kept in front, and all tries with it', ['late', 'late', 'late', 'late']],
  ];

  it.each(ways)('is told as such: %s', async (_name, failures) => {
    await hub.read('getPerms');
    server.fail(/^createTag/, ...failures);
    const error = await refusalOf(hub.write('createTag', 'a'));
    expect([error.code, error.kind.retryable]).toEqual(['unavailable', true]);
    expect(error.message).toMatch(UNKNOWN);
    expect(error.detail.remedy).toContain('Look at what Koji has');
    // What is read now holds, whatever is still on its way.
    const seen = await hub.read('getTag', 'a');
    server.deliver();
    expect(tagThere('a')).toEqual(seen);
    expect(eventsOf()).toBeLessThanOrEqual(1);
  });

  it('is ended by the end of the connection', async () => {
    await hub.read('getPerms');
    server.fail(/^createTag/, 'late', 'late', 'late', 'late');
    await refusalOf(hub.write('createTag', 'a'));
    await hub.close();
    server.deliver();
    expect(server.state.sessions.live).toHaveLength(0);
    expect(tagThere('a')).toBeNull();
  });

  it('is not taken for ended by a hub that can not say so', async () => {
    await hub.read('getPerms');
    server.fail(/^createTag/, 'late', 'late', 'late', 'late');
    await refusalOf(hub.write('createTag', 'a'));
    server.fail(/^logout/, 'offline', 'database-away');
    expect((await refusalOf(hub.read('getTag', 'a'))).code).toBe('unavailable');
    expect((await refusalOf(hub.read('getTag', 'a'))).code).toBe('internal');
    expect(callsOf(/^getTag/)).toHaveLength(0);
    server.state.sessions.expireAll();
    expect(await hub.read('getTag', 'a')).toBeNull();
    server.deliver();
    expect(tagThere('a')).toBeNull();
  });

  it('makes the next call wait until the old login is ended', async () => {
    await hub.read('getPerms');
    server.fail(/^createTag/, 'late', 'late', 'late', 'late');
    await refusalOf(hub.write('createTag', 'a'));
    server.fail(/^logout/, 'bad-gateway');
    expect((await refusalOf(hub.read('getTag', 'a'))).code).toBe('unavailable');
    expect(callsOf(/^getTag/)).toHaveLength(0);
    expect(await hub.read('getTag', 'a')).toBeNull();
    server.deliver();
    expect(tagThere('a')).toBeNull();
  });
});

describe('a refusal', () => {
  it.each([
    ['not_allowed', 1004, 'admin permission required (logged in as distgit)', 'createUser', 'bob'],
    ['not_found', 1000, "No such tagInfo: 'x'", 'getTag', 'x', true],
    ['conflict', 1000, "A tag with the name 'there' already exists", 'createTag', 'there'],
    [
      'check_failed',
      1000,
      'Name bad name does not match RegexNameInternal value',
      'createTag',
      'bad name',
    ],
    [
      'internal',
      1019,
      "get_tag() got an unexpected keyword argument 'foo'",
      'getTag',
      keywords({ foo: 1 }),
    ],
    ['internal', 1000, 'Invalid method: noSuchMethod', 'noSuchMethod'],
  ] as const)('is %s by fault %i: %s', async (code, fault, words, method, ...params) => {
    await hub.write('createTag', 'there');
    for (const debugs of [false, true]) {
      server.state.debugs = debugs;
      const error = await refusalOf(hub.write(method, ...params));
      expect([error.code, error.message]).toEqual([code, `Koji: ${words}`]);
      expect(error.detail.remedy).toBeTruthy();
      expect(faultOfError(error)).toEqual({ code: fault, words });
      const all = JSON.stringify([error, String(error.cause), error.stack, error.cause]);
      expect(all).not.toMatch(/Traceback|Locals|hunter2|kojixmlrpc/);
    }
  });

  it('tells nothing of the session', async () => {
    await hub.read('getPerms');
    const [session] = server.state.sessions.live;
    server.fail(/^createTag/, 'lost-answer', 'bad-gateway', 'bad-gateway', 'bad-gateway');
    const error = await refusalOf(hub.write('createTag', 'a'));
    const cause = error.cause instanceof Error ? [error.cause.stack, error.cause.cause] : [];
    expect(JSON.stringify([error, error.stack, ...cause])).not.toContain(session?.key);
  });
});
