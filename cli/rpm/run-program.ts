import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DistGitError } from '../../core/api/distgit-error.ts';

/** What to install where a program is missing. */
const INSTALL: Readonly<Record<string, string>> = {
  rpm: 'Install it: dnf install rpm-build (Debian: apt-get install rpm).',
  rpmbuild: 'Install it: dnf install rpm-build (Debian: apt-get install rpm).',
  rpmspec: 'Install it: dnf install rpm-build (Debian: apt-get install rpm).',
  rpmlint: 'Install it: dnf install rpmlint (Debian: apt-get install rpmlint).',
  mock: 'Install it: dnf install mock, and join its group: usermod -a -G mock USER.',
};
/** Milliseconds that a program has to end by itself once it is told to. */
const GRACE_MS = 5000;
/** Milliseconds that one has to tidy up after a Ctrl-C that it heard itself. */
const TIDY_MS = 10_000;

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

function missing(program: string, cause: unknown): DistGitError {
  const remedy = INSTALL[program] ?? `Install ${program}.`;
  return new DistGitError('usage', `${program} can not be run.`, { detail: { remedy }, cause });
}

function exitOf(program: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(missing(program, cause)));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * Runs a program that says what it knows and ends.
 * @param options `signal`: when it is aborted, the program ends with all that it has started
 * @throws DistGitError `usage` where it is not installed, `interrupted`
 */
export async function capture(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: ProgramOptions & { readonly signal?: AbortSignal },
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  if (isAborted(signal)) throw interrupted(program);
  const detached = signal !== undefined;
  const child = spawn(program, args, { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
    });
  const ended = exitOf(program, child);
  const code = await (signal === undefined ? ended : untilAborted(ended, signal, endGroup(child)));
  if (isAborted(signal)) throw interrupted(program);
  return { code, ...said };
}

interface Followed extends ProgramOptions {
  readonly signal: AbortSignal;
  readonly line: (text: string) => void;
  /**
   * The program stays in our process group: what is typed at the terminal reaches it as well. For
   * one that becomes another user, to whom we can send nothing, and that has to tidy up at its end.
   */
  readonly hearsTerminal?: boolean;
}

/**
 * Runs a program that works for long, and hands on each line as it comes. When `signal` is aborted,
 * the program ends with all that it has started, and is waited for.
 * @returns the exit status
 * @throws DistGitError `usage` where it is not installed, `interrupted`
 */
export async function follow(
  program: string,
  args: readonly string[],
  { cwd, env, signal, line, hearsTerminal = false }: Followed,
): Promise<number> {
  if (signal.aborted) throw interrupted(program);
  const child = spawn(program, args, {
    cwd,
    env,
    detached: !hearsTerminal,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line);
  const end = hearsTerminal ? endTidily(program, child, line) : endGroup(child);
  const code = await untilAborted(exitOf(program, child), signal, end);
  if (signal.aborted) throw interrupted(program, hearsTerminal ? '' : ', nothing was kept');
  return code;
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const interrupted = (program: string, kept = ', nothing was kept'): DistGitError =>
  new DistGitError('interrupted', `Interrupted; ${program} is stopped${kept}.`);

/** Sends signals to a child until it ends. @returns forgets those that are still to come */
type Ending = () => () => void;

async function untilAborted(
  ended: Promise<number>,
  signal: AbortSignal,
  end: Ending,
): Promise<number> {
  let forget: (() => void) | undefined;
  const stop = (): void => {
    forget = end();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await ended;
  } finally {
    forget?.();
    signal.removeEventListener('abort', stop);
  }
}

/** For a child in a process group of its own: all of them. */
const endGroup =
  ({ pid }: ChildProcess): Ending =>
  () => {
    if (pid === undefined) return () => undefined;
    send(-pid, 'SIGTERM');
    const patience = setTimeout(() => send(-pid, 'SIGKILL'), GRACE_MS);
    return () => clearTimeout(patience);
  };

/** @returns false: it runs as another user, to whom we may send nothing */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // Or it has ended.
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

/**
 * For a child in our group: Ctrl-C has reached it by the terminal, and it ends by itself; where
 * nobody typed it, we say it. It is never killed: it has mounts to take down.
 */
const endTidily =
  (program: string, { pid }: ChildProcess, line: (text: string) => void): Ending =>
  () => {
    const patience = setTimeout(() => {
      if (pid !== undefined && !send(pid, 'SIGTERM'))
        line(`${program} runs as another user and can not be told to stop: waiting for its end.`);
    }, TIDY_MS);
    return () => clearTimeout(patience);
  };

/** Runs a program at the user's terminal; Ctrl-C is the program's. @returns the exit status */
export async function interactive(
  program: string,
  args: readonly string[],
  { cwd, env }: ProgramOptions,
): Promise<number> {
  const passOver = (): void => undefined;
  process.on('SIGINT', passOver);
  try {
    return await exitOf(
      program,
      spawn(program, args, { cwd, env, stdio: ['inherit', 2, 'inherit'] }),
    );
  } finally {
    process.off('SIGINT', passOver);
  }
}
