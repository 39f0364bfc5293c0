import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a server may take to come up, on a machine that is busy. */
const START_MS = 60_000;
/** After which a server that waits for something else at its end is killed. */
const END_MS = 20_000;

export interface DaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** All that it has of an environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Does it serve? Asked again and again, with what it wrote so far. */
  ready(said: string): boolean | Promise<boolean>;
  /** What it says in a log of its own, for the error where it does not come up. */
  log?(): Promise<string>;
}

/** A server that somebody else wrote, in the foreground; stopped by its process id. */
export class Daemon {
  readonly #process: ChildProcess;
  /** What it wrote. */
  said = '';

  private constructor({ program, args, env, cwd }: DaemonOptions) {
    // It dies with the process that started it, whatever ends that.
    this.#process = spawn('setpriv', ['--pdeathsig=TERM', program, ...args], {
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
      });
  }

  /** @throws Error with all that it said where it ends, or does not come up in a minute */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    for (const until = Date.now() + START_MS; !(await options.ready(daemon.said)); ) {
      if (daemon.#hasEnded || Date.now() > until) {
        await daemon.end();
        const log = (await options.log?.()) ?? '';
        throw new Error(`${options.program} did not start: ${daemon.said}${log}`);
      }
      await wait(50);
    }
    return daemon;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Stops it where it is; resolves when none of its threads goes on. */
  async freeze(): Promise<void> {
    this.signal('SIGSTOP');
    const threads = `/proc/${this.#process.pid}/task`;
    const stands = (thread: string): boolean =>
      /\) [Tt] /.test(readFileSync(`${threads}/${thread}/stat`, 'utf8'));
    while (!readdirSync(threads).every(stands)) await wait(5);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#hasEnded) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill(signal);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await exit;
    clearTimeout(timer);
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
