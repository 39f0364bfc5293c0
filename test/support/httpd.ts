import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { answers } from './answers.ts';
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
  #process: ChildProcess | undefined;

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
    this.#process = spawn(PROGRAM, ['-f', config, '-DFOREGROUND'], {
      env: { PATH: process.env.PATH, LC_ALL: 'C', ...this.#env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let tries = 0; !(await answers(this.#port)); tries++) {
      if (this.#process.exitCode !== null || tries > 200)
        throw new Error(`Apache did not start: ${await this.log()}`);
      await wait(50);
    }
    return this;
  }

  /** What it wrote of its own troubles. */
  log(): Promise<string> {
    return readFile(join(this.#folder, 'error.log'), 'utf8').catch(() => '');
  }

  /** Reads its files anew, as `apachectl graceful` does. */
  reload(): void {
    this.#process?.kill('SIGUSR1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
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
