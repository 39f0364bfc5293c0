import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from '../debian.ts';
import { run } from '../process.ts';

/** PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface HubCertificates {
  readonly authority: string;
  readonly hub: Pair;
  /** By the name in them; `stranger` is of another authority. */
  readonly clients: Readonly<Record<string, Pair>>;
}

/** An authority's certificates for a hub and for its clients, by the real openssl. */
export async function hubCertificates(
  folder: string,
  names: readonly string[],
): Promise<HubCertificates> {
  await installPackages({ openssl: 'openssl' });
  const openssl = async (...args: string[]): Promise<void> => {
    const done = await run('openssl', args, { cwd: folder });
    if (done.code !== 0) throw new Error(done.stderr);
  };
  const keys = ['-newkey', 'rsa:2048', '-nodes'];
  for (const name of ['ca', 'other'])
    await openssl(
      'req',
      '-x509',
      ...keys,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
  const issue = async (name: string, authority: string, extension: string): Promise<Pair> => {
    const file = `${authority}-${name}`;
    await writeFile(join(folder, `${file}.ext`), extension);
    await openssl(
      'req',
      ...keys,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      `${file}.csr`,
      '-CA',
      `${authority}.pem`,
      '-CAkey',
      `${authority}.key`,
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      `${file}.ext`,
      '-out',
      `${file}.pem`,
    );
    const [cert, key] = await Promise.all(
      ['pem', 'key'].map((end) => readFile(join(folder, `${file}.${end}`), 'utf8')),
    );
    return { cert: cert ?? '', key: key ?? '' };
  };
  const client = 'extendedKeyUsage = clientAuth\n';
  const clients: Record<string, Pair> = { stranger: await issue('distgit', 'other', client) };
  for (const name of names) clients[name] = await issue(name, 'ca', client);
  return {
    authority: await readFile(join(folder, 'ca.pem'), 'utf8'),
    hub: await issue(
      'hub',
      'ca',
      'subjectAltName = IP:127.0.0.1,DNS:localhost\nextendedKeyUsage = serverAuth\n',
    ),
    clients,
  };
}
