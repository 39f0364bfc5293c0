import type { ApiClient } from './api-client/api-client.ts';
import type { Config } from './config.ts';
import type { Progress } from './output/progress.ts';

/** What a command works with; nothing else of the process. */
export interface CommandContext {
  readonly config: Config;
  /** Talks to the server that is set, or that the clone belongs to. */
  readonly api: ApiClient;
  readonly cwd: string;
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
  /** The exit status where not all went well, and the outcome tells what; 0 without it. */
  readonly exit?: number;
}

export type Options = Readonly<Record<string, unknown>>;

export interface OptionSpec {
  /** As commander writes it: `-b, --branch <name>`. */
  readonly flags: string;
  readonly help: string;
  /** May be given several times, or as a list with commas. */
  readonly list?: boolean;
  readonly choices?: readonly string[];
}

export interface CommandSpec {
  /** One word, or a noun and a verb: `sig create`. */
  readonly name: string;
  /** As commander writes them: `<name> [files...]`. */
  readonly args?: string;
  readonly summary: string;
  readonly options?: readonly OptionSpec[];
  /** At least one, shown by --help. */
  readonly examples: readonly string[];
  /** Not listed in the help: for programs. */
  readonly hidden?: boolean;
  run(context: CommandContext, args: readonly string[], options: Options): Promise<Outcome>;
}

/** A string option, or undefined. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flagOption(options: Options, name: string): boolean {
  return options[name] === true;
}

/** A list option; undefined where it was not given. */
export function listOption(options: Options, name: string): string[] | undefined {
  const value = options[name];
  return Array.isArray(value) && value.length > 0 ? (value as string[]) : undefined;
}
