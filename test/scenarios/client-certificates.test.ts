import { once } from 'node:events';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { connect, createSecureContext } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { type CurlAnswer, curl } from '../support/curl.ts';
import { isStored } from '../support/data-folder.ts';
import { git, run, tryGit } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { foundSclo, type Sclo, sha512, specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let ours: Authority;
let other: Authority;
let server: TestServer;
let people: Sclo;
let ann: Issued;
const path = (name: string): string => join(temporary.path, name);

/** A request by curl, with a client certificate or without. */
const ask = (certificate: Issued | null, ...args: string[]): Promise<CurlAnswer> =>
  curl([
    '--cacert',
    ours.certificate,
    ...(certificate === null ? [] : ['--cert', certificate.both]),
    ...args,
  ]);
const whoami = async (certificate: Issued | null, ...args: string[]) => {
  const answer = await ask(certificate, ...args, `${server.url}/api/v1/whoami`);
  return { ...answer, user: JSON.parse(answer.body || '{}') as Record<string, unknown> };
};
const upload = (certificate: Issued | null, file: string): Promise<CurlAnswer> => {
  const to = `${server.url}/lookaside/python/${file}/sha512/${sha512(file)}`;
  return ask(certificate, '--request', 'PUT', '--data-binary', file, to);
};
const admin = (...args: string[]): Promise<CurlAnswer> =>
  ask(
    null,
    '--header',
    `Authorization: Bearer ${server.adminToken}`,
    '--header',
    'Content-Type: application/json',
    ...args,
  );

/** One connection that stays, with a client certificate. */
class OpenConnection {
  readonly #agent: Agent;
  readonly #url: string;

  private constructor(agent: Agent, url: string) {
    this.#agent = agent;
    this.#url = url;
  }

  static async to(url: string, mine: Issued, authority: Authority): Promise<OpenConnection> {
    const [cert, key, ca] = await Promise.all(
      [mine.certificate, mine.key, authority.certificate].map((file) => readFile(file)),
    );
    return new OpenConnection(new Agent({ keepAlive: true, maxSockets: 1, cert, key, ca }), url);
  }

  async whoami(): Promise<{ status: number; body: string; reused: boolean }> {
    const request = get(`${this.#url}/api/v1/whoami`, { agent: this.#agent });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) body += chunk;
    return { status: answer.statusCode ?? 0, body, reused: request.reusedSocket };
  }

  close(): void {
    this.#agent.destroy();
  }
}

beforeAll(async () => {
  temporary = await temporaryFolder();
  ours = await Authority.at(path('ours'));
  other = await Authority.at(path('other'), 'Other CA');
  const own = await ours.issue({
    subject: '/CN=localhost',
    names: 'DNS:localhost,IP:127.0.0.1',
    server: true,
  });
  ann = await ours.issue({ subject: '/CN=ann' });
  await copyFile(ours.list, path('crl.pem'));
  const first = await new TestServer(path('data')).start();
  people = await foundSclo(first);
  await first.stop();
  server = await new TestServer(path('data'), {
    DISTGIT_TLS_CERTIFICATE: own.certificate,
    DISTGIT_TLS_KEY: own.key,
    DISTGIT_TLS_CLIENT_CA: ours.certificate,
    DISTGIT_TLS_CLIENT_CRL: path('crl.pem'),
  }).start();
});
afterAll(async () => {
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

describe("the server's own TLS", () => {
  it('serves readers without a certificate, and names itself by https', async () => {
    expect(server.url).toMatch(/^https:/);
    const answer = await ask(null, `${server.url}/.well-known/dist-git.json`);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(`${server.url}/scls/`);
    expect((await whoami(null)).user).toMatchObject({ user: null });
  });

  it.each(['--tlsv1.2', '--tlsv1.3'])('speaks %s', async (version) => {
    expect((await whoami(ann, version)).user).toMatchObject({ user: 'ann' });
  });

  it('does not speak TLS 1.1', async () => {
    const old = ['--tls-max', '1.1', '--tlsv1.0', '--ciphers', 'DEFAULT:@SECLEVEL=0'];
    expect((await ask(null, ...old, `${server.url}/healthz`)).status).toBe(0);
  });

  it('takes up no session of an earlier connection', async () => {
    const { host } = new URL(server.url);
    for (const version of ['-tls1_2', '-tls1_3']) {
      const args = [
        's_client',
        '-connect',
        host,
        version,
        '-reconnect',
        '-CAfile',
        ours.certificate,
      ];
      const { stdout } = await run('openssl', args, { input: 'Q\n' });
      expect(stdout).toContain('New, TLSv1.');
      expect(stdout).not.toContain('Reused, TLSv1.');
    }
  });
});

describe('a client certificate', () => {
  it('is who its CN says, until its end', async () => {
    const { user } = await whoami(ann);
    expect(user).toMatchObject({ user: 'ann', admin: false });
    const { stdout } = await run('openssl', ['x509', '-noout', '-serial', '-in', ann.certificate]);
    expect(user.credential).toBe(`certificate:${stdout.trim().replace('serial=', '')}`);
    const days = (Date.parse(String(user.validUntil)) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(19);
    expect(days).toBeLessThan(20.1);
  });

  it('uploads with Expect: 100-continue, as a token does; the audit log names it', async () => {
    const file = 'x'.repeat(2 ** 21);
    const hash = sha512(file);
    await writeFile(path('large'), file);
    const to = `${server.url}/lookaside/python/large.bin/sha512/${hash}`;
    const expecting = ['--header', 'Expect: 100-continue', '--upload-file', path('large')];
    expect((await ask(null, ...expecting, to)).status).toBe(401);
    expect((await ask(ann, ...expecting, to)).status).toBe(201);
    expect(await isStored(server.data, 'large.bin')).toBe(true);
    const { body } = await admin(`${server.url}/api/v1/audit`);
    expect(body).toMatch(/"credential":"certificate:[0-9A-F]+"/);
  });

  it('pushes with plain git', async () => {
    const copy = path('copy');
    const url = `${server.url}/scls/python.git`;
    const tls = ['-c', `http.sslCAInfo=${ours.certificate}`];
    const mine = [...tls, '-c', `http.sslCert=${ann.certificate}`, '-c', `http.sslKey=${ann.key}`];
    await git('/', ...tls, 'clone', '--quiet', '--branch', 'scl-python33-el7', url, copy);
    await commitFiles(copy, { 'python.spec': specOf('python') });
    expect((await push(copy, ['HEAD'], tls)).code).not.toBe(0);
    expect((await push(copy, ['HEAD'], mine)).code).toBe(0);
  });

  it('can do no more than its account', async () => {
    const sam = await ours.issue({ subject: '/CN=sam' });
    expect((await upload(sam, 'of-sam.tar')).status).toBe(403);
    expect(await isStored(server.data, 'of-sam.tar')).toBe(false);
  });

  it('stands behind a token that is sent too', async () => {
    const bearer = ['--header', `Authorization: Bearer ${people.chair}`];
    expect((await whoami(ann, ...bearer)).user).toMatchObject({ user: 'carol' });
    const basic = Buffer.from('carol:a password').toString('base64');
    for (const wrong of ['Bearer sclt_wrong', `Basic ${basic}`, 'Negotiate YII='])
      expect((await whoami(ann, '--header', `Authorization: ${wrong}`)).status).toBe(401);
  });

  it.each([
    [403, 'nobody', '/CN=nobody'],
    [403, 'a name that no account has', '/CN=Ann'],
    [403, 'a name with a path', '/CN=..\\/ann'],
    [401, 'two names', '/CN=ann/CN=carol'],
    [401, 'none', '/O=ann'],
    [401, 'a name in another place', '/O=CN=ann'],
    [403, 'a longer name', '/CN=ann2'],
    [401, 'two in one', '/CN=ann+CN=carol'],
    [403, 'a line in the name', '/CN=carol\nCN=ann'],
  ])('gets %i for %s', async (refusal, _, subject) => {
    const certificate = await ours.issue({ subject });
    expect((await upload(certificate, 'refused.tar')).status).toBe(refusal);
    expect((await whoami(certificate)).status).toBe(refusal);
    expect(await isStored(server.data, 'refused.tar')).toBe(false);
  });

  it('of an account that is disabled is refused from then on', async () => {
    const carol = await ours.issue({ subject: '/CN=carol' });
    expect((await whoami(carol)).status).toBe(200);
    const disabled = (value: boolean): Promise<CurlAnswer> =>
      admin(
        '--request',
        'PATCH',
        '--data',
        JSON.stringify({ disabled: value }),
        `${server.url}/api/v1/users/carol`,
      );
    expect((await disabled(true)).status).toBe(200);
    expect((await whoami(carol)).status).toBe(403);
    expect((await disabled(false)).status).toBe(200);
    expect((await whoami(carol)).status).toBe(200);
  });

  it('is not used for a page of another site', async () => {
    const to = `${server.url}/api/v1/tokens`;
    const post = [
      '--request',
      'POST',
      '--header',
      'Content-Type: application/json',
      '--data',
      '{}',
    ];
    for (const header of [
      'Sec-Fetch-Site: cross-site',
      'Origin: https://evil.example',
      'Origin: null',
    ]) {
      const { status, body } = await ask(ann, ...post, '--header', header, to);
      expect([header, status]).toEqual([header, 403]);
      expect(body).toContain('another site');
    }
    const own = await ask(ann, ...post, '--header', `Origin: ${new URL(server.url).origin}`, to);
    expect(own.status).toBe(201);
  });
});

describe('expired certificate', () => {
  it.each([
    ['that has expired', { start: '20200101000000Z', end: '20200201000000Z' }, 'it has expired'],
    ['of the future', { start: '20490101000000Z', end: '20490201000000Z' }, 'not valid yet'],
  ])('one %s is refused with words, for reading too', async (_, dates, words) => {
    const certificate = await ours.issue({ subject: '/CN=ann', ...dates });
    for (const answer of [await upload(certificate, 'late.tar'), await whoami(certificate)]) {
      expect(answer.status).toBe(401);
      expect(answer.body).toContain(words);
      expect(answer.challenges).toEqual([
        'Basic realm="dist-git", charset="UTF-8"',
        'Bearer realm="dist-git"',
      ]);
    }
  });

  it('one of another authority, of itself, or for a server is refused', async () => {
    const foreign = await other.issue({ subject: '/CN=ann' });
    const serving = await ours.issue({ subject: '/CN=ann', server: true });
    for (const certificate of [foreign, serving]) {
      const { status, body } = await upload(certificate, 'foreign.tar');
      expect(status).toBe(401);
      expect(body).toContain('The client certificate is refused');
    }
    expect(await isStored(server.data, 'foreign.tar')).toBe(false);
  });
});

describe('CRL', () => {
  it('refuses what is revoked as soon as the file is there, on open connections too', async () => {
    const stolen = await ours.issue({ subject: '/CN=ann' });
    expect((await whoami(stolen)).status).toBe(200);
    const open = await OpenConnection.to(server.url, stolen, ours);
    expect((await open.whoami()).status).toBe(200);
    await ours.revoke(stolen);
    await ours.publish();
    expect((await whoami(stolen)).status).toBe(200);
    await run('cp', [ours.list, path('crl.new')]);
    await run('mv', [path('crl.new'), path('crl.pem')]);
    const late = await open.whoami();
    expect([late.status, late.reused]).toEqual([401, true]);
    expect(late.body).toContain('connect again');
    open.close();
    const refused = await upload(stolen, 'stolen.tar');
    expect(refused.status).toBe(401);
    expect(refused.body).toContain('it is revoked');
    expect((await whoami(ann)).status).toBe(200);
  });

  it('that is out of date, broken or gone refuses every certificate, and no reader', async () => {
    const good = await readFile(path('crl.pem'));
    await ours.publish(1);
    await copyFile(ours.list, path('crl.pem'));
    await expect
      .poll(async () => (await whoami(ann)).body, { timeout: 20_000 })
      .toContain('out of date');
    for (const spoil of [
      () => writeFile(path('crl.pem'), good.subarray(0, good.length / 2)),
      () => writeFile(path('crl.pem'), ''),
      () => rm(path('crl.pem')),
    ]) {
      await spoil();
      const answer = await upload(ann, 'unsure.tar');
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('can not be verified now');
      expect((await whoami(null)).status).toBe(200);
    }
    await writeFile(path('crl.pem'), good);
    expect((await whoami(ann)).user).toMatchObject({ user: 'ann' });
    expect(faultsIn(server).every((line) => line.includes('the files of [tls] changed'))).toBe(
      true,
    );
    server.log = '';
  });
});

describe('renegotiation', () => {
  it('puts no other certificate in the place of the one that was verified', async () => {
    const sam = await ours.issue({ subject: '/CN=sam' });
    const foreign = await other.issue({ subject: '/CN=ann' });
    const pair = async ({ certificate, key }: Issued) => ({
      cert: await readFile(certificate),
      key: await readFile(key),
    });
    const { hostname, port } = new URL(server.url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      ca: await readFile(ours.certificate),
      maxVersion: 'TLSv1.2',
      ...(await pair(sam)),
    });
    let answers = '';
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: string) => {
      answers += text;
    });
    await once(socket, 'secureConnect');
    const ask = (): boolean => socket.write('GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\n\r\n');
    ask();
    await expect.poll(() => answers).toContain('"user":"sam"');
    socket.setKeyCert(createSecureContext(await pair(foreign)));
    socket.renegotiate({ rejectUnauthorized: true }, () => {});
    // The server ends the connection.
    if (!socket.destroyed) await once(socket, 'close');
    expect(answers).not.toContain('"user":"ann"');
  });
});

describe('git over dumb HTTP', () => {
  it.each([
    'config',
    'HEAD',
    'objects/info/packs',
    'objects/00/11',
    'refs/heads/x',
    'hooks/pre-receive',
    '../admin-token',
    '%2e%2e/admin-token',
    '..%2fadmin-token',
  ])('does not reach %s', async (file) => {
    for (const certificate of [null, ann]) {
      const url = `${server.url}/scls/python.git/${file}`;
      const answer = await ask(certificate, '--path-as-is', url);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.body).not.toContain('[core]');
    }
  });

  it('does not clone', async () => {
    const url = `${server.url}/scls/python.git`;
    const { status } = await ask(null, `${url}/info/refs`);
    expect(status).toBe(403);
    const smart = await tryGit('/', ['-c', `http.sslCAInfo=${ours.certificate}`, 'ls-remote', url]);
    expect(smart.code).toBe(0);
  });
});

describe('redirected POST', () => {
  it('no request that changes something is sent elsewhere', async () => {
    for (const [method, to] of [
      ['POST', '/repo/pkgs/upload.cgi/'],
      ['POST', '/repo/pkgs//upload.cgi'],
      ['POST', '/api/v1/tokens/'],
      ['POST', '/uploads/'],
      ['PUT', `/lookaside/python/a/sha512/${sha512('a')}/`],
      ['POST', '/scls/python.git/git-receive-pack/'],
    ] as const) {
      const { status, headers } = await ask(
        ann,
        '--request',
        method,
        '--data',
        'a',
        server.url + to,
      );
      expect([to, Math.trunc(status / 100) === 3, headers.location]).toEqual([
        to,
        false,
        undefined,
      ]);
    }
  });
});

describe('host header', () => {
  it('is in no address that the server writes', async () => {
    const host = ['--header', 'Host: evil.example', '--header', 'X-Forwarded-Host: evil.example'];
    for (const file of [
      '/.well-known/dist-git.json',
      '/client/rpkg.conf',
      '/client/dist-git-client.ini',
      '/openapi.json',
      '/api/v1/components/python',
      '/api/v1/server',
    ]) {
      const { status, body, headers } = await ask(null, ...host, server.url + file);
      expect([file, status]).toEqual([file, 200]);
      expect(body + JSON.stringify(headers)).not.toContain('evil.example');
    }
    const metadata = Buffer.from('python').toString('base64');
    const begun = await ask(
      ann,
      ...host,
      '--request',
      'POST',
      '--header',
      'Tus-Resumable: 1.0.0',
      '--header',
      'Upload-Length: 1',
      '--header',
      `Upload-Metadata: component ${metadata},file ${Buffer.from('a').toString('base64')},hashtype ${Buffer.from('sha512').toString('base64')},hash ${Buffer.from(sha512('a')).toString('base64')}`,
      `${server.url}/uploads`,
    );
    expect(begun.status).toBe(201);
    expect(begun.headers.location).toMatch(/^\/uploads\/\w+/);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(server)).toEqual([]);
  });
});
