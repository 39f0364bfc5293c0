import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { answers } from './answers.ts';
import { Daemon } from './daemon.ts';
import { installPackages } from './debian.ts';
import { freePort } from './free-port.ts';
import { shippedWith } from './shipped.ts';

const SHIPPED = resolve(import.meta.dirname, '../../deploy/nginx.conf');

/** For TLS: files in PEM. */
export interface NginxTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string;
  readonly clientCrl: string;
}

/** The real nginx with the configuration that is shipped, only its marked lines changed. */
export class Nginx {
  readonly #folder: string;
  readonly #port: number;
  readonly #tls: NginxTls | null;
  #daemon: Daemon | undefined;

  private constructor(folder: string, port: number, tls: NginxTls | null) {
    this.#folder = folder;
    this.#port = port;
    this.#tls = tls;
  }

  /**
   * @param folder for its own files; made
   * @param tls null: without TLS, for tests that are about other things
   */
  static async at(folder: string, tls: NginxTls | null = null): Promise<Nginx> {
    await installPackages({ nginx: 'nginx-light' });
    await mkdir(folder, { recursive: true });
    return new Nginx(folder, await freePort(), tls);
  }

  get url(): string {
    return this.#tls === null
      ? `http://127.0.0.1:${this.#port}`
      : `https://localhost:${this.#port}`;
  }

  /** @param server the URL of the server behind it, whose look-aside folder is `lookaside` */
  async start(server: string, lookaside: string): Promise<this> {
    const tls = this.#tls;
    const file = (name: string, path: string | undefined): string =>
      path === undefined ? '' : `${name} ${path};`;
    let site = shippedWith(SHIPPED, await readFile(SHIPPED, 'utf8'), {
      'server 127.0.0.1:8080;': `server ${new URL(server).host};`,
      'listen 443 ssl;': `listen 127.0.0.1:${this.#port}${tls === null ? '' : ' ssl'};`,
      'server_name git.example.org;': `server_name ${new URL(this.url).hostname};`,
      'ssl_certificate /etc/ssl/certs/git.example.org.pem;': file(
        'ssl_certificate',
        tls?.certificate,
      ),
      'ssl_certificate_key /etc/ssl/private/git.example.org.key;': file(
        'ssl_certificate_key',
        tls?.key,
      ),
      'ssl_client_certificate /etc/distgit/client-ca.pem;': file(
        'ssl_client_certificate',
        tls?.clientCa,
      ),
      'ssl_crl /etc/distgit/client-crl.pem;': file('ssl_crl', tls?.clientCrl),
      'alias /var/lib/distgit/lookaside/;': `alias ${lookaside}/;`,
    });
    if (tls === null) site = site.replace('ssl_verify_client optional;', '');
    const config = join(this.#folder, 'nginx.conf');
    await writeFile(config, `${this.#main}\nhttp {\n${this.#paths}\n${site}\n}\n`);
    // Temporary folders are closed to others; nginx's account has to pass through.
    if (process.getuid?.() === 0) await chmod(dirname(this.#folder), 0o711);
    this.#daemon = await Daemon.start({
      program: 'nginx',
      args: ['-c', config, '-p', this.#folder],
      env: { PATH: process.env.PATH },
      ready: () => answers(this.#port),
    });
    return this;
  }

  /** Reads its files anew, as `nginx -s reload` does. */
  reload(): void {
    this.#daemon?.signal('SIGHUP');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.end();
  }

  get #main(): string {
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    return `daemon off; ${user} worker_processes 1; pid ${this.#folder}/pid;
error_log stderr error; events { worker_connections 256; }`;
  }

  get #paths(): string {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const lines = temporary.map((name) => `${name}_temp_path ${this.#folder}/${name};`);
    return `access_log off;\n${lines.join('\n')}`;
  }
}
