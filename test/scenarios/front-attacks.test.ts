import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { isStored } from '../support/data-folder.ts';
import { type FrontKind, frontScenario, requestsOf } from '../support/front-scenario.ts';
import { sha512 } from '../support/sclo.ts';

const HOST = 'Host: localhost\r\n';
/** Every way to write a header that only the front may send. */
const SPOOFED: readonly (readonly [string, readonly string[]])[] = [
  ['a user', ['X-Remote-User: ann@EXAMPLE.ORG']],
  ['a user in small letters', ['x-remote-user: ann@EXAMPLE.ORG']],
  ['a user with underscores', ['X_Remote_User: ann@EXAMPLE.ORG']],
  ['a user, twice', ['X-Remote-User: ann@EXAMPLE.ORG', 'X-Remote-User: ann@EXAMPLE.ORG']],
  ['a blank before the colon', ['X-Remote-User : ann@EXAMPLE.ORG']],
  ['a folded line', ['X-Remote-User:\r\n ann@EXAMPLE.ORG']],
  ['a verified certificate', ['X-Client-Verify: SUCCESS', 'X-Client-Cert: CERTIFICATE']],
  ['a certificate alone', ['X-Client-Cert: CERTIFICATE']],
  ['headers taken away', ['Connection: X-Client-Verify, X-Forwarded-For, X-Remote-User']],
];

describe.each<FrontKind>(['nginx', 'httpd'])('behind the shipped %s', (kind) => {
  const scenario = frontScenario(kind);
  let ann: Issued;
  let count = 0;
  beforeAll(async () => {
    ann = await scenario.authority.issue({ subject: '/CN=ann' });
  });

  const upload = (certificate: Issued | null, file: string, ...args: string[]) =>
    scenario.ask(certificate, [
      '--request',
      'PUT',
      '--data-binary',
      file,
      ...args,
      `${scenario.url}/lookaside/python/${file}/sha512/${sha512(file)}`,
    ]);

  /** Bytes through TLS to the front. @returns all that came back until it cut the line */
  const raw = async (text: string): Promise<string> => {
    const { port } = new URL(scenario.url);
    const socket = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    let answer = '';
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    // Behind an answer it would wait for more; who hung up before that would never see it.
    socket.once('data', () => setTimeout(() => socket.end(), 1500));
    socket.write(text, 'latin1');
    if (!socket.destroyed) await once(socket, 'close');
    return answer;
  };
  const pathOf = (): string => `/api/v1/attack-${kind}-${++count}`;
  const seen = async (sentinel: string): Promise<string[]> => {
    const answer = await scenario.ask(null, [scenario.url + sentinel]);
    expect(answer.status).toBe(404);
    await expect.poll(() => requestsOf(scenario.server)).toContain(sentinel);
    return requestsOf(scenario.server);
  };

  describe('a client certificate', () => {
    it('is who its CN says, with the address of the client in the audit log', async () => {
      const { status, body } = await scenario.ask(ann, [`${scenario.url}/api/v1/whoami`]);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({
        user: 'ann',
        credential: expect.stringMatching(/^certificate:[0-9A-F]+$/),
      });
      expect((await upload(ann, 'with.tar', '--interface', '127.0.0.3')).status).toBe(201);
      const { items } = await scenario.server.must('listAudit', {});
      expect(items[0]).toMatchObject({ actor: 'ann', address: '127.0.0.3' });
    });

    it('is not needed for reading, and for nothing with a token', async () => {
      const anonymous = await scenario.ask(null, [`${scenario.url}/api/v1/whoami`]);
      expect(JSON.parse(anonymous.body)).toMatchObject({ user: null });
      const refused = await upload(null, 'without.tar');
      expect([refused.status, refused.challenges.length]).toEqual([401, 2]);
      const token = ['--header', `Authorization: Bearer ${scenario.people.committer}`];
      expect((await upload(null, 'token.tar', ...token)).status).toBe(201);
    });

    it('uploads large bodies, with Expect: 100-continue and without a length', async () => {
      const content = Buffer.alloc(3 * 2 ** 20, kind);
      const to = `${scenario.url}/lookaside/python/large.bin/sha512/${sha512(content)}`;
      const args = ['--cacert', scenario.authority.certificate, '--upload-file', '-', to];
      const expecting = ['--header', 'Expect: 100-continue'];
      expect((await curl([...expecting, ...args], {}, content)).status).toBe(401);
      const done = await curl([...expecting, '--cert', ann.both, ...args], {}, content);
      expect(done.status).toBe(201);
      expect(await isStored(scenario.server.data, 'large.bin')).toBe(true);
    });

    it('keeps odd file names as they are', async () => {
      const name = 'Python%203.3%2B2~a%5E1.tar';
      const to = `${scenario.url}/lookaside/python/${name}/sha512/${sha512('odd')}`;
      const put = ['--request', 'PUT', '--data-binary', 'odd', to];
      expect((await scenario.ask(ann, put)).status).toBe(201);
      expect((await scenario.ask(null, [to])).body).toBe('odd');
      expect(await isStored(scenario.server.data, 'Python 3.3+2~a^1.tar')).toBe(true);
    });

    it('that has expired, or is of another authority, comes to nothing', async () => {
      const dates = { start: '20200101000000Z', end: '20200201000000Z' };
      const expired = await scenario.authority.issue({ subject: '/CN=ann', ...dates });
      const other = await Authority.at(scenario.path('other'), 'Other CA');
      const foreign = await other.issue({ subject: '/CN=ann' });
      for (const certificate of [expired, foreign]) {
        const { status, said, body } = await upload(certificate, 'bad.tar');
        // nginx answers; httpd ends the handshake, and curl tells of the alert.
        expect(kind === 'nginx' ? status : said).toEqual(
          kind === 'nginx' ? 403 : expect.stringMatching(/alert|certificate/i),
        );
        if (kind === 'nginx') expect(body).toContain('The client certificate is refused');
      }
      expect(await isStored(scenario.server.data, 'bad.tar')).toBe(false);
    });

    it('that is revoked comes to nothing when the front has read the list', async () => {
      const stolen = await scenario.authority.issue({ subject: '/CN=ann' });
      expect((await upload(stolen, 'before.tar')).status).toBe(201);
      await scenario.authority.revoke(stolen);
      await scenario.authority.publish();
      await copyFile(scenario.authority.list, scenario.list);
      scenario.reload();
      const push = `${scenario.url}/scls/python.git/info/refs?service=git-receive-pack`;
      // A worker that is on its way out may take a connection still: refused is refused in a row.
      const answers = async () => {
        const statuses: number[] = [];
        for (let n = 0; n < 5; n++) statuses.push((await scenario.ask(stolen, [push])).status);
        return statuses;
      };
      await expect.poll(answers, { timeout: 30_000 }).not.toContain(200);
      expect([0, 403]).toContain((await upload(stolen, 'stolen.tar')).status);
      expect(await isStored(scenario.server.data, 'stolen.tar')).toBe(false);
      await expect
        .poll(async () => (await scenario.ask(ann, [push])).status, { timeout: 30_000 })
        .toBe(200);
    });
  });

  describe('header spoofing', () => {
    it.each(SPOOFED)('through the front is for nothing: %s', async (_, headers) => {
      const pem = (await readFile(ann.certificate, 'utf8')).trim();
      const lines = headers.map((line) => line.replace('CERTIFICATE', encodeURIComponent(pem)));
      const head = ['GET /api/v1/whoami HTTP/1.1', 'Host: localhost', 'Connection: close'];
      const answer = await raw(`${[...head, ...lines].join('\r\n')}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400|403) /);
      expect(answer).not.toContain('"user":"ann"');
      if (answer.startsWith('HTTP/1.1 200')) expect(answer).toContain('"user":null');
    });

    it('through the front does not change the address in the audit log', async () => {
      for (const header of ['X-Forwarded-For: 192.0.2.7', 'Connection: X-Forwarded-For']) {
        await upload(ann, `address-${header.length}.tar`, '--header', header);
        const { items } = await scenario.server.must('listAudit', {});
        expect(items.map(({ address }) => address)).not.toContain('192.0.2.7');
        expect(items.map(({ address }) => address)).not.toContain('');
      }
    });

    it.each(SPOOFED.slice(0, 8))('past the front is refused: %s', async (_, headers) => {
      const pem = (await readFile(ann.certificate, 'utf8')).trim();
      const args = headers.flatMap((line) => [
        '--header',
        line.replace('CERTIFICATE', encodeURIComponent(pem)),
      ]);
      // Not the front's address, where that is what counts.
      const direct = ['--interface', '127.0.0.2', `${scenario.server.url}/api/v1/whoami`];
      const { status, body } = await curl([...args, ...direct]);
      expect(body).not.toContain('"user":"ann"');
      if (headers[0]?.includes('_') === true) expect(body).toContain('"user":null');
      else expect(status).toBe(400);
    });

    it('past the front does not change the address', async () => {
      const file = 'direct.tar';
      const { status } = await curl([
        '--interface',
        '127.0.0.2',
        '--request',
        'PUT',
        '--data-binary',
        file,
        '--header',
        `Authorization: Bearer ${scenario.people.committer}`,
        '--header',
        'X-Forwarded-For: 192.0.2.7',
        `${scenario.server.url}/lookaside/python/${file}/sha512/${sha512(file)}`,
      ]);
      expect(status).toBe(201);
      const { items } = await scenario.server.must('listAudit', {});
      expect(items[0]).toMatchObject({ address: '127.0.0.2' });
    });
  });

  describe('request smuggling', () => {
    const inner = (path: string): string =>
      `GET ${path} HTTP/1.1\r\n${HOST}X-Remote-User: ann@EXAMPLE.ORG\r\n\r\n`;
    const chunk = (text: string, size = text.length.toString(16)): string =>
      `${size}\r\n${text}\r\n`;
    const LAST = '0\r\n\r\n';
    /** A request's head and its body, with another request hidden in it. */
    const ATTACKS: readonly (readonly [string, (hidden: string) => string])[] = [
      [
        'CL.TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding: chunked\r\n\r\n${LAST}${h}`,
      ],
      ['TE.CL', (h) => `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(h)}${LAST}`],
      ['duplicate CL', (h) => `Content-Length: 0\r\nContent-Length: ${h.length}\r\n\r\n${h}`],
      [
        'duplicate CL, the other way round',
        (h) => `Content-Length: ${h.length}\r\nContent-Length: 0\r\n\r\n${h}`,
      ],
      ['a list of CL', (h) => `Content-Length: ${h.length}, 0\r\n\r\n${h}`],
      ['CL with a sign', (h) => `Content-Length: +${h.length}\r\n\r\n${h}`],
      ['CL in hex', (h) => `Content-Length: 0x${h.length.toString(16)}\r\n\r\n${h}`],
      ['a negative CL', (h) => `Content-Length: -1\r\n\r\n${h}`],
      [
        'obs-fold in TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding:\r\n chunked\r\n\r\n${LAST}${h}`,
      ],
      ['obs-fold in CL', (h) => `Content-Length:\r\n ${h.length}\r\n\r\n${h}`],
      [
        'a blank before the colon of TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding : chunked\r\n\r\n${LAST}${h}`,
      ],
      [
        'an unknown TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding: xchunked\r\n\r\n${LAST}${h}`,
      ],
      [
        'two TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${LAST}${h}`,
      ],
      [
        'a tab before TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding:\tchunked\r\n\r\n${LAST}${h}`,
      ],
      [
        'a vertical tab in TE',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding: \x0bchunked\r\n\r\n${LAST}${h}`,
      ],
      [
        'a NUL in a name',
        (h) =>
          `Content-Length: ${LAST.length + h.length}\r\nTransfer-Encoding\0: chunked\r\n\r\n${LAST}${h}`,
      ],
      [
        'a chunk with a line end in its extension',
        (h) =>
          `Transfer-Encoding: chunked\r\n\r\n2;a\nxx\r\n${h.length.toString(16)}\r\n${h}\r\n${LAST}`,
      ],
      [
        'a chunk extension',
        (h) =>
          `Transfer-Encoding: chunked\r\n\r\n${chunk(h, `${h.length.toString(16)};a="b"`)}${LAST}`,
      ],
      [
        'a chunk size with 0x',
        (h) => `Transfer-Encoding: chunked\r\n\r\n${chunk(h, `0x${h.length.toString(16)}`)}${LAST}`,
      ],
      [
        'a chunk size that overflows',
        (h) => `Transfer-Encoding: chunked\r\n\r\n${chunk(h, `1${'0'.repeat(16)}`)}${LAST}`,
      ],
      [
        'a chunk without its line end',
        (h) => `Transfer-Encoding: chunked\r\n\r\n1\r\nx${LAST}${h}`,
      ],
      [
        'a header line with a bare CR',
        (h) =>
          `X-A: b\rTransfer-Encoding: chunked\r\nContent-Length: ${LAST.length + h.length}\r\n\r\n${LAST}${h}`,
      ],
      ['Content_Length', (h) => `Content_Length: 0\r\nContent-Length: ${h.length}\r\n\r\n${h}`],
    ];

    it.each(ATTACKS)('%s: the hidden request is never seen', async (_, attack) => {
      const [outer, hidden, sentinel] = [pathOf(), pathOf(), pathOf()];
      const answer = await raw(`POST ${outer} HTTP/1.1\r\n${HOST}${attack(inner(hidden))}`);
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404|411|413|501) /);
      // Where the server reads all of the body that the front lets through.
      const type = 'Content-Type: application/x-git-upload-pack-request\r\n';
      const fetching = `POST /scls/python.git/git-upload-pack HTTP/1.1\r\n${HOST}${type}`;
      expect(await raw(fetching + attack(inner(hidden)))).toMatch(
        /^HTTP\/1\.1 (200|4\d\d|50[01]) /,
      );
      const paths = await seen(sentinel);
      expect(paths).not.toContain(hidden);
      expect(paths.filter((path) => path === outer).length).toBeLessThanOrEqual(1);
    });
  });

  describe('git over dumb HTTP', () => {
    it.each([
      'config',
      'HEAD',
      'objects/info/packs',
      'objects/info/alternates',
      '%2e%2e/%2e%2e/admin-token',
      '..%2f..%2fadmin-token',
      'config%00',
    ])('does not reach %s', async (file) => {
      for (const method of ['GET', 'HEAD']) {
        const address = `/scls/python.git/${file}`;
        const answer = await raw(
          `${method} ${address} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
        );
        expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
        expect(answer).not.toContain('[core]');
      }
    });
  });

  describe('host header', () => {
    it('is in no address that the server writes', async () => {
      for (const name of ['evil.example', 'localhost:1', 'evil.example\\@localhost']) {
        const answer = await raw(
          `GET /.well-known/dist-git.json HTTP/1.1\r\nHost: ${name}\r\nX-Forwarded-Host: ${name}\r\nConnection: close\r\n\r\n`,
        );
        expect(answer).not.toContain('evil.example');
        if (answer.startsWith('HTTP/1.1 200')) expect(answer).toContain(scenario.url);
      }
    });
  });
});
