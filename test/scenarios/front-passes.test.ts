import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { type CurlAnswer, curl } from '../support/curl.ts';
import { Httpd } from '../support/httpd.ts';
import { Kdc } from '../support/kdc.ts';
import { Nginx } from '../support/nginx.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the shipped fronts hand on, as a server behind them gets it. */
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let authority: Authority;
let kdc: Kdc;
let fronts: { readonly nginx: Nginx; readonly httpd: Httpd };
let ann: Issued;
let behind: Server[];
let got: string[][];

beforeAll(async () => {
  temporary = await temporaryFolder();
  const path = (name: string): string => join(temporary.path, name);
  authority = await Authority.at(path('authority'));
  kdc = await Kdc.start(path('kdc'));
  const own = await authority.issue({
    subject: '/CN=localhost',
    names: 'DNS:localhost',
    server: true,
  });
  ann = await authority.issue({ subject: '/CN=ann' });
  behind = ['socket', 'port'].map(() =>
    createServer((req, res) => {
      got.push(req.rawHeaders);
      req.resume();
      req.on('end', () => res.end('ok'));
    }),
  );
  behind[0]?.listen(path('front.sock'));
  behind[1]?.listen(0, '127.0.0.1');
  await Promise.all(behind.map((server) => once(server, 'listening')));
  await chmod(path('front.sock'), 0o660);
  const address = behind[1]?.address();
  if (address === null || typeof address !== 'object') throw new Error('Nobody listens.');
  const files = { ...own, clientCa: authority.certificate, clientCrl: authority.list };
  const nginx = await Nginx.at(path('nginx'), files);
  const httpd = await Httpd.at(path('httpd'), kdc.env);
  fronts = { nginx, httpd };
  await nginx.start(`http://127.0.0.1:${address.port}`, path('lookaside'));
  await httpd.start({ ...files, keytab: kdc.keytab, socket: path('front.sock') });
}, 240_000);
beforeEach(() => {
  got = [];
});
afterAll(async () => {
  await fronts.nginx[Symbol.asyncDispose]();
  await fronts.httpd[Symbol.asyncDispose]();
  await kdc[Symbol.asyncDispose]();
  for (const server of behind) server.close();
  await temporary[Symbol.asyncDispose]();
});

const ask = (front: 'nginx' | 'httpd', args: readonly string[], env = {}): Promise<CurlAnswer> =>
  curl(['--cacert', authority.certificate, ...args, `${fronts[front].url}/a`], env);

/** Each header of the last request, in small letters, sorted; those that say nothing left out. */
function passed(): string[] {
  const raw = got.at(-1) ?? [];
  const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return names.filter((name) => !/^(host|connection|user-agent|accept)$/.test(name)).toSorted();
}
function valueOf(name: string): string | undefined {
  const raw = got.at(-1) ?? [];
  return raw[raw.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name) + 1];
}

const CLAIMS = [
  'X-Client-Verify: SUCCESS',
  'X-Client-Cert: mine',
  'X-Remote-User: ann@EXAMPLE.ORG',
  'X-Remote-User-Expires: 4000000000',
  'X-Forwarded-For: 192.0.2.7',
].flatMap((header) => ['--header', header]);

describe.each(['nginx', 'httpd'] as const)('the shipped %s hands on', (front) => {
  it('nothing that a client claims', async () => {
    expect((await ask(front, CLAIMS)).status).toBe(200);
    expect(passed()).toEqual(['x-client-verify', 'x-forwarded-for']);
    expect([valueOf('x-client-verify'), valueOf('x-forwarded-for')]).toEqual(['NONE', '127.0.0.1']);
  });

  it('a certificate that it has verified', async () => {
    expect((await ask(front, [...CLAIMS, '--cert', ann.both])).status).toBe(200);
    expect(passed()).toEqual(['x-client-cert', 'x-client-verify', 'x-forwarded-for']);
    expect(valueOf('x-client-verify')).toBe('SUCCESS');
    expect(valueOf('x-client-cert')).toContain('-----BEGIN');
  });

  it('tokens as they are', async () => {
    await ask(front, ['--header', 'Authorization: Bearer sclt_x']);
    expect(valueOf('authorization')).toBe('Bearer sclt_x');
  });
});

describe('the shipped httpd', () => {
  it('keeps the ticket to itself, and hands on whose it is and how long it holds', async () => {
    const { status } = await ask(
      'httpd',
      ['--negotiate', '--user', ':', ...CLAIMS],
      await kdc.ticket('ann'),
    );
    expect(status).toBe(200);
    expect(passed()).toEqual([
      'x-client-verify',
      'x-forwarded-for',
      'x-remote-user',
      'x-remote-user-expires',
    ]);
    expect(valueOf('x-remote-user')).toBe('ann@EXAMPLE.ORG');
    expect(Number(valueOf('x-remote-user-expires'))).toBeLessThan(Date.now() / 1000 + 4000);
  });

  it('hands on nothing of a request whose ticket does not hold', async () => {
    for (const value of ['Negotiate YWJj', 'negotiate x', 'NEGOTIATE  YWJj']) {
      expect((await ask('httpd', ['--header', `Authorization: ${value}`])).status).toBe(401);
      expect(got).toEqual([]);
    }
  });

  it('and nothing of one that would have headers left out', async () => {
    for (const value of ['X-Client-Verify', 'close, x-forwarded-for', 'keep-alive,X-Remote-User']) {
      expect((await ask('httpd', ['--header', `Connection: ${value}`])).status).toBe(403);
      expect(got).toEqual([]);
    }
  });
});
