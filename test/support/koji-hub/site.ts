import { type Hub, openHub } from '../../../server/koji/hub.ts';
import type { HubOptions } from '../../../server/koji/hub-line.ts';
import { keywords } from '../../../server/koji/xmlrpc-encode.ts';
import { KojiHub } from '../koji-hub.ts';
import type { HubCertificates } from './certificates.ts';
import type { HubAccounts } from './real-hub.ts';

/** The accounts of a new stand-in, by their certificates. */
export async function standIn(
  certificates: HubCertificates,
): Promise<HubAccounts & { readonly hub: KojiHub } & AsyncDisposable> {
  const hub = await KojiHub.open(certificates);
  hub.state.addUser('kojiadmin', ['admin']);
  hub.state.addUser('distgit', ['tag', 'target']);
  const [admin, server] = ['kojiadmin', 'distgit'].map((name) =>
    loginAt(hub, certificates, name),
  ) as [Hub, Hub];
  return {
    hub,
    admin,
    server,
    async [Symbol.asyncDispose]() {
      hub.deliver();
      await Promise.all([admin.close(), server.close()]);
      await hub[Symbol.asyncDispose]();
    },
  };
}

/** The line of an account, by its certificate. @param other in place of what is usual in tests */
export function loginAt(
  hub: KojiHub,
  { clients, authority }: HubCertificates,
  name: string,
  other: Partial<HubOptions> = {},
): Hub {
  const { cert: certificate = '', key = '' } = clients[name] ?? {};
  const patience = { timeoutMs: 60_000, attempts: 4, pauseMs: 1 };
  return openHub({ url: hub.url, certificate, key, authority, ...patience, ...other });
}

/** What an admin has to make once before SIG `sclo` can be set up on EL 7; done where it is not. */
export async function prepareForSclo(admin: Hub): Promise<void> {
  await admin.writeAll([
    { method: 'createTag', params: ['buildsys7', keywords({ arches: 'x86_64' })] },
    { method: 'createUser', params: ['sclo'] },
    { method: 'grantPermission', params: ['sclo', 'build-sclo', true] },
    { method: 'grantPermission', params: ['distgit', 'build-sclo'] },
    ...['os', 'updates', 'extras'].map((part) => ({
      method: 'createExternalRepo',
      params: [`centos7-${part}`, `https://vault.centos.org/7.9.2009/${part}/$arch/`],
    })),
  ]);
}
