import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hubCertificates } from './koji-hub/certificates.ts';
import { KojiHub } from './koji-hub.ts';

export interface HubForServer extends AsyncDisposable {
  readonly hub: KojiHub;
  /** Of a `TestServer` that works with the hub, as user `distgit` of Koji. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * A stand-in for Koji's hub over HTTPS, and the settings by which a server logs in there. It has
 * the users `kojiadmin`, `distgit` (who may change tags and targets) and `sclo`.
 * @param folder for certificates; made
 */
export async function hubForServer(folder: string): Promise<HubForServer> {
  await mkdir(folder, { recursive: true });
  const certificates = await hubCertificates(folder, ['distgit']);
  const hub = await KojiHub.open(certificates);
  hub.state.addUser('kojiadmin', ['admin']);
  hub.state.addUser('distgit', ['tag', 'target']);
  hub.state.addUser('sclo');
  const { cert = '', key = '' } = certificates.clients.distgit ?? {};
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return {
    hub,
    settings: {
      DISTGIT_KOJI_URL: hub.url,
      DISTGIT_KOJI_CERTIFICATE_FILE: await write('server-at-hub.pem', cert),
      DISTGIT_KOJI_KEY_FILE: await write('server-at-hub.key', key),
      DISTGIT_KOJI_CA_FILE: await write('hub-ca.pem', certificates.authority),
      DISTGIT_KOJI_POLL: '1',
    },
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}
