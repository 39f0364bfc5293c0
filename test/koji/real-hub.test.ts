import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hub, openHub } from '../../server/koji/hub.ts';
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
});
