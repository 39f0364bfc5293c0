import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressCheck, isNetwork } from '../../server/http/networks.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { faultsIn } from '../support/scenario.ts';
import { foundSclo } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
let ann: Issued;
let pem: string;
const path = (name: string): string => join(temporary.path, name);
const socket = (): string => path('front.sock');
const FROM = 'X-Forwarded-For: 192.0.2.7';

beforeAll(async () => {
  temporary = await temporaryFolder();
  const authority = await Authority.at(path('authority'));
  ann = await authority.issue({ subject: '/CN=ann' });
  pem = encodeURIComponent(await readFile(ann.certificate, 'utf8'));
  await mkdir(path('data'));
  server = await new TestServer(path('data'), {
    DISTGIT_FRONT_ADDRESSES: '127.0.0.5, 2001:db8::/32',
    DISTGIT_FRONT_SOCKET: socket(),
    DISTGIT_FRONT_KERBEROS_REALMS: 'EXAMPLE.ORG,CENTOS.ORG',
  }).start();
  await foundSclo(server);
});
afterAll(async () => {
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

/** What the server says to headers, by the ways that the front has. */
async function whoami(way: 'socket' | 'address', ...headers: string[]) {
  const by = way === 'socket' ? ['--unix-socket', socket()] : ['--interface', '127.0.0.5'];
  const args = headers.flatMap((header) => ['--header', header]);
  const { status, body } = await curl([...by, ...args, `${server.url}/api/v1/whoami`]);
  const answer = JSON.parse(body) as Record<string, unknown>;
  return { status, user: answer.user, detail: answer.detail, credential: answer.credential };
}

describe.each(['socket', 'address'] as const)('headers of the front by its %s', (way) => {
  it('are believed', async () => {
    const certificate = ['X-Client-Verify: SUCCESS', `X-Client-Cert: ${pem}`];
    expect(await whoami(way, FROM, ...certificate)).toMatchObject({ status: 200, user: 'ann' });
    const user = 'X-Remote-User: sam@CENTOS.ORG';
    expect(await whoami(way, FROM, user)).toMatchObject({
      user: 'sam',
      credential: 'kerberos:sam@CENTOS.ORG',
    });
    const none = await whoami(way, FROM, 'X-Client-Verify: NONE', 'X-Remote-User;');
    expect(none).toMatchObject({ status: 200, user: null });
  });

  it('take a certificate with blanks for its line ends, as httpd sends it', async () => {
    const flat = decodeURIComponent(pem).replaceAll('\n', ' ').trim();
    const answer = await whoami(way, FROM, 'X-Client-Verify: SUCCESS', `X-Client-Cert: ${flat}`);
    expect(answer).toMatchObject({ status: 200, user: 'ann' });
  });

  it.each([
    [400, 'two users', ['X-Remote-User: ann@EXAMPLE.ORG', 'X-Remote-User: sam@EXAMPLE.ORG']],
    [400, 'two verdicts', ['X-Client-Verify: NONE', 'X-Client-Verify: SUCCESS']],
    [
      400,
      'two certificates',
      ['X-Client-Verify: SUCCESS', 'X-Client-Cert: PEM', 'X-Client-Cert: PEM'],
    ],
    [400, 'two addresses', ['X-Forwarded-For: 192.0.2.8']],
    [400, 'a certificate without a verdict', ['X-Client-Cert: PEM']],
    [400, 'a certificate that was not asked for', ['X-Client-Verify: NONE', 'X-Client-Cert: PEM']],
    [400, 'a verdict without a certificate', ['X-Client-Verify: SUCCESS']],
    [400, 'no certificate', ['X-Client-Verify: SUCCESS', 'X-Client-Cert: nonsense']],
    [
      400,
      'half a certificate',
      [
        'X-Client-Verify: SUCCESS',
        'X-Client-Cert: -----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----',
      ],
    ],
    [400, 'bad percent-encoding', ['X-Client-Verify: SUCCESS', 'X-Client-Cert: %zz']],
    [
      401,
      'a certificate that failed',
      ['X-Client-Verify: FAILED:certificate has expired', 'X-Client-Cert: PEM'],
    ],
    [401, 'a verdict of good will', ['X-Client-Verify: GENEROUS', 'X-Client-Cert: PEM']],
    [401, 'a verdict in small letters', ['X-Client-Verify: success', 'X-Client-Cert: PEM']],
    [403, 'a user without a realm', ['X-Remote-User: ann']],
    [403, 'a realm that begins the same', ['X-Remote-User: ann@EXAMPLE.ORG.EVIL']],
    [403, 'a realm in small letters', ['X-Remote-User: ann@example.org']],
    [403, 'an instance', ['X-Remote-User: ann/admin@EXAMPLE.ORG']],
    [403, 'two realms', ['X-Remote-User: ann@EVIL@EXAMPLE.ORG']],
    [403, 'an escaped @', ['X-Remote-User: ann\\@EXAMPLE.ORG']],
    [403, 'nobody known', ['X-Remote-User: nobody@EXAMPLE.ORG']],
    [403, 'a path', ['X-Remote-User: ../ann@EXAMPLE.ORG']],
    [
      403,
      'a ticket that has ended',
      ['X-Remote-User: ann@EXAMPLE.ORG', 'X-Remote-User-Expires: 1000000000'],
    ],
    [
      400,
      'an end that is no number',
      ['X-Remote-User: ann@EXAMPLE.ORG', 'X-Remote-User-Expires: soon'],
    ],
  ] as const)('get %i with %s', async (status, _, headers) => {
    const all = headers.map((header) => header.replace('PEM', pem));
    expect(await whoami(way, FROM, ...all)).toMatchObject({ status });
  });

  it.each(['nonsense', '192.0.2.7, 192.0.2.8', '192.0.2.7:80', '"192.0.2.7"'])(
    'get 400 with the address %j',
    async (address) => {
      expect((await whoami(way, `X-Forwarded-For: ${address}`)).status).toBe(400);
    },
  );
});

describe('the socket', () => {
  it('is for the server and its group', async () => {
    expect((await stat(socket())).mode & 0o777).toBe(0o660);
  });

  it('wants the address of each client', async () => {
    expect(await whoami('socket')).toMatchObject({ status: 400 });
    expect(await whoami('address')).toMatchObject({ status: 200, user: null });
  });

  it('does not take the place of a file', async () => {
    await mkdir(path('third'));
    await writeFile(path('precious'), 'precious');
    const third = new TestServer(path('third'), { DISTGIT_FRONT_SOCKET: path('precious') });
    await expect(third.start()).rejects.toThrow('no socket');
    expect(await readFile(path('precious'), 'utf8')).toBe('precious');
  });

  it('is not taken from a server that listens there', async () => {
    await mkdir(path('second'));
    const settings = { DISTGIT_FRONT_SOCKET: socket() };
    const second = new TestServer(path('second'), settings);
    await expect(second.start()).rejects.toThrow('another server listens there');
    expect(await whoami('socket', FROM)).toMatchObject({ status: 200 });
  });
});

describe('the socket of a server that was killed', () => {
  it('is taken over by the next one', async () => {
    await server.kill();
    expect((await stat(socket())).isSocket()).toBe(true);
    await server.start();
    expect(await whoami('socket', FROM)).toMatchObject({ status: 200 });
  });
});

describe('networks', () => {
  it.each(['127.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '0.0.0.0/0'])('%s is one', (text) => {
    expect(isNetwork(text)).toBe(true);
  });
  it.each([
    '',
    'localhost',
    '127.0.0.1/33',
    '::1/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0/8',
    '127.1',
    '10.0.0.0/-1',
    ' 10.0.0.1',
  ])('%j is none', (text) => {
    expect(isNetwork(text)).toBe(false);
  });
  it('hold their own addresses, also when they come as IPv6, and no others', () => {
    const known = addressCheck(['127.0.0.1', '10.1.0.0/16', '2001:db8::/32']);
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.255.255', '2001:db8::1'])
      expect([address, known(address)]).toEqual([address, true]);
    for (const address of [
      '127.0.0.11',
      '::ffff:127.0.0.2',
      '10.2.0.0',
      '2001:db9::1',
      '',
      'x',
      '::1',
    ])
      expect([address, known(address)]).toEqual([address, false]);
    expect(addressCheck([])('127.0.0.1')).toBe(false);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(server)).toEqual([]);
  });
});
