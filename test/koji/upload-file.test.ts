import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { Hub } from '../../server/koji/hub.ts';
import { UPLOAD_PIECE, uploadFile } from '../../server/koji/upload-file.ts';
import { type HubCertificates, hubCertificates } from '../support/koji-hub/certificates.ts';
import { loginAt } from '../support/koji-hub/site.ts';
import { type HubFailure, KojiHub } from '../support/koji-hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAME = 'p+q-1.0~rc1-1.el7.src.rpm';
let certificates: HubCertificates;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: KojiHub;
let hub: Hub;

beforeAll(async () => {
  folder = await temporaryFolder();
  certificates = await hubCertificates(folder.path, ['distgit', 'joe']);
});
afterAll(() => folder[Symbol.asyncDispose]());

beforeEach(async () => {
  server = await KojiHub.open(certificates);
  server.state.addUser('distgit', ['tag', 'target']);
  server.state.addUser('joe');
  hub = connect('distgit');
  return async () => {
    server.deliver();
    await hub.close();
    await server[Symbol.asyncDispose]();
  };
});

const connect = (name: string): Hub => loginAt(server, certificates, name);

const CONTENT = randomBytes(2 * UPLOAD_PIECE + 1000);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** In one buffer that is filled anew for each piece, as the server does it. */
async function* pieces(content = CONTENT): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(UPLOAD_PIECE);
  for (let at = 0; at < content.length; at += UPLOAD_PIECE) {
    await Promise.resolve();
    const bytes = content.copy(buffer, 0, at, at + UPLOAD_PIECE);
    yield buffer.subarray(0, bytes);
  }
}
const files = () =>
  [...server.state.store.files].map(([path, bytes]) => [path, bytes.length, sha256(bytes)]);
const queries = () =>
  server.seen
    .filter(({ method }) => method === 'rawUpload')
    .map(({ path }) => new URL(path, 'http://hub').searchParams);

describe('a file for the hub', () => {
  it('goes there in pieces, below a folder of its own', async () => {
    const path = await uploadFile(hub, NAME, pieces());
    expect(path).toMatch(/^cli-build\/\d+\.[0-9a-f]{24}\/p\+q-1\.0~rc1-1\.el7\.src\.rpm$/);
    expect(files()).toEqual([[path, CONTENT.length, sha256(CONTENT)]]);
    expect(queries().map((query) => Object.fromEntries(query))).toEqual(
      [0, UPLOAD_PIECE, 2 * UPLOAD_PIECE].map((offset) => ({
        filename: NAME,
        filepath: path.slice(0, path.lastIndexOf('/')),
        fileverify: 'sha256',
        offset: String(offset),
      })),
    );
    const upload = server.seen.find(({ method }) => method === 'rawUpload');
    expect(upload?.headers).toMatchObject({ 'content-type': 'application/octet-stream' });
    expect(upload?.headers).toHaveProperty('koji-session-key');
    expect(upload?.path).not.toContain('session');
  });

  it('may have nothing in it', async () => {
    const path = await uploadFile(hub, NAME, pieces(Buffer.alloc(0)));
    expect(files()).toEqual([[path, 0, sha256(Buffer.alloc(0))]]);
  });

  it.each<HubFailure>([
    'offline',
    'bad-gateway',
    'bad-gateway-after',
    'lost-request',
    'lost-answer',
    'restart',
    'half-answer',
    'late',
    'expired',
  ])('is there whole, whatever becomes of a piece: %s', async (failure) => {
    // The first piece that fails makes the file, the second goes on with it.
    for (let at = 0; at < 2; at++) {
      server.state.store.files.clear();
      let piece = 0;
      async function* failing(): AsyncGenerator<Buffer> {
        for await (const one of pieces()) {
          if (piece++ === at) server.fail(/^rawUpload$/, failure);
          yield one;
        }
      }
      const path = await uploadFile(hub, NAME, failing());
      // What was kept on its way comes now, and changes nothing.
      server.deliver();
      expect(server.planned).toBe(0);
      const own = server.state.store.files.get(path) ?? new Uint8Array(0);
      expect(sha256(own)).toBe(sha256(CONTENT));
    }
  });

  it('is emptied where it breaks off, and what broke it is thrown', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      let piece = 0;
      for await (const one of pieces())
        if (piece++ < 2) yield one;
        else throw new DistGitError('checksum_mismatch', 'It is another.');
    }
    await expect(uploadFile(hub, NAME, broken())).rejects.toThrow('It is another.');
    expect(files()).toMatchObject([[expect.any(String), 0, sha256(Buffer.alloc(0))]]);
  });

  it('is not begun where nothing comes, and not taken for there where the hub is away', async () => {
    async function* none(): AsyncGenerator<Buffer> {
      await Promise.reject(new DistGitError('client_gone', 'Gone.'));
      yield Buffer.alloc(0);
    }
    await expect(uploadFile(hub, NAME, none())).rejects.toThrow('Gone.');
    expect(queries()).toEqual([]);
    server.fail(/^rawUpload$/, 'offline', 'offline', 'offline', 'offline');
    await expect(uploadFile(hub, NAME, pieces())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that another account is at is refused in the words of Koji', async () => {
    const other = connect('joe');
    const piece = Buffer.from('x');
    const upload = { folder: 'cli-build/1.a', name: NAME, offset: 0, overwrite: false, piece };
    await other.upload(upload);
    await expect(hub.upload(upload)).rejects.toThrow('Invalid upload directory, not owner');
    await other.close();
  });

  it('is taken for there only when the hub has all of it', async () => {
    const upload = uploadFile(hub, NAME, shortened());
    async function* shortened(): AsyncGenerator<Buffer> {
      yield* pieces();
      for (const [path, bytes] of server.state.store.files)
        server.state.store.files.set(path, bytes.subarray(1));
    }
    await expect(upload).rejects.toThrow('The file did not get to Koji whole.');
  });
});
