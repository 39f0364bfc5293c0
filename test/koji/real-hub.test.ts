import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hub, openHub } from '../../server/koji/hub.ts';
import { UPLOAD_PIECE, uploadFile } from '../../server/koji/upload-file.ts';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { hubCertificates } from '../support/koji-hub/certificates.ts';
import { conversation, Names } from '../support/koji-hub/conversation.ts';
import { type HubAccounts, realHub } from '../support/koji-hub/real-hub.ts';
import { talk } from '../support/koji-hub/talk.ts';
import { KojiHub } from '../support/koji-hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * The hub for tests is held to a real one here: both hear the same, and must answer the same. Left
 * out by `vitest.config.ts` where the environment names none.
 */
describe('the hub to test against, beside a real one', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let real: HubAccounts;
  let standIn: KojiHub;
  let ours: Hub;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const certificates = await hubCertificates(folder.path, ['distgit']);
    standIn = await KojiHub.open(certificates);
    standIn.state.addUser('kojiadmin', ['admin']);
    standIn.state.addUser('distgit', ['tag', 'target']);
    const { cert: certificate, key } = certificates.clients.distgit ?? expect.unreachable();
    const { authority } = certificates;
    const patience = { timeoutMs: 60_000, attempts: 2, pauseMs: 500 };
    ours = openHub({ url: standIn.url, certificate, key, authority, ...patience });
    real = realHub();
  }, 300_000);
  afterAll(async () => {
    await Promise.all([ours, real.admin, real.server].map((hub) => hub.close()));
    await standIn[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('answers every call of a provisioner as that does', { timeout: 3_600_000 }, async () => {
    const numRuns = 20;
    await fc.assert(
      fc.asyncProperty(conversation, async (said) => {
        const names = new Names(`t${randomBytes(6).toString('hex')}`);
        for (let repo = 0; repo < 2; repo++) {
          const url = `http://example.org/${repo}/`;
          await real.admin.write('createExternalRepo', names.repo(repo), url);
          standIn.state.addExternalRepo(names.repo(repo), url);
        }
        const [is, was] = [await talk(ours, names, said), await talk(real.server, names, said)];
        expect(is).toEqual(was);
      }),
      { numRuns },
    );
  });

  it('takes a file, and refuses it, as that does', { timeout: 3_600_000 }, async () => {
    const content = randomBytes(UPLOAD_PIECE + 1000);
    async function* pieces(): AsyncGenerator<Buffer> {
      await Promise.resolve();
      yield content.subarray(0, UPLOAD_PIECE);
      yield content.subarray(UPLOAD_PIECE);
    }
    const heardOf = async (hub: Hub): Promise<unknown[]> => {
      const heard: unknown[] = [];
      const name = 'p+q-1.0~rc1-1.el7.src.rpm';
      const path = await uploadFile(hub, name, pieces());
      const folder = path.slice(0, path.lastIndexOf('/'));
      const hear = async (answer: Promise<unknown>): Promise<void> => {
        const said = await answer.catch((error: Error) =>
          error.message.replace(/\/\S*\/work\/\S+\/|cli-build\/[\w.]+/g, '…/'),
        );
        heard.push(typeof said === 'object' ? { ...said, mtime: 0 } : said);
      };
      const send = (offset: number, overwrite: boolean, piece: Buffer, file = name) =>
        hear(hub.upload({ folder, name: file, offset, overwrite, piece }));
      const check = (file = name) =>
        hear(hub.read('checkUpload', folder, file, keywords({ verify: 'sha256' })));
      await check();
      await send(0, false, content.subarray(0, 10));
      await send(UPLOAD_PIECE, false, content.subarray(UPLOAD_PIECE));
      await send(UPLOAD_PIECE, false, content.subarray(UPLOAD_PIECE, UPLOAD_PIECE + 1));
      await send(0, true, Buffer.alloc(0));
      await check();
      await send(0, false, Buffer.alloc(1), '.user');
      await check('nothing');
      return heard;
    };
    expect(await heardOf(ours)).toEqual(await heardOf(real.server));
  });
});
