import { type ChildProcess, spawn } from 'node:child_process';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { shellWord } from '../../core/domain/text.ts';

/** Runs git for the user, with the user's own configuration and environment. */
export class UserGit {
  readonly #cwd: string;
  readonly #variables: NodeJS.ProcessEnv;
  readonly #told: (line: string) => void;

  /** @param told hears of every command that is run, for --verbose */
  constructor(
    cwd: string,
    variables: NodeJS.ProcessEnv,
    told: (line: string) => void = () => undefined,
  ) {
    this.#cwd = cwd;
    this.#variables = variables;
    this.#told = told;
  }

  at(cwd: string): UserGit {
    return new UserGit(cwd, this.#variables, this.#told);
  }

  /**
   * The same with more settings, handed over where neither `ps` nor --verbose shows them.
   * @param settings key and value, after those of the user
   */
  configured(settings: readonly (readonly [string, string])[], more: NodeJS.ProcessEnv): UserGit {
    const first = Number(this.#variables.GIT_CONFIG_COUNT ?? 0);
    const variables = settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${first + index}`, key],
      [`GIT_CONFIG_VALUE_${first + index}`, value],
    ]);
    const count = { GIT_CONFIG_COUNT: String(first + settings.length) };
    const all = { ...this.#variables, ...Object.fromEntries(variables), ...count, ...more };
    return new UserGit(this.#cwd, all as NodeJS.ProcessEnv, this.#told);
  }

  /** @throws DistGitError `check_failed` with git's words; `status` is its exit status */
  async read(...args: string[]): Promise<string> {
    const child = this.#spawn(args, ['ignore', 'pipe', 'pipe']);
    const [out, err, code] = await Promise.all([
      collect(child.stdout),
      collect(child.stderr),
      exitOf(child),
    ]);
    if (code !== 0) {
      const said = err.trim() || `status ${code}`;
      const error = new DistGitError('check_failed', `git ${subcommand(args)} failed: ${said}`, {
        detail: { remedy: 'Do what git says, and try again; --verbose shows its command.' },
      });
      throw Object.assign(error, { status: code });
    }
    return out;
  }

  /** Its trimmed output; null where git fails. */
  async ask(...args: string[]): Promise<string | null> {
    return this.read(...args).then(
      (text) => text.trim(),
      () => null,
    );
  }

  /**
   * Runs git in front of the user: its output and questions are the user's.
   * @throws DistGitError `check_failed` when git fails; git has said why
   */
  async show(...args: string[]): Promise<void> {
    // Standard output belongs to the command's own result (--json).
    return this.#attached(args, 2);
  }

  /**
   * Runs git whose output is the result: as it comes, with the user's colours and pager.
   * @throws DistGitError `check_failed` when git fails; git has said why
   */
  async print(...args: string[]): Promise<void> {
    return this.#attached(args, 'inherit');
  }

  async #attached(args: string[], stdout: 'inherit' | number): Promise<void> {
    const child = this.#spawn(args, ['inherit', stdout, 'inherit']);
    const code = await exitOf(child);
    if (code !== 0)
      throw new DistGitError('check_failed', `git ${subcommand(args)} failed (status ${code}).`, {
        detail: { remedy: 'Look at what git said above.' },
      });
  }

  /** For `openObjectReader`. */
  catFile(): ChildProcess {
    return this.#spawn(['cat-file', '--batch-command', '--buffer'], ['pipe', 'pipe', 'ignore']);
  }

  #spawn(args: readonly string[], stdio: ('pipe' | 'ignore' | 'inherit' | number)[]): ChildProcess {
    this.#told(`git ${args.map(shellWord).join(' ')}`);
    return spawn('git', args, { cwd: this.#cwd, env: this.#variables, stdio });
  }
}

/** The first word that is not an option of git itself. */
function subcommand(args: readonly string[]): string {
  return args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c') ?? '';
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream === null) return '';
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/** Asked for at once: both events come but one time. A git that a signal ended has failed. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new DistGitError('usage', 'git can not be run.', {
          detail: { remedy: 'Install git.' },
          cause,
        }),
      ),
    );
    child.once('close', (code) => resolve(code ?? 1));
  });
}
