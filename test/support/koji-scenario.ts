import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import type { XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import { hubCertificates } from './koji-hub/certificates.ts';
import { Builder } from './koji-hub/play.ts';
import { KojiHub } from './koji-hub.ts';

export interface HubForServer extends AsyncDisposable {
  readonly hub: KojiHub;
  readonly builder: Builder;
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
    builder: new Builder(hub.state),
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

/**
 * What a collection of SIG `sclo` has in Koji on one EL release: its tags, its target, and packages
 * listed in them. @param prefix `sclo7-python33-rh`
 */
export function setUpInKoji(
  { state }: KojiHub,
  prefix: string,
  release: string,
  packages: readonly string[],
): void {
  const build = `${prefix}-el${release}-build`;
  const as = (method: string, ...params: XmlRpcValue[]): XmlRpcValue =>
    state.as('distgit', method, ...params);
  for (const level of ['candidate', 'testing', 'release']) as('createTag', `${prefix}-${level}`);
  const extra = { 'rpm.macro.dist': `.el${release}` };
  const options = { parent: `${prefix}-candidate`, arches: 'x86_64 ppc64le', extra };
  as('createTag', build, keywords(options));
  as('createBuildTarget', `${prefix}-el${release}`, build, `${prefix}-candidate`);
  for (const name of packages) listInKoji({ state }, prefix, name);
}

export function listInKoji({ state }: Pick<KojiHub, 'state'>, prefix: string, name: string): void {
  for (const level of ['candidate', 'testing', 'release'])
    state.as('distgit', 'packageListAdd', `${prefix}-${level}`, name, 'sclo');
}
