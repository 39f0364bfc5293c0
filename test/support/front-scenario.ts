import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Authority, type Issued } from './certificates.ts';
import { type CurlAnswer, curl } from './curl.ts';
import { Httpd } from './httpd.ts';
import { Kdc } from './kdc.ts';
import { Nginx } from './nginx.ts';
import { foundSclo, type Sclo } from './sclo.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TestServer } from './test-server.ts';

export type FrontKind = 'nginx' | 'httpd';

/** A server behind a real web server that speaks TLS with the configuration that is shipped. */
export interface FrontScenario {
  readonly server: TestServer;
  readonly people: Sclo;
  /** How clients reach the front. */
  readonly url: string;
  /** Issues certificates of clients, and the front's own. */
  readonly authority: Authority;
  /** The list of revoked certificates, where the front reads it. */
  readonly list: string;
  readonly kdc: Kdc;
  /** By curl through the front, with a client certificate or without. */
  ask(certificate: Issued | null, args: readonly string[], env?: object): Promise<CurlAnswer>;
  /** Makes the front read its files anew. */
  reload(): void;
  path(name: string): string;
}

/** For all tests of the file that calls this. @param kerberos with a KDC: for httpd only */
export function frontScenario(kind: FrontKind, kerberos = false): FrontScenario {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
  let authority: Authority;
  let kdc: Kdc | undefined;
  let front: Nginx | Httpd;
  let server: TestServer;
  let people: Sclo;
  const path = (name: string): string => join(temporary.path, name);
  const list = (): string => path('crl.pem');
  beforeAll(async () => {
    temporary = await temporaryFolder();
    authority = await Authority.at(path('authority'));
    const names = 'DNS:localhost,IP:127.0.0.1';
    const own = await authority.issue({ subject: '/CN=localhost', names, server: true });
    await copyFile(authority.list, list());
    const files = { ...own, clientCa: authority.certificate, clientCrl: list() };
    if (kerberos) kdc = await Kdc.start(path('kdc'));
    const socket = path('front.sock');
    const keytab = kdc?.keytab ?? path('none.keytab');
    const nginx = kind === 'nginx' ? await Nginx.at(path('nginx'), files) : null;
    const httpd = kind === 'httpd' ? await Httpd.at(path('httpd'), kdc?.env) : null;
    const ready = nginx ?? httpd;
    if (ready === null) throw new Error(`${kind} is no front.`);
    front = ready;
    await mkdir(path('data'));
    server = await new TestServer(path('data'), {
      DISTGIT_SERVER_URL: front.url,
      DISTGIT_LOG_LEVEL: 'info',
      ...(kind === 'nginx'
        ? { DISTGIT_FRONT_ADDRESSES: '127.0.0.1', DISTGIT_STORAGE_DOWNLOADS: 'accel' }
        : { DISTGIT_FRONT_SOCKET: socket }),
      ...(kdc === undefined ? {} : { DISTGIT_FRONT_KERBEROS_REALMS: kdc.realm }),
    }).start();
    people = await foundSclo(server);
    await nginx?.start(server.url, join(server.data, 'lookaside'));
    await httpd?.start({ ...files, keytab, socket });
  }, 240_000);
  afterAll(async () => {
    await front[Symbol.asyncDispose]();
    await server.stop();
    await kdc?.[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server;
    },
    get people() {
      return people;
    },
    get url() {
      return front.url;
    },
    get authority() {
      return authority;
    },
    get list() {
      return list();
    },
    get kdc() {
      if (kdc === undefined) throw new Error('This scenario has no Kerberos.');
      return kdc;
    },
    ask: (certificate, args, env = {}) =>
      curl(
        [
          '--cacert',
          authority.certificate,
          ...(certificate === null ? [] : ['--cert', certificate.both]),
          ...args,
        ],
        { ...env },
      ),
    reload: () => front.reload(),
    path,
  };
}

/** Paths of the requests that a server has answered so far; its log tells them. */
export function requestsOf(server: TestServer): string[] {
  return server.log
    .split('\n')
    .filter((line) => line.includes('"requestId"'))
    .map((line) => (JSON.parse(line) as { path?: string }).path ?? '');
}
