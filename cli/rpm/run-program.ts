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
 * @throws DistGitError `usage` where it is not installed
 */
export async function capture(
  program: string,
  args: readonly string[],
  { cwd, env }: ProgramOptions,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
    });
  return { code: await exitOf(program, child), ...said };
}

/**
 * Runs a program that works for long, and hands on each line as it comes. The program gets a
 * process group of its own: when `signal` is aborted, it ends with all that it has started.
 * @returns the exit status
 * @throws DistGitError `usage` where it is not installed, `interrupted`
 */
export async function follow(
  program: string,
  args: readonly string[],
  {
    cwd,
    env,
    signal,
    line,
  }: ProgramOptions & { signal: AbortSignal; line: (text: string) => void },
): Promise<number> {
  if (signal.aborted) throw interrupted(program);
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line);
  let patience: NodeJS.Timeout | undefined;
  const stop = (): void => {
    endGroup(child, 'SIGTERM');
    patience = setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const code = await exitOf(program, child);
    if (signal.aborted) throw interrupted(program);
    return code;
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', stop);
  }
}

const interrupted = (program: string): DistGitError =>
  new DistGitError('interrupted', `Interrupted; ${program} is stopped, nothing was kept.`);

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** Runs a program at the user's terminal. @returns the exit status */
export function interactive(
  program: string,
  args: readonly string[],
  { cwd, env }: ProgramOptions,
): Promise<number> {
  return exitOf(program, spawn(program, args, { cwd, env, stdio: ['inherit', 2, 'inherit'] }));
}
