import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './debian.ts';
import { run } from './process.ts';

/** A certificate with its key, in files. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  /** Both in one file, as `~/.centos.cert`. */
  readonly both: string;
}

export interface Wanted {
  /** As openssl writes it: `/CN=ann`. */
  readonly subject: string;
  /** As openssl writes it: `email:ann@example.org`. */
  readonly names?: string;
  /** For servers; the default is for clients. */
  readonly server?: boolean;
  /** The last second, `20200101000000Z`; the default is in a year. */
  readonly end?: string;
  /** The first second. */
  readonly start?: string;
}

/** openssl's own settings of an authority; the rest is said on its command line. */
const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
policy = anything
unique_subject = no
email_in_dn = no
[anything]
commonName = optional
organizationName = optional
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

const CA = 'ca -config ca.conf -cert ca.pem -keyfile ca.key';

/** A certificate authority of its own, by the real openssl, in a folder. */
export class Authority {
  readonly #folder: string;
  #issued = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder is made */
  static async at(folder: string, name = 'Test CA'): Promise<Authority> {
    await installPackages({ openssl: 'openssl' });
    await mkdir(folder, { recursive: true });
    const authority = new Authority(folder);
    for (const [file, text] of Object.entries({
      'ca.conf': CONFIG,
      'index.txt': '',
      serial: '1001\n',
      crlnumber: '01\n',
    }))
      await writeFile(join(folder, file), text);
    await authority.#openssl(
      'req -x509 -config ca.conf -extensions authority -nodes -newkey rsa:2048 -days 30',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      `/CN=${name}`,
    );
    await authority.publish();
    return authority;
  }

  get certificate(): string {
    return join(this.#folder, 'ca.pem');
  }

  /** The list of what is revoked, as `publish` wrote it last. */
  get list(): string {
    return join(this.#folder, 'crl.pem');
  }

  async issue({ subject, names, server = false, end, start }: Wanted): Promise<Issued> {
    const name = `issued-${++this.#issued}`;
    const [certificate, key, both] = ['pem', 'key', 'both'].map((end) => `${name}.${end}`) as [
      string,
      string,
      string,
    ];
    await this.#openssl(
      'req -new -config ca.conf -nodes -newkey rsa:2048',
      '-keyout',
      key,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
    );
    const extensions = [
      'basicConstraints = CA:FALSE',
      `extendedKeyUsage = ${server ? 'serverAuth' : 'clientAuth'}`,
      ...(names === undefined ? [] : [`subjectAltName = ${names}`]),
    ];
    await writeFile(join(this.#folder, `${name}.ext`), `${extensions.join('\n')}\n`);
    await this.#openssl(
      `${CA} -batch -notext`,
      '-in',
      `${name}.csr`,
      '-out',
      certificate,
      '-extfile',
      `${name}.ext`,
      ...(start === undefined ? [] : ['-startdate', start]),
      ...(end === undefined ? ['-days', '20'] : ['-enddate', end]),
    );
    const { stdout } = await run('cat', [certificate, key], { cwd: this.#folder });
    await writeFile(join(this.#folder, both), stdout, { mode: 0o600 });
    return {
      certificate: join(this.#folder, certificate),
      key: join(this.#folder, key),
      both: join(this.#folder, both),
    };
  }

  /** Notes it as revoked; `publish` tells the world. */
  async revoke({ certificate }: Issued): Promise<void> {
    await this.#openssl(CA, '-revoke', certificate);
  }

  /** Writes the list anew. @param seconds until it is out of date */
  async publish(seconds = 86_400): Promise<void> {
    await this.#openssl(`${CA} -gencrl -crlsec ${seconds} -out crl.new`);
    // In one step, as whoever fetches lists has to do it.
    await run('mv', ['crl.new', 'crl.pem'], { cwd: this.#folder });
    await chmod(this.list, 0o644);
  }

  /** @param words with blanks in between @param more with blanks of their own */
  async #openssl(words: string, ...more: string[]): Promise<void> {
    const args = [...words.split(' '), ...more];
    const { code, stderr } = await run('openssl', args, { cwd: this.#folder });
    if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  }
}
