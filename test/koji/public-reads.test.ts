import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHub } from '../../server/koji/hub.ts';
import { MAX_ASKING, openPublicReads, type PublicReads } from '../../server/koji/public-reads.ts';
import { type HubCertificates, hubCertificates } from '../support/koji-hub/certificates.ts';
import { KojiHub } from '../support/koji-hub.ts';
import { refusalOf } from '../support/refusal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PATIENCE = { timeoutMs: 60_000, attempts: 4, pauseMs: 1 };

let certificates: HubCertificates;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: KojiHub;
let reads: PublicReads;

beforeAll(async () => {
  folder = await temporaryFolder();
  certificates = await hubCertificates(folder.path, ['distgit']);
});
afterAll(() => folder[Symbol.asyncDispose]());
beforeEach(async () => {
  server = await KojiHub.open(certificates);
  server.state.addUser('kojiadmin', ['admin']);
  server.state.addUser('distgit', ['tag', 'target']);
  server.state.as('kojiadmin', 'createTag', 'python33');
  reads = open();
  return async () => {
    server.deliver();
    reads.close();
    await server[Symbol.asyncDispose]();
  };
});

function open(attempts = PATIENCE.attempts): PublicReads {
  const { authority } = certificates;
  return openPublicReads({ url: server.url, authority, ...PATIENCE, attempts });
}

const asked = (method: RegExp) => server.seen.filter((one) => method.test(one.method));

describe('what anybody may have asked', () => {
  it('goes without a login', async () => {
    expect(await reads.read('getTag', 'python33')).toMatchObject({ name: 'python33' });
    expect(await reads.read('getLoggedInUser')).toBeNull();
    expect(asked(/ssllogin|sslLogin/)).toEqual([]);
    for (const { headers } of server.seen)
      expect(Object.keys(headers).filter((name) => name.startsWith('koji-'))).toEqual([]);
  });

  it('is answered while the login of the server waits for the hub', async () => {
    const { cert: certificate, key } = certificates.clients.distgit ?? expect.unreachable();
    const { authority } = certificates;
    const hub = openHub({ url: server.url, certificate, key, authority, ...PATIENCE });
    server.fail(/createTag/, 'slow');
    let isDone = false;
    const writing = hub.write('createTag', 'rh-python34').then(() => {
      isDone = true;
    });
    while (asked(/createTag/).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await reads.read('getTag', 'python33')).toMatchObject({ name: 'python33' });
    expect(isDone).toBe(false);
    server.deliver();
    await writing;
    await hub.close();
  });

  it('can be much in one request, an answer to each', async () => {
    const calls = ['python33', 'nothing'].map((tag) => ({ method: 'getTag', params: [tag] }));
    const [tag, nothing] = await reads.readAll([...calls, { method: 'getTag', params: [] }]);
    expect([tag, nothing]).toMatchObject([{ value: { name: 'python33' } }, { value: null }]);
    expect(await reads.readAll([])).toEqual([]);
    expect(server.seen).toHaveLength(1);
  });

  it('is refused in the words of Koji, at once', async () => {
    const error = await refusalOf(reads.read('getTag', 'nothing', true));
    expect(error.message).toContain("No such tagInfo: 'nothing'");
    expect(server.seen).toHaveLength(1);
  });

  it('is refused unasked where it can not be said', async () => {
    expect((await refusalOf(reads.read('getTag', '\0'))).code).toBe('input_invalid');
    expect(server.seen).toEqual([]);
  });

  it('is asked again while the hub is away, and not for ever', async () => {
    server.fail(/getTag/, 'offline', 'bad-gateway', 'lost-request');
    expect(await reads.read('getTag', 'python33')).toMatchObject({ name: 'python33' });
    server.fail(/getBuild/, 'offline', 'bad-gateway', 'lost-request', 'half-answer');
    expect((await refusalOf(reads.read('getBuild', 'a-1-1'))).code).toBe('unavailable');
    expect(asked(/getBuild/)).toHaveLength(4);
  });
});

describe('a crowd', () => {
  it('that asks for more than the hub answers is told to come again', async () => {
    const once = open(1);
    // Nothing is answered on any of the connections.
    server.fail(/getTag/, 'silent', 'silent', 'silent', 'silent');
    const waiting = Array.from({ length: MAX_ASKING }, (_, n) => once.read('getTag', `t${n}`));
    const settled = Promise.allSettled(waiting);
    const error = await refusalOf(once.read('getTag', 'one-more'));
    expect([error.code, error.detail.retryAfter]).toEqual(['unavailable', 5]);
    expect(error.message).toBe('Many are asking Koji through this server at the moment.');
    while (server.planned > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    once.close();
    const ends = (await settled).map(({ status }) => status);
    expect(ends.filter((status) => status === 'rejected')).toHaveLength(4);
    // There is room again.
    const after = open(1);
    expect(await after.read('getTag', 'python33')).toMatchObject({ name: 'python33' });
    after.close();
  });
});
