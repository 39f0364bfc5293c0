import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { API_ROOT, type Operation, ROUTES } from '../../core/api/routes.ts';
import type { ApiInput, ApiOutput } from '../../core/api/schemas.ts';

/** See `vitest.config.ts`. */
const DATABASE_OPTIONS = process.execArgv.filter((option) => option === '--liftoff-only');
const MAIN = resolve(import.meta.dirname, '../../server/main.ts');
const { scripts } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
) as { scripts: { start: string } };
/** Node's own, as `npm start` has them. */
const START_OPTIONS = scripts.start.split(' ').slice(1, -1);

export interface ApiAnswer<O extends Operation> {
  readonly status: number;
  readonly body: ApiOutput<O>;
}

/** A real server in a process of its own, on a free port, with its data in `data`. */
export class TestServer {
  readonly data: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly #main: string;
  #process: ChildProcess | undefined;
  #url = '';
  #token = '';
  /** All that the server wrote to standard error: its log. */
  log = '';

  /** @param main the server's program, for tests that run a copy of it */
  constructor(data: string, settings: Readonly<Record<string, string>> = {}, main = MAIN) {
    this.data = data;
    this.settings = settings;
    this.#main = main;
  }

  /** Starts it (again). A given port in `settings` keeps the URL between starts. */
  async start(): Promise<this> {
    await this.#beginWithDatabase();
    const child = spawn(process.execPath, [...START_OPTIONS, ...DATABASE_OPTIONS, this.#main], {
      env: {
        PATH: process.env.PATH,
        DISTGIT_SERVER_DATA: this.data,
        DISTGIT_SERVER_PORT: this.#url === '' ? '0' : new URL(this.#url).port,
        DISTGIT_LOG_LEVEL: 'warn',
        // The same code again and again: compiled once. Unset outside of the tests.
        NODE_COMPILE_CACHE: process.env.COMPILE_CACHE,
        ...this.settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.#url = await new Promise<string>((found, lost) => {
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        const url = /Listening on (\S+)\n/.exec(printed)?.[1];
        if (url !== undefined) found(url);
      });
      child.once('exit', () => lost(new Error(`The server did not start: ${printed}${this.log}`)));
    });
    this.#token = (await readFile(join(this.data, 'admin-token'), 'utf8')).trim();
    return this;
  }

  /** A new data folder gets the database that `global-setup.ts` has made. */
  async #beginWithDatabase(): Promise<void> {
    const { EMPTY_DATABASE: empty } = process.env;
    if (
      empty === undefined ||
      existsSync(join(this.data, 'database')) ||
      'DISTGIT_DATABASE_URL' in this.settings
    )
      return;
    await mkdir(this.data, { recursive: true, mode: 0o750 });
    // A thousand small files: one by one, with a promise for each, takes five times the processor.
    cpSync(empty, join(this.data, 'database'), { recursive: true });
  }

  get url(): string {
    return this.#url;
  }

  get adminToken(): string {
    return this.#token;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The clone URL; with a token in it, pushes log in. */
  gitUrl(component: string, token?: string): string {
    const url = new URL(`${this.#url}/scls/${component}.git`);
    if (token !== undefined) {
      url.username = 'x';
      url.password = token;
    }
    return url.href;
  }

  /** One call of the API. `token` null: anonymous; the default is the admin's. */
  async call<O extends Operation>(
    operation: O,
    input: ApiInput<O>,
    token: string | null = this.#token,
  ): Promise<ApiAnswer<O>> {
    const { method, path } = ROUTES[operation];
    const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) };
    const filled = path.replace(/:(\w+)/g, (_, name: string) => {
      const value = String(rest[name]);
      delete rest[name];
      return encodeURIComponent(value);
    });
    const url = new URL(`${this.#url}${API_ROOT}${filled}`);
    const isFile = 'file' in ROUTES[operation];
    if (method === 'get' || isFile)
      for (const [key, value] of Object.entries(rest)) url.searchParams.set(key, String(value));
    const hasBody = !isFile && method !== 'get' && method !== 'delete';
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers: {
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(rest) } : {}),
    });
    return { status: response.status, body: (await response.json()) as ApiOutput<O> };
  }

  /** Like `call`, and throws where the server refuses. */
  async must<O extends Operation>(
    operation: O,
    input: ApiInput<O>,
    token: string | null = this.#token,
  ): Promise<ApiOutput<O>> {
    const { status, body } = await this.call(operation, input, token);
    if (status >= 300) throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** SIGKILL, as a machine that dies. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
