import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { installPackages } from './debian.ts';
import { freePort } from './free-port.ts';

const SHIPPED = resolve(import.meta.dirname, '../../deploy/nginx.conf');

/** The real nginx with the configuration that is shipped, only its marked lines changed. */
export class Nginx {
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /**
   * @param folder for its own files; made
   * @param port decides the URL, before the server that stands behind is started
   */
  static async at(folder: string): Promise<Nginx> {
    await installPackages({ nginx: 'nginx-light' });
    await mkdir(folder, { recursive: true });
    return new Nginx(folder, await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** @param server the URL of the server behind it, whose look-aside folder is `lookaside` */
  async start(server: string, lookaside: string): Promise<this> {
    const changes: Readonly<Record<string, string>> = {
      'server 127.0.0.1:8080;': `server ${new URL(server).host};`,
      'listen 443 ssl;': `listen 127.0.0.1:${this.#port};`,
      'server_name git.example.org;': 'server_name 127.0.0.1;',
      'ssl_certificate /etc/ssl/certs/git.example.org.pem;': '',
      'ssl_certificate_key /etc/ssl/private/git.example.org.key;': '',
      'alias /var/lib/distgit/lookaside/;': `alias ${lookaside}/;`,
    };
    let site = await readFile(SHIPPED, 'utf8');
    for (const [shipped, changed] of Object.entries(changes)) {
      if (!site.includes(`${shipped} # CHANGE`)) throw new Error(`${SHIPPED} has no "${shipped}"`);
      site = site.replace(`${shipped} # CHANGE`, changed);
    }
    if (/# CHANGE$/m.test(site)) throw new Error(`${SHIPPED} marks a line that is not known here`);
    const config = join(this.#folder, 'nginx.conf');
    await writeFile(config, `${this.#main}\nhttp {\n${this.#paths}\n${site}\n}\n`);
    // Temporary folders are closed to others; nginx's account has to pass through.
    if (process.getuid?.() === 0) await chmod(dirname(this.#folder), 0o711);
    this.#process = spawn('nginx', ['-c', config, '-p', this.#folder], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let tries = 0; !(await answers(this.url)); tries++) {
      if (this.#process.exitCode !== null || tries > 100)
        throw new Error('nginx did not start; its words are above.');
      await wait(50);
    }
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
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

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
