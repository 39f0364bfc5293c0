import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers } from './answers.ts';
import { Daemon } from './daemon.ts';
import { installLibraries } from './debian.ts';
import { freePort } from './free-port.ts';
import { run } from './process.ts';

const SBIN = '/usr/sbin:/sbin';
const REALM = 'EXAMPLE.ORG';
/** Begins as the other does: realms must be compared whole. */
const OTHER_REALM = 'EXAMPLE.ORG.EVIL';
const SERVICE = 'HTTP/localhost';

/** A real key distribution center of MIT Kerberos, with two realms, on a free port. */
export class Kdc {
  readonly realm = REALM;
  readonly otherRealm = OTHER_REALM;
  readonly #folder: string;
  readonly #port: number;
  #daemon: Daemon | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /**
   * @param folder for all its files; made
   * @param clockSkew seconds that a service lets pass, of a ticket and of whoever shows it
   */
  static async start(folder: string, clockSkew = 2): Promise<Kdc> {
    await installLibraries(['krb5-kdc', 'krb5-admin-server', 'krb5-user']);
    await mkdir(folder, { recursive: true });
    const kdc = new Kdc(folder, await freePort());
    await kdc.#configure(clockSkew);
    for (const realm of [REALM, OTHER_REALM]) {
      await kdc.#must('kdb5_util', ['-r', realm, '-P', 'master', 'create', '-s']);
      await kdc.#must('kadmin.local', ['-r', realm, 'addprinc', '-randkey', `${SERVICE}@${realm}`]);
      await kdc.#must('kadmin.local', [
        '-r',
        realm,
        'ktadd',
        '-k',
        kdc.keytab,
        `${SERVICE}@${realm}`,
      ]);
    }
    // For the web server's group.
    await chmod(kdc.keytab, 0o640);
    await kdc.start();
    return kdc;
  }

  /** At the port that it had before, if it was ended. */
  async start(): Promise<void> {
    this.#daemon = await Daemon.start({
      program: 'krb5kdc',
      args: ['-n', '-r', REALM, '-r', OTHER_REALM],
      env: { PATH: `${SBIN}:${process.env.PATH}`, ...this.env },
      ready: () => answers(this.#port),
      log: () => this.log(),
    });
  }

  async end(): Promise<void> {
    await this.#daemon?.end();
  }

  /** The keys of the service in both realms, for the web server. */
  get keytab(): string {
    return join(this.#folder, 'http.keytab');
  }

  /** What every program of Kerberos reads. */
  get env(): Readonly<Record<string, string>> {
    return {
      KRB5_CONFIG: join(this.#folder, 'krb5.conf'),
      KRB5_KDC_PROFILE: join(this.#folder, 'kdc.conf'),
      KRB5RCACHENAME: 'none:',
    };
  }

  log(): Promise<string> {
    return readFile(join(this.#folder, 'kdc.log'), 'utf8').catch(() => '');
  }

  /**
   * Logs a new principal in, as `kinit` does.
   * @param name without realm: `ann`, `ann/admin`
   * @param life of the ticket, as kinit reads it: `1s`
   * @returns the environment that has the ticket
   */
  async ticket(name: string, { realm = REALM, life = '1h' } = {}) {
    const principal = `${name}@${realm}`;
    const query = ['-r', realm, 'addprinc', '-pw', 'secret', principal];
    const added = await this.#run('kadmin.local', query);
    if (added.code !== 0 && !added.stderr.includes('already exists')) throw new Error(added.stderr);
    const env = this.withoutTicket(`${principal.replaceAll('/', '-')}-${life}`);
    const { code, stderr } = await run('kinit', ['-l', life, principal], {
      env,
      input: 'secret\n',
    });
    if (code !== 0) throw new Error(`kinit ${principal}: ${stderr}${await this.log()}`);
    return env;
  }

  /** An environment for somebody who never logged in. */
  withoutTicket(name = 'nobody'): Readonly<Record<string, string>> {
    return { ...this.env, KRB5CCNAME: `FILE:${join(this.#folder, `${name}.ccache`)}` };
  }

  /**
   * A new principal that has its keys in a file, as a server has them.
   * @param name without realm: `distgit/git.example.org`
   */
  async account(name: string): Promise<{ principal: string; keytab: string }> {
    const principal = `${name}@${REALM}`;
    const keytab = join(this.#folder, `${name.replaceAll('/', '-')}.keytab`);
    await this.#must('kadmin.local', ['-r', REALM, 'addprinc', '-randkey', principal]);
    await this.#must('kadmin.local', ['-r', REALM, 'ktadd', '-k', keytab, principal]);
    return { principal, keytab };
  }

  /** Gives a principal other keys: no keytab and no ticket that are there hold any more. */
  async newKeys(principal: string): Promise<void> {
    await this.#must('kadmin.local', ['-r', REALM, 'cpw', '-randkey', principal]);
  }

  /** Gives the service other keys, and its keytab only those. */
  async newServiceKeys(): Promise<void> {
    const principal = `${SERVICE}@${REALM}`;
    const fresh = `${this.keytab}.new`;
    await this.#must('kadmin.local', ['-r', REALM, 'ktadd', '-k', fresh, principal]);
    await chmod(fresh, 0o640);
    await rename(fresh, this.keytab);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #run(program: string, args: readonly string[]) {
    return run(program, args, {
      cwd: this.#folder,
      env: { PATH: `${SBIN}:${process.env.PATH}`, ...this.env },
    });
  }

  async #must(program: string, args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.#run(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
  }

  async #configure(clockSkew: number): Promise<void> {
    const realms = [REALM, OTHER_REALM];
    const at = `127.0.0.1:${this.#port}`;
    await writeFile(
      join(this.#folder, 'krb5.conf'),
      `[libdefaults]
default_realm = ${REALM}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
clockskew = ${clockSkew}
[realms]
${realms.map((realm) => `${realm} = {\n kdc = ${at}\n}`).join('\n')}
[logging]
kdc = FILE:${this.#folder}/kdc.log
`,
    );
    await writeFile(
      join(this.#folder, 'kdc.conf'),
      `[kdcdefaults]
kdc_listen = ${at}
kdc_tcp_listen = ${at}
[realms]
${realms
  .map(
    (realm) => `${realm} = {
 database_name = ${this.#folder}/principal-${realm}
 key_stash_file = ${this.#folder}/stash-${realm}
 acl_file = ${this.#folder}/none
 supported_enctypes = aes256-cts-hmac-sha1-96:normal
}`,
  )
  .join('\n')}
`,
    );
  }
}
