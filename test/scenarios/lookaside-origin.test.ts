import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpgUser } from '../support/gpg.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const BRANCH = 'scl-python33-el7';
const CONTENT = 'what the upstream published\n'.repeat(100_000);
const KEY = { file: 'python.tar', hashType: 'sha512', hash: sha512(CONTENT) } as const;
const ORIGIN = 'https://www.example.org/ftp/python.tar';

let gpgUsers: readonly GpgUser[] = [];
let fingerprint: string;
let binary: string;
let good: string;
let ofStranger: string;

const record = (
  text: string | null,
  { token = scenario.people.committer, keyring = 'upstream.asc', branch = BRANCH } = {},
) =>
  scenario.server.call(
    'recordOrigin',
    {
      component: 'python',
      ...KEY,
      url: ORIGIN,
      signature: text === null ? null : { text, branch, keyring },
    },
    token,
  );

beforeAll(async () => {
  const people = ['upstream', 'other', 'stranger'].map((name) =>
    GpgUser.at(scenario.path(name), name),
  );
  gpgUsers = await Promise.all(people);
  const [upstream, other, stranger] = gpgUsers as [GpgUser, GpgUser, GpgUser];
  ({ fingerprint } = upstream);
  good = await upstream.sign(CONTENT);
  ofStranger = await stranger.sign(CONTENT);
  binary = (await readFile(await upstream.signBinary(CONTENT))).toString('base64');
  const { server, people: tokens } = scenario;
  await put(server, tokens.committer, 'python', KEY.file, CONTENT);
  const copy = await workingCopy(server, scenario.path(), tokens.committer);
  await commitFiles(copy, {
    // Two keys, one behind the other, as keyrings often are.
    'upstream.asc': `${other.publicKey}\n${upstream.publicKey}`,
    'empty.asc': 'no key at all\n',
    sources: `SHA512 (${KEY.file}) = ${KEY.hash}\n`,
  });
  expect((await push(copy, ['HEAD'])).code).toBe(0);
});
afterAll(() => Promise.all(gpgUsers.map((user) => user.stop())));

describe('the origin of a source', () => {
  it('is recorded with the verdict on its signature, by the keyring of the branch', async () => {
    const { status, body } = await record(good);
    expect(status).toBe(200);
    expect(body).toEqual({
      url: ORIGIN,
      signature: { result: 'good', signer: fingerprint, keyring: `${BRANCH}:upstream.asc` },
      recordedBy: 'ann',
      recordedAt: expect.any(String),
    });
  });

  it('takes a signature in binary form, too', async () => {
    const { body } = await record(binary);
    expect(body).toMatchObject({ signature: { result: 'good', signer: fingerprint } });
  });

  it('says that a signature is of a key that is not in the keyring', async () => {
    const { body } = await record(ofStranger);
    expect(body).toMatchObject({
      signature: { result: 'unknown-key', signer: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  });

  it('says that a signature is bad', async () => {
    const content = `${CONTENT}changed`;
    const { server, people } = scenario;
    await put(server, people.committer, 'python', 'changed.tar', content);
    const changed = { file: 'changed.tar', hashType: 'sha512', hash: sha512(content) } as const;
    const signature = { text: good, branch: BRANCH, keyring: 'upstream.asc' };
    const { body } = await server.call(
      'recordOrigin',
      { component: 'python', ...changed, url: ORIGIN, signature },
      people.committer,
    );
    expect(body).toMatchObject({ signature: { result: 'bad', signer: fingerprint } });
  });

  it.each([
    ['no signature', 'nonsense', 'upstream.asc', BRANCH, 400, 'not a detached OpenPGP signature'],
    ['no keys in the keyring', null, 'empty.asc', BRANCH, 400, 'holds no OpenPGP keys'],
    ['no such keyring', null, 'none.asc', BRANCH, 404, 'has no file none.asc'],
    ['no such branch', null, 'upstream.asc', 'main', 404, 'has no branch main'],
    ['a keyring elsewhere', null, '../config', BRANCH, 400, 'body.signature.keyring'],
  ])('is refused for %s', async (_, text, keyring, branch, status, words) => {
    const answer = await record(text ?? good, { keyring, branch });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      status,
      expect.stringContaining(words),
    ]);
  });

  it('is for whoever may upload', async () => {
    expect((await record(null, { token: scenario.people.stranger })).status).toBe(403);
    expect((await record(null, { token: scenario.people.chair })).status).toBe(403);
    const absent = { ...KEY, hash: sha512('absent'), component: 'python', url: ORIGIN };
    const { server, people } = scenario;
    expect((await server.call('recordOrigin', absent, people.committer)).status).toBe(404);
    const script = { ...KEY, component: 'python', url: 'javascript:alert(1)' };
    expect((await server.call('recordOrigin', script, people.committer)).status).toBe(400);
  });

  it('is exported as an in-toto statement', async () => {
    await record(good);
    const { server } = scenario;
    const input = { component: 'python', ...KEY };
    expect(await server.must('showStatement', input, null)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: KEY.file, digest: { sha512: KEY.hash } }],
      predicateType: `${server.url}/predicates/source-upload/v1`,
      predicate: {
        component: 'python',
        size: CONTENT.length,
        uploadedBy: 'ann',
        uploadedAt: expect.any(String),
        origin: expect.objectContaining({
          url: ORIGIN,
          signature: expect.objectContaining({ result: 'good', signer: fingerprint }),
        }),
        usedBy: [{ ref: `refs/heads/${BRANCH}`, commit: expect.stringMatching(/^[0-9a-f]{40}$/) }],
      },
    });
    const absent = await server.call('showStatement', { ...input, hash: sha512('absent') }, null);
    expect(absent.status).toBe(404);
  });

  it('leaves the server without a fault', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
