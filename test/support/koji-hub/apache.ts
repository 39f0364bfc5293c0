import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { answers } from '../answers.ts';
import { Daemon } from '../daemon.ts';
import { installLibraries } from '../debian.ts';
import { freePort } from '../free-port.ts';
import type { Kdc } from '../kdc.ts';
import type { HubCertificates } from './certificates.ts';

const MODULES = 'mpm_event authn_core authz_core socache_shmcb ssl headers proxy proxy_http';
const BY_CERTIFICATE = `SSLVerifyClient require
  SSLOptions +StdEnvVars
  RequestHeader set X-Test-CN "%{SSL_CLIENT_S_DN_CN}s"`;

/**
 * Debian's Apache before a hub that speaks plain HTTP, with the certificate or the ticket asked for
 * as Koji's `kojihub.conf` does it: at `/kojihub/ssllogin` alone.
 * @param folder for its own files; made
 * @param kdc asks for tickets of its service; the URL is by that name
 */
export async function apacheBefore(
  hub: string,
  folder: string,
  certificates: HubCertificates,
  kdc?: Pick<Kdc, 'keytab' | 'env'>,
): Promise<{ url: string } & AsyncDisposable> {
  await installLibraries(['apache2-bin', 'libapache2-mod-auth-gssapi']);
  await mkdir(folder, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  // Apache gives up root, and its workers have to pass through.
  if (isRoot) await chmod(dirname(folder), 0o711);
  const files = {
    'hub.pem': certificates.hub.cert,
    'hub.key': certificates.hub.key,
    'ca.pem': certificates.authority,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const port = await freePort();
  const config = join(folder, 'httpd.conf');
  const byTicket = `AuthType GSSAPI
  AuthName Koji
  GssapiCredStore keytab:${kdc?.keytab}
  Require valid-user
  RequestHeader set X-Test-Principal "expr=%{REMOTE_USER}"`;
  const names = kdc === undefined ? MODULES : `${MODULES} authz_user auth_gssapi`;
  const modules = names
    .split(' ')
    .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
  await writeFile(
    config,
    `ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
Mutex file:${folder} default
${isRoot ? `User www-data\nGroup ${kdc === undefined ? 'www-data' : 'root'}` : ''}
${modules.join('\n')}
Listen 127.0.0.1:${port}
SSLEngine on
SSLCertificateFile hub.pem
SSLCertificateKeyFile hub.key
SSLCACertificateFile ca.pem
SSLVerifyDepth 10
RequestHeader unset X-Test-CN
RequestHeader unset X-Test-Principal
<Location /kojihub/ssllogin>
  ${kdc === undefined ? BY_CERTIFICATE : byTicket}
</Location>
ProxyPass /kojihub ${hub}
`,
  );
  const daemon = await Daemon.start({
    program: '/usr/sbin/apache2',
    args: ['-f', config, '-DFOREGROUND'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...kdc?.env },
    ready: () => answers(port),
    log: () => readFile(join(folder, 'error.log'), 'utf8').catch(() => ''),
  });
  const host = kdc === undefined ? '127.0.0.1' : 'localhost';
  return { url: `https://${host}:${port}/kojihub`, [Symbol.asyncDispose]: () => daemon.end() };
}
