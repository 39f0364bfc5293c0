import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fail } from '../../core/api/distgit-error.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { abandonGit } from '../git/abandon-git.ts';
import type { Git } from '../git/git.ts';
import { pushMark } from './push-mark.ts';

/** All that a `git receive-pack` is started with. */
export interface WantedGit {
  readonly repository: string;
  /** Whose name the reflogs show. */
  readonly user: UserName;
  readonly args: readonly string[];
  readonly protocol: string | null;
}

/** A `git receive-pack` at its beginning. */
export interface ReceivingGit {
  /** The id of the push; its mark is in the process's environment. */
  readonly push: string;
  readonly process: ChildProcess;
}

/** Gits that wait at once; a push beyond that starts its own. */
export const MAX_WAITING = 16;
/** A client packs what it pushes for that long; where it takes longer, a git's start is little. */
const WAIT_MS = 5000;

/**
 * Starts the gits that receive pushes. Starting one takes milliseconds, in which the server does
 * nothing else. Over HTTP a client asks for the refs first, and then packs: its git is started
 * meanwhile, and waits. It has read nothing but its configuration by then, and holds no lock.
 * What a push may do is asked when it comes: nothing of that hangs on the git that takes it.
 */
export class ReceivingGits {
  readonly #git: Git;
  readonly #waitMs: number;
  readonly #waiting = new Map<string, ReceivingGit>();

  /** @param waitMs how long a git waits for its push */
  constructor(git: Git, waitMs = WAIT_MS) {
    this.#git = git;
    this.#waitMs = waitMs;
  }

  /** A push like this will come, most likely. */
  announce(wanted: WantedGit): void {
    const key = keyOf(wanted);
    if (this.#waiting.has(key) || this.#waiting.size >= MAX_WAITING) return;
    const waiting = this.#startAhead(wanted);
    if (waiting === null) return;
    const { process } = waiting;
    const drop = (): boolean =>
      this.#waiting.get(key) === waiting ? this.#waiting.delete(key) : false;
    this.#waiting.set(key, waiting);
    process.once('exit', drop);
    setTimeout(() => {
      if (drop()) abandonGit(process, true);
    }, this.#waitMs).unref();
  }

  /**
   * The git for a push that came: one that waits for it, or a new one. It is the caller's then.
   * @throws DistGitError `unavailable` where none can be started
   */
  start(wanted: WantedGit): ReceivingGit {
    const key = keyOf(wanted);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    const started = waiting ?? this.#spawn(wanted);
    if (started.process.pid !== undefined) return started;
    return fail('unavailable', 'The server can start no more programs now.', 'Push again later.');
  }

  /** @returns null where none can be started: the push itself will tell. */
  #startAhead(wanted: WantedGit): ReceivingGit | null {
    try {
      const started = this.#spawn(wanted);
      const { process } = started;
      // Where descriptors are short there are no pipes, whatever the type says.
      if (process.pid === undefined) return null;
      // A git that ends while it waits breaks its pipes; it is dropped at its end.
      for (const stream of process.stdio) stream?.on('error', () => {});
      return started;
    } catch {
      return null;
    }
  }

  #spawn({ repository, user, args, protocol }: WantedGit): ReceivingGit {
    const push = randomUUID();
    const process = this.#git.spawn(['receive-pack', ...args, repository], {
      env: {
        ...this.#git.pushLimits,
        GIT_COMMITTER_NAME: user,
        GIT_COMMITTER_EMAIL: pushMark(push),
        ...(protocol === null ? {} : { GIT_PROTOCOL: protocol }),
      },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    // One that could not be started has no id, and says so here.
    process.on('error', () => {});
    return { push, process };
  }
}

const keyOf = ({ repository, user, args, protocol }: WantedGit): string =>
  JSON.stringify([repository, user, args, protocol]);
