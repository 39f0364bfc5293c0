import { setTimeout as pause } from 'node:timers/promises';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { isFinished } from '../../core/domain/build.ts';
import type { CommandContext } from '../command.ts';

type Answer = ApiOutput<'showTask'>;
type Task = Answer['tasks'][number];
export type Build = Answer['builds'][number];

/** Between two looks: the first, and the longest, when nothing happens. */
const PAUSE_MS = { first: 1000, longest: 10_000 };
/** Bytes of a log that is there already when it is seen first. */
const TAIL = 4096;
/** The log that tells how a build goes; the others are for what goes wrong around it. */
const FOLLOWED = 'build.log';
/** Looks that may fail one after the other, where the server or Koji is away for a while. */
const MAX_FAILURES = 30;

/**
 * Follows a task with all below it until it has ended and the server has recorded what came of it:
 * one line for each change, and what is new in the logs.
 * @returns the builds of the task, ended
 * @throws DistGitError `check_failed` where one has failed, `interrupted`
 */
export function watchTask(context: CommandContext, task: number): Promise<Build[]> {
  return context.interruptible((signal) => follow(context, task, signal));
}

async function follow(
  context: CommandContext,
  first: number,
  signal: AbortSignal,
): Promise<Build[]> {
  const seen: Seen = { states: new Map(), logs: new Map() };
  let task = first;
  let failures = 0;
  for (let wait = PAUSE_MS.first; ; ) {
    if (signal.aborted)
      throw new DistGitError('interrupted', 'The build goes on without you.', {
        detail: {
          remedy: `Look at it again: centpkg watch ${task}; stop it: centpkg cancel ${task}`,
        },
      });
    const look = await lookAt(context, task, seen).catch((error: unknown) => {
      const isAway = error instanceof DistGitError && error.code === 'unavailable';
      if (!isAway || ++failures > MAX_FAILURES) throw error;
      if (failures === 1) context.note(`Still trying: ${error.message}`);
      return null;
    });
    if (look === null) wait = PAUSE_MS.longest;
    else {
      failures = 0;
      const { builds } = look.answer;
      // When the first architecture is done, the build itself is another task.
      const next = builds[0]?.task ?? task;
      if (next !== task) {
        task = next;
        continue;
      }
      if (builds.every(({ finishedAt }) => finishedAt !== null)) return ended(builds);
      wait = look.isNews ? PAUSE_MS.first : Math.min(wait * 1.5, PAUSE_MS.longest);
    }
    await pause(wait, undefined, { signal }).catch(() => {});
  }
}

/** What was told already. */
interface Seen {
  readonly states: Map<number, string>;
  /** By task and file. */
  readonly logs: Map<string, LogTail>;
}

/** Tells what is new of a task, of those below it, and in their logs. */
async function lookAt(
  context: CommandContext,
  task: number,
  { states, logs }: Seen,
): Promise<{ readonly answer: Answer; readonly isNews: boolean }> {
  const { api, note } = context;
  const answer = await api.call('showTask', { task });
  let isNews = false;
  for (const one of answer.tasks) {
    const before = states.get(one.task);
    if (before === one.state) continue;
    states.set(one.task, one.state);
    isNews = true;
    note(`${one.task} ${nameOf(one)}: ${before === undefined ? '' : `${before} -> `}${one.state}`);
  }
  for (const one of answer.tasks) {
    const size = one.logs.find(({ file }) => file === FOLLOWED)?.size;
    if (size === undefined) continue;
    const key = `${one.task}/${FOLLOWED}`;
    const tail = logs.get(key) ?? new LogTail(Math.max(0, size - TAIL));
    logs.set(key, tail);
    const say = (line: string): void => note(`${nameOf(one)} | ${line}`);
    while (tail.offset < size) {
      const { offset } = tail;
      const part = await api.call('readTaskLog', { task, of: one.task, file: FOLLOWED, offset });
      if (part.next <= offset) break;
      isNews = true;
      tail.lines(part).forEach(say);
    }
    if (isFinished(one.state)) tail.rest().forEach(say);
  }
  return { answer, isNews };
}

function ended(builds: Build[]): Build[] {
  const bad = builds.filter(({ state }) => state !== 'complete');
  if (bad.length === 0) return builds;
  const lines = bad.map(
    ({ component, nvr, state, problem }) => `${nvr ?? component} ${state}: ${problem ?? ''}`,
  );
  const { task } = bad[0] ?? {};
  throw new DistGitError('check_failed', lines.join('\n'), {
    detail: { remedy: `Look at the logs, mend it, and build again: centpkg resubmit ${task}` },
  });
}

/** `buildArch (x86_64)` */
const nameOf = ({ method, label }: Task): string =>
  label === '' || label.includes('/') ? method : `${method} (${label})`;

/** A log as far as it was read; a line that is not ended yet waits for the rest of it. */
class LogTail {
  offset: number;
  readonly #decoder = new TextDecoder();
  #open = '';

  constructor(offset: number) {
    this.offset = offset;
  }

  lines({ content, next }: ApiOutput<'readTaskLog'>): string[] {
    this.offset = next;
    const text = this.#decoder.decode(Buffer.from(content, 'base64'), { stream: true });
    const lines = (this.#open + text).split('\n');
    this.#open = lines.pop() ?? '';
    return lines;
  }

  rest(): string[] {
    const line = this.#open;
    this.#open = '';
    return line === '' ? [] : [line];
  }
}
