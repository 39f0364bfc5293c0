import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { answers } from './answers.ts';
import { Daemon } from './daemon.ts';
import { installLibraries, installPackages } from './debian.ts';
import { freePort } from './free-port.ts';

const SHIPPED = resolve(import.meta.dirname, '../../deploy/httpd.conf');
const PROGRAM = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
/** Apache gives up root; its group is the server's, as the shipped configuration wants it. */
const ACCOUNT = 'User www-data\nGroup root';
const LOADED =
  'mpm_event authn_core authz_core authz_user socache_shmcb ssl headers proxy proxy_http reqtimeout auth_gssapi';

export interface HttpdFiles {
  /** Of the server itself. */
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string;
  readonly clientCrl: string;
  readonly keytab: string;
  /** Where the server listens for the front. */
  readonly socket: string;
}

/** Debian's Apache with the configuration that is shipped, only its marked lines changed. */
export class Httpd {
  readonly #folder: string;
  readonly #port: number;
  readonly #env: Readonly<Record<string, string>>;
  #daemon: Daemon | undefined;

  private constructor(folder: string, port: number, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#port = port;
    this.#env = env;
  }

  /** @param folder for its own files; made @param env what Kerberos reads */
  static async at(folder: string, env: Readonly<Record<string, string>> = {}): Promise<Httpd> {
    await installPackages({ openssl: 'openssl' });
    await installLibraries(['apache2-bin', 'libapache2-mod-auth-gssapi']);
    await mkdir(folder, { recursive: true });
    return new Httpd(folder, await freePort(), env);
  }

  /** By name: Kerberos' service is `HTTP/localhost`. */
  get url(): string {
    return `https://localhost:${this.#port}`;
  }

  async start(files: HttpdFiles): Promise<this> {
    const site = withDefinitions(await readFile(SHIPPED, 'utf8'), {
      LISTEN: `127.0.0.1:${this.#port}`,
      NAME: 'localhost',
      CERTIFICATE: files.certificate,
      KEY: files.key,
      CLIENT_CA: files.clientCa,
      CLIENT_CRL: files.clientCrl,
      KEYTAB: files.keytab,
      SOCKET: files.socket,
    });
    const config = join(this.#folder, 'httpd.conf');
    await writeFile(config, `${this.#main}\n${site}`);
    // Temporary folders are closed to others; Apache's workers have to pass through.
    if (process.getuid?.() === 0) await chmod(dirname(this.#folder), 0o711);
    this.#daemon = await Daemon.start({
      program: PROGRAM,
      args: ['-f', config, '-DFOREGROUND'],
      env: { PATH: process.env.PATH, LC_ALL: 'C', ...this.#env },
      ready: () => answers(this.#port),
      log: () => this.log(),
    });
    return this;
  }

  /** What it wrote of its own troubles. */
  log(): Promise<string> {
    return readFile(join(this.#folder, 'error.log'), 'utf8').catch(() => '');
  }

  /** Reads its files anew, as `apachectl graceful` does. */
  reload(): void {
    this.#daemon?.signal('SIGUSR1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.end();
  }

  get #main(): string {
    const modules = LOADED.split(' ').map(
      (name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`,
    );
    return `ServerRoot ${this.#folder}
ServerName localhost
PidFile ${this.#folder}/apache.pid
ErrorLog ${this.#folder}/error.log
LogLevel warn
${modules.join('\n')}
Mutex file:${this.#folder} default
${process.getuid?.() === 0 ? ACCOUNT : ''}
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 50
`;
  }
}

/** The shipped configuration, with the places that it marks moved here, and nothing else. */
function withDefinitions(text: string, places: Readonly<Record<string, string>>): string {
  const names = [...text.matchAll(/^Define DISTGIT_(\w+) .+$/gm)].map(([, name = '']) => name);
  if (names.toSorted().join() !== Object.keys(places).toSorted().join())
    throw new Error(`${SHIPPED} defines ${names.join(', ')}`);
  return text.replace(
    /^(Define DISTGIT_(\w+)) .+$/gm,
    (_, start: string, name: string) => `${start} ${places[name]}`,
  );
}
