import type { ApiClient } from './api-client/api-client.ts';
import type { Config } from './config.ts';
import type { GlobalOptions } from './global-options.ts';
import type { OptionSpec, Options } from './option-spec.ts';
import type { Progress } from './output/progress.ts';
import type { UserGit } from './working-copy/run-git.ts';

export {
  flagOption,
  listOption,
  type OptionSpec,
  type Options,
  textOption,
} from './option-spec.ts';

/** What a command works with; nothing else of the process. */
export interface CommandContext {
  readonly config: Config;
  /** What stood before the verb. */
  readonly given: GlobalOptions;
  /** Talks to the server that is set, or that the clone belongs to. */
  readonly api: ApiClient;
  /** Where the user is, or what --path says. */
  readonly cwd: string;
  /** git, in `cwd`. */
  readonly git: UserGit;
  readonly progress: Progress;
  /** A line for people while the command goes on; standard error. */
  readonly note: (line: string) => void;
  /**
   * Runs what leaves something behind when it is interrupted: `signal` is aborted by Ctrl-C, and
   * `act` ends by itself, with words for the user. A second Ctrl-C ends the program.
   */
  interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** All of standard input. */
  readInput(): Promise<string>;
}

/** What a command found or did: `data` for --json, `text` for people. */
export interface Outcome {
  readonly data: unknown;
  readonly text: string;
  /** `text` says only that it is done: --quiet leaves it out. */
  readonly done?: boolean;
  /** The exit status where not all went well, and the outcome tells what; 0 without it. */
  readonly exit?: number;
}

export interface CommandSpec {
  /** One word, or a noun and a verb: `sig create`. */
  readonly name: string;
  /** Other names of a command of one word: `co`. */
  readonly aliases?: readonly string[];
  /** As commander writes them: `<name> [files...]`. */
  readonly args?: string;
  readonly summary: string;
  /** More than fits into one line; for --help and the man page. */
  readonly details?: string;
  readonly options?: readonly OptionSpec[];
  /** At least one, shown by --help. */
  readonly examples: readonly string[];
  /** Not listed in the help: for programs. */
  readonly hidden?: boolean;
  run(context: CommandContext, args: readonly string[], options: Options): Promise<Outcome>;
}
