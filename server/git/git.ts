import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { access, constants, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DistGitError } from '../../core/api/distgit-error.ts';

const execFileAsync = promisify(execFile);
/** The hook that every repository runs; see `server/hooks/git/pre-receive`. */
const HOOKS = resolve(import.meta.dirname, '../hooks/git');

/** The two services of smart HTTP. */
export type GitService = 'git-upload-pack' | 'git-receive-pack';

export interface GitSettings {
  readonly program: string;
  readonly max_push_size: number;
  readonly max_object_memory: number;
}

/**
 * The one place that runs git. Its environment is a list of our own: nothing of the server's
 * environment and nothing of the machine's git configuration reaches it.
 */
export class Git {
  readonly #program: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #allocationLimit: string;

  private constructor(program: string, home: string, allocationLimit: number, path: string) {
    this.#program = program;
    this.#allocationLimit = String(allocationLimit);
    this.#environment = {
      PATH: path,
      HOME: home,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: join(home, 'config'),
      GIT_TERMINAL_PROMPT: '0',
    };
  }

  /**
   * Writes git's configuration into `home` and checks that git answers.
   * @param path the PATH for git and its hooks
   * @throws DistGitError `config_invalid` where the program is missing or too old
   */
  static async open(home: string, settings: GitSettings, path: string): Promise<Git> {
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'config'), gitConfig(settings));
    const git = new Git(settings.program, home, settings.max_object_memory, path);
    const version = await git.run(['--version']).catch((cause: unknown) => {
      throw new DistGitError('config_invalid', 'git can not be run.', {
        detail: { remedy: 'Install git 2.36 or later, or set git.program.' },
        cause,
      });
    });
    const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
    // cat-file --batch-command came with 2.36.
    if (major < 2 || (major === 2 && minor < 36))
      throw new DistGitError('config_invalid', `${version.trim()} is too old.`, {
        detail: { remedy: 'Install git 2.36 or later.' },
      });
    return git;
  }

  /**
   * Starts a git that talks over its streams.
   * @param env in addition to the fixed environment
   */
  spawn(
    args: readonly string[],
    options: { env?: Readonly<Record<string, string>>; stdio: SpawnOptions['stdio'] },
  ): ChildProcess {
    return spawn(this.#program, args, {
      env: { ...this.#environment, ...options.env },
      stdio: options.stdio,
      cwd: '/',
    });
  }

  /**
   * Runs a short git to its end.
   * @returns what it printed
   * @throws Error with its exit code as `code` and what it said as `stderr`
   */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { stdout } = await execFileAsync(this.#program, args, {
      env: { ...this.#environment, ...env },
      cwd: '/',
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Like `run`, for bytes. @throws Error past `limit` of them, too */
  async output(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    limit: number,
  ): Promise<Buffer> {
    const { stdout } = await execFileAsync(this.#program, args, {
      env: { ...this.#environment, ...env },
      cwd: '/',
      maxBuffer: limit,
      encoding: 'buffer',
    });
    return stdout;
  }

  /**
   * Waits until no git of an earlier server is left: one may outlive its server by a moment, and
   * its files may not be touched until then. Linux only; elsewhere none is seen.
   * @returns false where one is still at work after `waitMs`
   */
  async outlived(waitMs: number): Promise<boolean> {
    for (const end = Date.now() + waitMs; ; ) {
      if (!(await this.#anyLeft())) return true;
      if (Date.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ours are known by the configuration that they were given. */
  async #anyLeft(): Promise<boolean> {
    const mark = `\0GIT_CONFIG_GLOBAL=${this.#environment.GIT_CONFIG_GLOBAL}\0`;
    const processes = await readdir('/proc').catch(() => []);
    for (const id of processes) {
      if (!/^\d+$/.test(id)) continue;
      const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
      if (`\0${environment}`.includes(mark)) return true;
    }
    return false;
  }

  /** No single object may make git allocate more: the answer to pack and delta bombs. */
  get pushLimits(): Readonly<Record<string, string>> {
    return { GIT_ALLOC_LIMIT: this.#allocationLimit };
  }
}

/** How git is asked to advertise a repository's refs over HTTP. */
export function advertisementArgs(service: GitService, repository: string): string[] {
  return [service.slice('git-'.length), '--stateless-rpc', '--http-backend-info-refs', repository];
}

/**
 * git fails open: where it can not run a hook it takes the push unchecked. So this is asked before
 * every push. @throws DistGitError `unavailable`
 */
export async function requireHooks(): Promise<void> {
  try {
    await access(join(HOOKS, 'pre-receive'), constants.X_OK);
  } catch (cause) {
    throw new DistGitError('unavailable', 'The push checks can not be run, so no push is taken.', {
      detail: {
        remedy: 'Nothing was changed. Tell a site admin: the git hooks are not executable.',
      },
      cause,
    });
  }
}

/**
 * denyDeletes and denyNonFastForwards stand behind the forward-only policy, as a second lock.
 * `logAllRefUpdates` is what the sweeper reads to settle a push that lost its server.
 */
function gitConfig(settings: GitSettings): string {
  return `# Written by the server at every start; change the server's own configuration instead.
[core]
\thooksPath = ${quote(HOOKS)}
\tfsync = committed,reference
# A quarantine's alternate is the repository itself: its refs need not be asked for again.
\talternateRefsCommand = true
\tlogAllRefUpdates = always
\tbigFileThreshold = 8m
[receive]
\tfsckObjects = true
\tmaxInputSize = ${settings.max_push_size}
\tdenyDeletes = true
\tdenyNonFastForwards = true
\tautogc = false
\tkeepAlive = 5
[receive "fsck"]
\tbadFilemode = error
[transfer]
\tadvertiseSID = false
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
\tkeepAlive = 5
[gc]
\tauto = 0
\treflogExpire = 1.year.ago
\treflogExpireUnreachable = 1.year.ago
[maintenance]
\tauto = false
[pack]
\tthreads = 1
[safe]
\tdirectory = *
[init]
\tdefaultBranch = main
[user]
\tname = SCL dist-git
\temail = dist-git@localhost
\tuseConfigOnly = true
`;
}

const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
