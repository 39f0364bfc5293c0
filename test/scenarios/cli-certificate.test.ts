import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Centpkg } from '../support/centpkg.ts';
import { Authority } from '../support/certificates.ts';
import { isStored } from '../support/data-folder.ts';
import { faultsIn } from '../support/scenario.ts';
import { foundSclo, type Sclo, specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let authority: Authority;
let server: TestServer;
let people: Sclo;
const path = (name: string): string => join(temporary.path, name);

/** Somebody with CentOS's files in the home, for an account. */
async function person(name: string, account: string): Promise<Centpkg> {
  const made = await Centpkg.at(path(name), name);
  const { both } = await authority.issue({ subject: `/CN=${account}` });
  await copyFile(both, join(made.home, '.centos.cert'));
  await copyFile(authority.certificate, join(made.home, '.centos-server-ca.cert'));
  return made;
}

beforeAll(async () => {
  temporary = await temporaryFolder();
  authority = await Authority.at(path('authority'));
  const names = 'DNS:localhost,IP:127.0.0.1';
  const own = await authority.issue({ subject: '/CN=localhost', names, server: true });
  const first = await new TestServer(path('data')).start();
  people = await foundSclo(first);
  await first.stop();
  server = await new TestServer(path('data'), {
    DISTGIT_TLS_CERTIFICATE: own.certificate,
    DISTGIT_TLS_KEY: own.key,
    DISTGIT_TLS_CLIENT_CA: authority.certificate,
    DISTGIT_TLS_CLIENT_CRL: authority.list,
  }).start();
});
afterAll(async () => {
  await server.stop();
  await temporary[Symbol.asyncDispose]();
});

describe('centpkg with ~/.centos.cert', () => {
  it('does a whole piece of work: login, clone, new-sources, commit, push', async () => {
    const ann = await person('ann', 'ann');
    expect(await ann.must(['login', '--url', server.url])).toBe(
      `Logged in to ${server.url} as ann, by certificate.\n`,
    );
    expect(await ann.json(['whoami'])).toMatchObject({
      user: 'ann',
      credential: expect.stringMatching(/^certificate:/),
    });
    await ann.must(['clone', '-b', 'scl-python33-el7', 'python']);
    const copy = join(ann.home, 'python');
    await writeFile(join(ann.home, 'small.tar'), 'small');
    await writeFile(join(ann.home, 'large.tar'), Buffer.alloc(17 * 2 ** 20, 'large'));
    await ann.must(['new-sources', '../small.tar', '../large.tar'], { cwd: copy });
    for (const file of ['small.tar', 'large.tar'])
      expect(await isStored(server.data, file)).toBe(true);
    await writeFile(join(copy, 'python.spec'), specOf('python'));
    await ann.git(copy, 'add', '--all');
    await ann.must(['commit', '-m', 'By certificate'], { cwd: copy });
    await ann.must(['push'], { cwd: copy });
    // Plain git goes by what the clone keeps.
    await ann.git(copy, 'commit', '--quiet', '--allow-empty', '--message', 'By plain git');
    await ann.git(copy, 'push', '--quiet', 'origin', 'HEAD');
    await ann.must(['sources'], { cwd: copy });
  });

  it('shows it only where there is no token', async () => {
    const both = await person('both', 'ann');
    await both.login(server.url, people.chair);
    expect(await both.json(['whoami'])).toMatchObject({ user: 'carol' });
    const args = ['login', '--certificate', '.centos.cert'];
    expect(await both.run(args)).toMatchObject({ code: 2 });
    await both.must(['logout']);
    expect(await both.json(['whoami'])).toMatchObject({ user: 'ann' });
  });

  it('takes other files by option, kept from then on, and from the environment', async () => {
    const other = await Centpkg.at(path('other'), 'other');
    const { both } = await authority.issue({ subject: '/CN=sam' });
    await copyFile(both, join(other.home, 'mine.pem'));
    await copyFile(authority.certificate, join(other.home, 'ca.pem'));
    const untrusted = await other.run(['login', '--url', server.url, '--certificate', 'mine.pem']);
    expect(untrusted.code).toBe(7);
    expect(untrusted.stderr).toMatch(/certificate/);
    await other.must(['login', '--url', server.url, '--ca', 'ca.pem']);
    expect(await other.json(['whoami'], { cwd: '/' })).toMatchObject({ user: 'sam' });
    const { both: ann } = await authority.issue({ subject: '/CN=ann' });
    expect(await other.json(['whoami'], { env: { CENTPKG_CERT: ann } })).toMatchObject({
      user: 'ann',
    });
  });

  it.each([
    ['that has expired', { start: '20200101000000Z', end: '20200201000000Z' }, 'it has expired'],
    ['of nobody', {}, 'who has no account here'],
  ])('tells of one %s', async (name, dates, words) => {
    const late = await person(`late${name.length}`, 'nobody');
    const { both } = await authority.issue({ subject: '/CN=nobody', ...dates });
    await copyFile(both, join(late.home, '.centos.cert'));
    const { code, stderr } = await late.run(['login', '--url', server.url]);
    expect(code).toBe(4);
    expect(stderr).toContain(words);
  });

  it('tells of a file that is not there, and of no login at all', async () => {
    const none = await Centpkg.at(path('none'), 'none');
    const env = { CENTPKG_CA: authority.certificate };
    const missing = await none.run(['login', '--url', server.url, '--certificate', 'no.pem'], {
      env,
    });
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('can not be read')]);
    const fresh = await Centpkg.at(path('fresh'), 'fresh');
    const nothing = await fresh.run(['login', '--url', server.url], { env });
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('No token')]);
  });
});

describe('redirected POST', () => {
  /** A server that answers every request so, and keeps what it got. */
  async function answering(answer: (res: ServerResponse) => void) {
    const got: IncomingMessage['headers'][] = [];
    const stand: Server = createServer((req, res) => {
      got.push(req.headers);
      req.resume();
      answer(res);
    });
    stand.listen(0, '127.0.0.1');
    await once(stand, 'listening');
    const { port } = stand.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, got, close: () => stand.close() };
  }

  it.each([301, 302, 303, 307, 308])(
    'by %i: neither the token nor the body goes to another host',
    async (status) => {
      const thief = await answering((res) => res.end('{}'));
      const gate = await answering((res) => res.writeHead(status, { Location: thief.url }).end());
      const ann = await Centpkg.at(path(`redirected-${status}`), 'ann');
      const env = { CENTPKG_URL: gate.url, CENTPKG_TOKEN: people.committer };
      for (const args of [['whoami'], ['token', 'create'], ['sig', 'list']]) {
        const { code, stderr } = await ann.run(args, { env });
        expect([args, code === 0]).toEqual([args, false]);
        expect(stderr).not.toContain(people.committer);
      }
      expect(gate.got.length).toBe(3);
      expect(gate.got[0]?.authorization).toBe(`Bearer ${people.committer}`);
      expect(thief.got).toEqual([]);
      thief.close();
      gate.close();
    },
  );
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(server)).toEqual([]);
  });
});
