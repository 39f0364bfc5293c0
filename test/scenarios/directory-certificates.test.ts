import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { curl } from '../support/curl.ts';
import { faultsIn } from '../support/scenario.ts';
import {
  directorySettings,
  group,
  PEOPLE,
  person,
  Slapd,
  TestAuthority,
} from '../support/slapd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let slapd: Slapd;
let server: TestServer;
let authority: Authority;
const path = (name: string): string => join(temporary.path, name);

const whoami = async (subject: string) => {
  const mine: Issued = await authority.issue({ subject: `/CN=${subject}` });
  const trust = ['--cacert', authority.certificate, '--cert', mine.both];
  const { status, body } = await curl([...trust, `${server.url}/api/v1/whoami`]);
  return { status, body: JSON.parse(body) as Record<string, unknown> };
};

beforeAll(async () => {
  temporary = await temporaryFolder();
  const ca = await TestAuthority.at(path('directory-ca'));
  slapd = await Slapd.at(path('slapd'), ca);
  const people = ['ann', 'bob', 'local', 'sam'];
  await slapd.add(
    [
      ...people.map((name) => person(name, `${name}'s password`)),
      group('sig-sclo', [`uid=ann,${PEOPLE}`, `uid=local,${PEOPLE}`]),
    ].join(''),
  );
  authority = await Authority.at(path('authority'));
  const own = await authority.issue({
    subject: '/CN=localhost',
    names: 'DNS:localhost,IP:127.0.0.1',
    server: true,
  });
  const settings = directorySettings([slapd.tlsUrl], ca);
  server = await new TestServer(path('data'), settings).start();
  await server.must('createSig', { name: 'sclo' });
  await server.must('createUser', { name: 'local' });
  await server.stop();
  server = await new TestServer(path('data'), {
    ...settings,
    DISTGIT_TLS_CERTIFICATE: own.certificate,
    DISTGIT_TLS_KEY: own.key,
    DISTGIT_TLS_CLIENT_CA: authority.certificate,
  }).start();
});
afterAll(async () => {
  await server.stop();
  await slapd[Symbol.asyncDispose]();
  await temporary[Symbol.asyncDispose]();
});

describe('a certificate of somebody whom only the directory knows', () => {
  it('logs in the first time, with what the directory says of its holder', async () => {
    const { status, body } = await whoami('ann');
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: 'ann', sigs: [{ sig: 'sclo', role: 'member' }] });
  });

  it('is refused where the directory does not know the name either', async () => {
    const { status, body } = await whoami('nobody');
    expect(status).toBe(403);
    expect(body.detail).toBe('The certificate is for "nobody", who has no account here.');
  });

  it("gives the holder of a local account nothing of the directory's", async () => {
    const { status, body } = await whoami('local');
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: 'local', sigs: [] });
  });

  it('does not let in whom a site admin has disabled', async () => {
    expect((await whoami('bob')).status).toBe(200);
    const { status } = await curl([
      '--cacert',
      authority.certificate,
      '--request',
      'PATCH',
      '--data',
      '{"disabled":true}',
      '--header',
      `Authorization: Bearer ${server.adminToken}`,
      '--header',
      'Content-Type: application/json',
      `${server.url}/api/v1/users/bob`,
    ]);
    expect(status).toBe(200);
    expect((await whoami('bob')).status).toBe(403);
  });

  it('waits for the directory where that is not there; who is known does not', async () => {
    await slapd.kill();
    expect(await whoami('sam')).toMatchObject({
      status: 503,
      body: { detail: 'The directory does not answer.' },
    });
    expect((await whoami('ann')).status).toBe(200);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(server)).toEqual([]);
});
