import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { centpkgBundle } from './bundle.ts';
import { type Finished, run } from './process.ts';

export interface RunOptions {
  /** The person's home where nothing is said. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

/** A person at a shell: a home of its own, and the bundled `centpkg` on the path. */
export class Centpkg {
  readonly name: string;
  readonly home: string;
  /** For other programs that the person runs: git, a terminal. */
  readonly env: Readonly<Record<string, string | undefined>>;

  private constructor(name: string, home: string, bin: string) {
    this.name = name;
    this.home = home;
    const email = `${name}@example.org`;
    this.env = {
      PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      LC_ALL: 'C.UTF-8',
      // It is started thousands of times.
      NODE_COMPILE_CACHE: process.env.COMPILE_CACHE,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    };
  }

  /** @param home a folder that is made */
  static async at(home: string, name: string): Promise<Centpkg> {
    const bin = join(home, '.local/bin');
    await mkdir(bin, { recursive: true });
    await symlink(await centpkgBundle(), join(bin, 'centpkg'));
    return new Centpkg(name, home, bin);
  }

  /** Any program as this person, whatever its exit status. */
  async does(
    program: string,
    args: readonly string[],
    { cwd = this.home, env = {}, input }: RunOptions = {},
  ): Promise<Finished> {
    const given = input === undefined ? {} : { input };
    return run(program, args, { cwd, env: { ...this.env, ...env }, ...given });
  }

  /** `centpkg <args>`, whatever its exit status. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.does('centpkg', args, options);
  }

  /** `centpkg <args>` while it runs, for tests that kill it; its own process, no shell around it. */
  start(
    args: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string | undefined>> = this.env,
  ): ChildProcess {
    const program = join(this.home, '.local/bin/centpkg');
    return spawn(process.execPath, [program, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Like `run`, and throws where it fails. @returns standard output */
  async must(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`centpkg ${args.join(' ')}: exit status ${code}\n${stderr}`);
    return stdout;
  }

  /** What the command prints with `--json`; throws where it fails or prints anything else. */
  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    return JSON.parse(await this.must([...args, '--json'], options)) as T;
  }

  /** git as this person; throws with what it said where it fails. @returns standard output */
  async git(cwd: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.does('git', args, { cwd });
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Stores server and token, as the person would. */
  async login(url: string, token: string): Promise<this> {
    const file = join(this.home, 'token');
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    await this.must(['login', '--url', url, '--token-file', file]);
    return this;
  }
}
