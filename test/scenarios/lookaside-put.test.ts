import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isStored, leftovers } from '../support/data-folder.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';

const scenario = scloScenario();

interface PutOptions {
  readonly file?: string;
  readonly content?: string;
  readonly type?: string;
  readonly hash?: string;
  readonly token?: string | null;
  readonly component?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function upload(options: PutOptions): Promise<Response> {
  const { file = 'a.tar', content = 'a', type = 'sha512', component = 'python' } = options;
  const { hash = sha512(content), token = scenario.people.committer, headers = {} } = options;
  const path = `/lookaside/${component}/${encodeURIComponent(file)}/${type}/${hash}`;
  return fetch(`${scenario.server.url}${path}`, {
    method: 'PUT',
    headers: { ...headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) },
    body: content,
  });
}

describe('a PUT', () => {
  it('stores the file: 201, and 200 when it was there', async () => {
    const first = await upload({ content: 'put', file: 'put.tar' });
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual({ size: 3, existed: false });
    const second = await upload({ content: 'put', file: 'put.tar' });
    expect(second.status).toBe(200);
    expect(await second.json()).toEqual({ size: 3, existed: true });
    const { items } = await scenario.server.must('listSources', { component: 'python' });
    expect(items).toEqual([
      {
        file: 'put.tar',
        hashType: 'sha512',
        hash: sha512('put'),
        size: 3,
        mtime: expect.any(String),
        uploadedBy: 'ann',
        uploadedAt: expect.any(String),
        state: 'stored',
        usedBy: [],
        address: '127.0.0.1',
      },
    ]);
  });

  it('keeps the Last-Modified that the client states', async () => {
    const time = 'Tue, 13 May 2014 16:53:20 GMT';
    const options = { content: 'dated', headers: { 'Last-Modified': time } };
    expect((await upload(options)).status).toBe(201);
    const url = `${scenario.server.url}/lookaside/python/a.tar/sha512/${sha512('dated')}`;
    expect((await fetch(url)).headers.get('last-modified')).toBe(time);
  });

  it('takes the checksum in capitals as the same', async () => {
    expect((await upload({ content: 'caps', hash: sha512('caps').toUpperCase() })).status).toBe(
      201,
    );
    expect((await upload({ content: 'caps', type: 'SHA512' })).status).toBe(200);
  });

  it('takes another content under the same file name beside the first', async () => {
    for (const content of ['one', 'two'])
      expect((await upload({ file: 'same.tar', content })).status).toBe(201);
    for (const content of ['one', 'two']) {
      const path = `/lookaside/python/same.tar/sha512/${sha512(content)}`;
      expect(await (await fetch(`${scenario.server.url}${path}`)).text()).toBe(content);
    }
  });

  it('takes an empty file', async () => {
    expect(await put(scenario.server, scenario.people.committer, 'python', 'empty', '')).toBe(201);
  });

  it('with a token of the right component and verb is taken', async () => {
    const scoped = async (scopes: object): Promise<number> => {
      const { committer } = scenario.people;
      const { token } = await scenario.server.must('createToken', scopes, committer);
      return (await upload({ content: JSON.stringify(scopes), token })).status;
    };
    expect(await scoped({ verbs: ['upload'], components: ['python'] })).toBe(201);
    expect(await scoped({ collections: ['rh-python34'] })).toBe(201);
    expect(await scoped({ verbs: ['push'] })).toBe(403);
    expect(await scoped({ components: ['ruby'] })).toBe(403);
    expect(await scoped({ sigs: ['webstack'] })).toBe(403);
  });
});

describe('a PUT is refused, never with a 2xx, and stores nothing:', () => {
  const md5 = createHash('md5').update('x').digest('hex');
  const sha1 = createHash('sha1').update('x').digest('hex');

  it.each<[string, PutOptions, number, string]>([
    ['who has not logged in', { token: null }, 401, 'authentication_required'],
    ['a token that does not hold', { token: 'sclt_nonsense' }, 401, 'credential_invalid'],
    ['content of another checksum', { hash: sha512('y') }, 400, 'checksum_mismatch'],
    ['md5', { type: 'md5', hash: md5 }, 406, 'checksum_weak'],
    ['sha1', { type: 'sha1', hash: sha1 }, 406, 'checksum_weak'],
    ['an unknown hash type', { type: 'crc32', hash: '12345678' }, 400, 'input_invalid'],
    ['a checksum that is too short', { hash: 'ab' }, 400, 'input_invalid'],
    ['an unknown component', { component: 'foo' }, 404, 'not_found'],
    ['a time that is none', { headers: { 'Last-Modified': 'x' } }, 400, 'input_invalid'],
  ])('%s', async (_, options, status, code) => {
    const response = await upload({ content: 'x', file: 'refused.tar', ...options });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, code, detail: expect.any(String) });
    expect(await isStored(scenario.server.data, 'refused.tar')).toBe(false);
    expect(await leftovers(scenario.server.data)).toEqual([]);
  });

  it('who is not approved, with the SIG to ask', async () => {
    const response = await upload({ content: 'x', token: scenario.people.stranger });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: 'not_allowed',
      rule: 'commit-approved',
      detail: 'SIG sclo has not approved sam for python.',
      remedy:
        'Ask for it: centpkg request access --sig sclo; or ask a chair to run: centpkg sig approve sclo sam',
    });
  });
});

describe('afterwards', () => {
  it('each upload and each refusal is in the audit log, and there was no fault', async () => {
    const audit = (await scenario.server.must('listAudit', { limit: 1000 })).items;
    const uploads = audit.filter(({ action }) => action === 'upload');
    expect(uploads.find(({ subject }) => subject === 'python/put.tar')).toMatchObject({
      actor: 'ann',
      credential: expect.stringMatching(/^token:[0-9a-f]{12}$/),
      address: '127.0.0.1',
      allowed: true,
      rule: 'commit-approved',
      detail: { sha512: sha512('put'), size: 3 },
    });
    expect(uploads.some(({ actor, allowed }) => actor === 'sam' && !allowed)).toBe(true);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
