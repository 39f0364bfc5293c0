import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { leftovers } from '../support/data-folder.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512 } from '../support/sclo.ts';
import { metadata, pairsOf, TusClient } from '../support/tus.ts';

const MiB = 1024 * 1024;
const scenario = scloScenario({ DISTGIT_LOOKASIDE_MAX_UPLOAD_SIZE: '4 MiB' });
const ann = (): TusClient => new TusClient(scenario.server, scenario.people.committer);
const stored = async (file: string, content: Buffer | string): Promise<Buffer | null> => {
  const path = `/lookaside/python/${encodeURIComponent(file)}/sha512/${sha512(content)}`;
  const answer = await fetch(`${scenario.server.url}${path}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  return answer.status === 200 ? bytes : null;
};

describe('a resumable upload', () => {
  it('is created, takes pieces, tells its offset, and is stored with the last piece', async () => {
    const content = randomBytes(3 * MiB + 17);
    const tus = ann();
    const pairs = { ...pairsOf('pieces.tar', content), mtime: '1399999999.5' };
    const created = await tus.create(content.length, pairs);
    expect(created.status).toBe(201);
    expect(created.offset).toBe(0);
    expect(created.headers.get('tus-resumable')).toBe('1.0.0');
    expect(Date.parse(created.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now());
    const path = created.headers.get('location') ?? '';
    expect(path).toMatch(/^\/uploads\/[0-9a-f]{32}$/);

    for (let at = 0; at < content.length; at += MiB) {
      const told = await tus.head(path);
      expect(told).toMatchObject({ status: 200, offset: at });
      expect(told.headers.get('upload-length')).toBe(String(content.length));
      expect(told.headers.get('upload-metadata')).toBe(metadata(pairs));
      expect(told.headers.get('cache-control')).toBe('no-store');
      expect(await stored('pieces.tar', content)).toBeNull();
      const piece = content.subarray(at, at + MiB);
      expect(await tus.patch(path, at, piece)).toMatchObject({
        status: 204,
        offset: at + piece.length,
      });
    }
    expect(await tus.head(path)).toMatchObject({ status: 200, offset: content.length });
    expect(await stored('pieces.tar', content)).toEqual(content);
    const { items } = await scenario.server.must('listSources', {
      component: 'python',
      file: 'pieces.tar',
    });
    expect(items).toMatchObject([
      { mtime: '2014-05-13T16:53:19.500Z', uploadedBy: 'ann', size: content.length },
    ]);
  });

  it('of an empty file is stored at once', async () => {
    const created = await ann().create(0, pairsOf('empty.tar', ''));
    expect(created).toMatchObject({ status: 201, offset: 0 });
    expect(await stored('empty.tar', '')).toHaveLength(0);
    expect(await ann().create(0, pairsOf('empty.tar', 'x'))).toMatchObject({ status: 400 });
  });

  it('of a file that is there stores nothing new, and is whole', async () => {
    await put(scenario.server, scenario.people.committer, 'python', 'there.tar', 'there');
    const path = await ann().begin('there.tar', 'there');
    expect(await ann().patch(path, 0, 'there')).toMatchObject({ status: 204, offset: 5 });
  });

  it('that was stored is not stored again by a repeated piece', async () => {
    const path = await ann().begin('repeat.tar', 'repeat');
    expect(await ann().patch(path, 0, 'repeat')).toMatchObject({ status: 204 });
    expect(await ann().patch(path, 0, 'repeat')).toMatchObject({ status: 409 });
    expect(await ann().patch(path, 6, '')).toMatchObject({ status: 204, offset: 6 });
    expect(await ann().patch(path, 6, 'x')).toMatchObject({ status: 400 });
  });

  it('takes the name with the namespace, and keys that it does not know', async () => {
    const pairs = { ...pairsOf('named.tar', 'n'), component: 'scls/python', filetype: 'x/y' };
    const { headers } = await ann().create(1, pairs);
    expect(await ann().patch(headers.get('location') ?? '', 0, 'n')).toMatchObject({ status: 204 });
    expect(await stored('named.tar', 'n')).not.toBeNull();
  });

  it('can be given up, and leaves nothing then', async () => {
    const path = await ann().begin('given-up.tar', 'given up');
    await ann().patch(path, 0, 'given');
    expect(await ann().send('DELETE', path)).toMatchObject({ status: 204 });
    for (const method of ['HEAD', 'DELETE'])
      expect(await ann().send(method, path)).toMatchObject({ status: 404 });
    expect(await ann().patch(path, 5, ' up')).toMatchObject({ status: 404 });
    const left = await leftovers(scenario.server.data);
    expect(left.filter((one) => one.includes(path.slice('/uploads/'.length)))).toEqual([]);
  });

  it('tells what it can to whoever asks', async () => {
    const nobody = new TusClient(scenario.server, null);
    const { status, headers } = await nobody.send('OPTIONS', '/uploads', {
      'Tus-Resumable': undefined,
    });
    expect(status).toBe(204);
    expect(headers.get('tus-version')).toBe('1.0.0');
    expect(headers.get('tus-extension')).toBe('creation,expiration,termination');
    expect(headers.get('tus-max-size')).toBe(String(4 * MiB));
  });

  it('takes PATCH and DELETE in the words of X-HTTP-Method-Override', async () => {
    const path = await ann().begin('override.tar', 'over');
    const as = (method: string) => ({ 'X-HTTP-Method-Override': method });
    const type = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': 0 };
    const patched = await ann().send('POST', path, { ...as('PATCH'), ...type }, 'ov');
    expect(patched).toMatchObject({ status: 204, offset: 2 });
    expect(await ann().send('POST', path, as('DELETE'))).toMatchObject({ status: 204 });
    expect(await ann().send('POST', path, as('constructor'))).toMatchObject({ status: 405 });
  });
});

describe('an upload whose content is another one', () => {
  it('is told so with the last piece, and nothing of it is kept', async () => {
    const path = await ann().begin('wrong.tar', 'right');
    expect(await ann().patch(path, 0, 'wro')).toMatchObject({ status: 204 });
    const { status, text } = await ann().patch(path, 3, 'ng');
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ code: 'checksum_mismatch' });
    expect(await ann().head(path)).toMatchObject({ status: 404 });
    expect(await stored('wrong.tar', 'right')).toBeNull();
    const left = await leftovers(scenario.server.data);
    expect(left.filter((one) => one.includes(path.slice('/uploads/'.length)))).toEqual([]);
  });
});

describe('of two pieces for one offset', () => {
  it('one is taken; the other is told 409 or 423, and the content is right', async () => {
    for (let round = 0; round < 10; round++) {
      const content = randomBytes(2 * MiB);
      const path = await ann().begin(`race-${round}.tar`, content);
      const piece = content.subarray(0, MiB);
      const both = await Promise.all([ann().patch(path, 0, piece), ann().patch(path, 0, piece)]);
      const statuses = both.map(({ status }) => status).sort((a, b) => a - b);
      expect(statuses[0]).toBe(204);
      expect([409, 423]).toContain(statuses[1]);
      expect(await ann().head(path)).toMatchObject({ offset: MiB });
      expect(await ann().patch(path, MiB, content.subarray(MiB))).toMatchObject({ status: 204 });
      expect(await stored(`race-${round}.tar`, content)).toEqual(content);
    }
  });
});

describe('an upload belongs to who began it:', () => {
  it('others are told that there is none, and change nothing', async () => {
    const path = await ann().begin('mine.tar', 'mine');
    await ann().patch(path, 0, 'mi');
    const others = [
      [scenario.people.stranger, 404],
      [scenario.people.chair, 404],
      [scenario.server.adminToken, 404],
      [null, 401],
      ['sclt_nonsense', 401],
    ] as const;
    for (const [token, status] of others) {
      const other = new TusClient(scenario.server, token);
      expect(await other.head(path)).toMatchObject({ status });
      expect(await other.patch(path, 2, 'xx')).toMatchObject({ status });
      expect(await other.send('DELETE', path)).toMatchObject({ status });
    }
    expect(await ann().head(path)).toMatchObject({ status: 200, offset: 2 });
    expect(await ann().patch(path, 2, 'ne')).toMatchObject({ status: 204 });
  });
});

describe('who may not upload', () => {
  it('is refused before the first byte, with the SIG to ask, and creates nothing', async () => {
    const before = await leftovers(scenario.server.data);
    const sam = new TusClient(scenario.server, scenario.people.stranger);
    const { status, text } = await sam.create(1, pairsOf('sam.tar', 'x'));
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject({ code: 'not_allowed', rule: 'commit-approved' });
    const nobody = new TusClient(scenario.server, null);
    expect(await nobody.create(1, pairsOf('n.tar', 'x'))).toMatchObject({ status: 401 });
    expect(await leftovers(scenario.server.data)).toEqual(before);
  });

  it('any more, is refused at the next piece; what came is kept', async () => {
    const { server, people } = scenario;
    const { token } = await server.must('createToken', { verbs: ['upload'] }, people.committer);
    const path = await new TusClient(server, token).begin('scoped.tar', 'scoped');
    const { token: pushOnly } = await server.must(
      'createToken',
      { verbs: ['push'] },
      people.committer,
    );
    expect(await new TusClient(server, pushOnly).patch(path, 0, 'sc')).toMatchObject({
      status: 403,
    });
    expect(await new TusClient(server, token).patch(path, 0, 'scoped')).toMatchObject({
      status: 204,
    });
  });

  it('when all bytes are there, stores nothing; with the permission back the rest does', async () => {
    const { server, people } = scenario;
    const content = randomBytes(MiB);
    const path = await ann().begin('lost.tar', content);
    // The last piece is under way while the permission goes.
    const piece = new ReadableStream({
      async start(controller) {
        controller.enqueue(content.subarray(0, 1000));
        while ((await ann().head(path)).status !== 423)
          await new Promise((resolve) => setTimeout(resolve, 10));
        await server.must('revokeApproval', { sig: 'sclo', user: 'ann' }, people.chair);
        controller.enqueue(content.subarray(1000));
        controller.close();
      },
    });
    const refused = await fetch(`${server.url}${path}`, {
      method: 'PATCH',
      duplex: 'half',
      headers: {
        'Tus-Resumable': '1.0.0',
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': '0',
        Authorization: `Bearer ${people.committer}`,
      },
      body: piece,
    });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ rule: 'commit-approved' });
    expect(await stored('lost.tar', content)).toBeNull();
    // One byte less than all: nobody may take it for stored.
    expect(await ann().head(path)).toMatchObject({ status: 200, offset: content.length - 1 });
    await server.must('approveUser', { sig: 'sclo', user: 'ann' }, people.chair);
    const last = content.subarray(content.length - 1);
    expect(await ann().patch(path, content.length - 1, last)).toMatchObject({
      status: 204,
      offset: content.length,
    });
    expect(await stored('lost.tar', content)).toEqual(content);
  });
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
