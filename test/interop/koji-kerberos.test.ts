import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { loadSettings } from '../../server/config/load-settings.ts';
import { type Hub, openHub } from '../../server/koji/hub.ts';
import type { HubPlace } from '../../server/koji/hub-line.ts';
import { openKoji } from '../../server/koji/open-koji.ts';
import { encodeAnswer } from '../../server/koji/xmlrpc-encode.ts';
import { ROOT } from '../support/architecture.ts';
import { Kdc } from '../support/kdc.ts';
import { installKerberosPackage } from '../support/kerberos-package.ts';
import { apacheBefore } from '../support/koji-hub/apache.ts';
import { type HubCertificates, hubCertificates } from '../support/koji-hub/certificates.ts';
import { KojiHub } from '../support/koji-hub.ts';
import { refusalOf } from '../support/refusal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

vi.setConfig({ testTimeout: 240_000 });

/** A KDC, and Apache's mod_auth_gssapi before the hub, as Koji's documentation has it. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let certificates: HubCertificates;
let kdc: Kdc;
let server: KojiHub;
let front: Awaited<ReturnType<typeof apacheBefore>>;
let account: { principal: string; keytab: string };
let hub: Hub;

beforeAll(async () => {
  await installKerberosPackage();
  folder = await temporaryFolder();
  certificates = await hubCertificates(folder.path, []);
  // No test here is about time, and a busy machine takes its own.
  kdc = await Kdc.start(join(folder.path, 'kdc'), 300);
  account = await kdc.account('distgit/git.example.org');
}, 600_000);
afterAll(async () => {
  await kdc[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

let fronts = 0;
beforeEach(async () => {
  server = await KojiHub.open();
  server.state.addUser('distgit', ['tag', 'target']);
  server.state.addPrincipal('distgit', account.principal);
  const place = join(folder.path, `apache-${fronts++}`);
  front = await apacheBefore(server.url, place, certificates, kdc);
  hub = connect();
});
afterEach(async () => {
  await hub.close();
  await front[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const config = (): string => kdc.env.KRB5_CONFIG ?? expect.unreachable();

function connect(by = account, place: Partial<HubPlace> = {}): Hub {
  const { authority } = certificates;
  const patience = { timeoutMs: 60_000, attempts: 3, pauseMs: 1 };
  const kerberos = { ...by, config: config() };
  return openHub({ url: front.url, authority, ...patience, ...place, kerberos });
}

const logins = () => server.seen.filter(({ path }) => path.endsWith('/ssllogin'));
/** Tickets that the KDC gave a principal because of its keys. */
async function ticketsOf(principal: string): Promise<number> {
  const lines = (await kdc.log()).split('\n');
  return lines.filter((line) => /AS_REQ.* ISSUE:/.test(line) && line.includes(principal)).length;
}

it('logs in with a ticket by the keytab, and is the user of the principal', async () => {
  const before = { ...process.env };
  expect(await hub.read('getLoggedInUser')).toMatchObject({ name: 'distgit', authtype: 3 });
  expect(await hub.write('createTag', 'a')).toEqual({ kind: 'answered', value: 1 });
  expect(logins()).toHaveLength(1);
  // The ticket is for the login alone, and nothing of it is left in this process.
  expect(server.seen.filter(({ headers }) => 'authorization' in headers)).toEqual(logins());
  expect(process.env).toEqual(before);
  await hub.close();
  expect(server.state.sessions.live).toEqual([]);
});

it('is by principal, keytab_file and krb5_config_file of the settings', async () => {
  const koji = openKoji(
    loadSettings(null, {
      DISTGIT_KOJI_URL: front.url,
      DISTGIT_KOJI_PRINCIPAL: account.principal,
      DISTGIT_KOJI_KEYTAB_FILE: account.keytab,
      DISTGIT_KOJI_KRB5_CONFIG_FILE: config(),
      DISTGIT_KOJI_CA_FILE: join(folder.path, 'ca.pem'),
    }).koji,
  );
  expect(await koji.hub().read('getPerms')).toEqual(['tag', 'target']);
  await koji.close();
});

it('has a new ticket for each login: what the last one had is no good any more', async () => {
  const before = await ticketsOf(account.principal);
  await hub.write('createTag', 'a');
  // Every ticket that was given is for keys that the service does not have any more.
  await kdc.newServiceKeys();
  server.fail(/^createTag/, 'expired');
  expect(await hub.write('createTag', 'b')).toEqual({ kind: 'answered', value: 2 });
  expect(logins()).toHaveLength(2);
  expect(await ticketsOf(account.principal)).toBeGreaterThanOrEqual(before + 2);
});

it('is tried again, with another ticket, when its answer is lost', async () => {
  server.fail(/^sslLogin/, 'lost-answer', 'bad-gateway');
  expect(await hub.read('getPerms')).toEqual(['tag', 'target']);
  const tokens = logins().map(({ headers }) => headers.authorization);
  expect(new Set(tokens).size).toBe(3);
});

it("is refused once, and the hub is not asked, with keys that are not the principal's", async () => {
  const old = await kdc.account('distgit/old.example.org');
  await kdc.newKeys(old.principal);
  const stale = connect(old);
  const error = await refusalOf(stale.read('getPerms'));
  expect([error.code, error.message]).toEqual([
    'unavailable',
    'The server got no Kerberos ticket for Koji.',
  ]);
  expect(error.detail.remedy).toContain('principal and keytab_file');
  expect(String(error.cause)).toMatch(/Decrypt integrity check|Preauthentication/);
  expect(server.seen).toEqual([]);
  await stale.close();
});

it('tells why there is no ticket: no such keytab, and no keys of this principal in it', async () => {
  for (const by of [
    { ...account, keytab: join(folder.path, 'missing') },
    { ...account, principal: `bob@${kdc.realm}` },
    { ...account, principal: 'bob@NOWHERE.EXAMPLE' },
  ]) {
    const lost = connect(by);
    const error = await refusalOf(lost.read('getPerms'));
    expect(error.code).toBe('unavailable');
    expect(String(error.cause)).toContain(`find client principal ${by.principal}`);
    await lost.close();
  }
  expect(server.seen).toEqual([]);
});

it('waits for a KDC that is down: the next call logs in when it is up again', async () => {
  await kdc.end();
  const error = await refusalOf(hub.read('getPerms'));
  expect([error.code, error.kind.retryable]).toEqual(['unavailable', true]);
  expect(String(error.cause)).toContain('Cannot contact any KDC');
  expect(server.seen).toEqual([]);
  await kdc.start();
  expect(await hub.read('getPerms')).toEqual(['tag', 'target']);
});

it('is refused in words where Apache does not know the ticket', async () => {
  const { keytab } = await kdc.account('HTTP/elsewhere.example.org');
  await chmod(keytab, 0o640);
  const place = join(folder.path, `apache-${fronts++}`);
  const elsewhere = { keytab, env: kdc.env };
  await using strict = await apacheBefore(server.url, place, certificates, elsewhere);
  const lost = connect(account, { url: strict.url });
  const error = await refusalOf(lost.read('getPerms'));
  expect(error.message).toContain('HTTP status 401');
  expect(error.detail.remedy).toContain("server's account");
  expect(server.seen).toEqual([]);
  await lost.close();
});

it.each([
  ['no proof', {}],
  ['a proof of nothing', { 'WWW-Authenticate': 'Negotiate oRQwEqADCgEAoQsGCSqGSIb3EgECAg==' }],
  ['a proof that is none', { 'WWW-Authenticate': 'Negotiate AAAA' }],
])('believes nobody who has %s', async (_name, headers: Record<string, string>) => {
  const asked: string[] = [];
  const { cert, key } = certificates.hub;
  const session = { 'session-id': 1, 'session-key': 'a-b', 'header-auth': true };
  const liar = createServer({ cert, key }, (req, res) => {
    asked.push(req.url ?? '');
    res.writeHead(200, { 'Content-Type': 'text/xml', ...headers }).end(encodeAnswer(session));
  });
  liar.listen(0, 'localhost');
  await once(liar, 'listening');
  const { port } = liar.address() as AddressInfo;
  const lost = connect(account, { url: `https://localhost:${port}/kojihub` });
  const error = await refusalOf(lost.read('getPerms'));
  expect([error.code, error.message]).toEqual([
    'unavailable',
    'Who answers at the URL of Koji did not prove by Kerberos to be the hub.',
  ]);
  expect(asked).toEqual(['/kojihub/ssllogin']);
  await lost.close();
  liar.closeAllConnections();
  liar.close();
});

it('needs its package: a server without it does not start, and says what to type', async () => {
  const copy = join(folder.path, 'copy');
  for (const part of ['core', 'server', 'package.json'])
    await cp(join(ROOT, part), join(copy, part), { recursive: true });
  await mkdir(join(copy, 'node_modules'));
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== 'kerberos')
      await symlink(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  const settings = {
    DISTGIT_KOJI_URL: front.url,
    DISTGIT_KOJI_PRINCIPAL: account.principal,
    DISTGIT_KOJI_KEYTAB_FILE: account.keytab,
  };
  const without = new TestServer(join(folder.path, 'data'), settings, join(copy, 'server/main.ts'));
  await expect(without.start()).rejects.toThrow(
    /koji\.principal: needs a package: npm install --no-save kerberos@/,
  );
});
