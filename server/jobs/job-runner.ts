import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { finish, giveBack, isLeased, type Job, type JobHandler, lease } from './job-queue.ts';

/** How long a caller waits for a job that another server runs. */
const ELSEWHERE_MS = 10_000;

/** Handlers by kind, of jobs that take turns: one runs at a time, the longest due first. */
export type JobLane = Readonly<Record<string, JobHandler>>;

/**
 * Runs due jobs, one of each lane at a time, so that a lane whose jobs hang holds up itself alone;
 * several servers on one database share the queue.
 */
export class JobRunner {
  readonly #db: Database;
  readonly #lanes: readonly JobLane[];
  readonly #log: Logger;
  readonly #pollMs: number;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Jobs of lanes that have not ended, by the kinds that wait for their end. */
  readonly #busy = new Map<readonly string[], Promise<void>>();
  /** Jobs that this process runs, by kind and subject. */
  readonly #underWay = new Map<string, Promise<void>>();

  /** @param lanes jobs of different lanes run beside each other; a kind is in one of them */
  constructor(db: Database, lanes: readonly JobLane[], log: Logger, pollMs = 1000) {
    this.#db = db;
    this.#lanes = lanes;
    this.#log = log;
    this.#pollMs = pollMs;
  }

  start(): void {
    this.wake();
  }

  /** Looks for due jobs now instead of at the next poll. */
  wake(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#looking = this.#looking
      .then(() => this.#beginDue())
      .catch((error: unknown) => this.#log.error({ err: error }, 'jobs could not be read'))
      .finally(() => {
        if (this.#stopped || this.#timer !== undefined) return;
        this.#timer = setTimeout(() => this.wake(), this.#pollMs);
        this.#timer.unref();
      });
  }

  /**
   * Runs the job now, in the caller's time and beside its lane; where it is under way already,
   * waits for its end.
   * @throws what the handler throws; the job stays and is tried again
   */
  async runNow(kind: string, subject: string): Promise<void> {
    const job = await lease(this.#db, { kind, subject });
    if (job !== null) return this.#run(job);
    await this.#underWay.get(`${kind} ${subject}`);
    for (const end = Date.now() + ELSEWHERE_MS; Date.now() < end; ) {
      if (!(await isLeased(this.#db, kind, subject))) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Begins no other job, and waits for those of the lanes to end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#busy.values());
  }

  async #beginDue(): Promise<void> {
    while (!this.#stopped) {
      const job = await lease(this.#db, { except: [...this.#busy.keys()].flat() });
      if (job === null) return;
      this.#begin(job);
    }
  }

  #begin(job: Job): void {
    const kinds = Object.keys(this.#laneOf(job) ?? { [job.kind]: null });
    const ended = this.#run(job)
      .catch((error: unknown) =>
        this.#log.warn({ err: error, job }, 'a job failed and will be tried again'),
      )
      .finally(() => {
        this.#busy.delete(kinds);
        this.wake();
      });
    this.#busy.set(kinds, ended);
  }

  #laneOf({ kind }: Job): JobLane | undefined {
    return this.#lanes.find((lane) => Object.hasOwn(lane, kind));
  }

  #run(job: Job): Promise<void> {
    const key = `${job.kind} ${job.subject}`;
    const run = this.#handle(job).finally(() => {
      if (this.#underWay.get(key) === run) this.#underWay.delete(key);
    });
    this.#underWay.set(key, run);
    return run;
  }

  async #handle(job: Job): Promise<void> {
    try {
      const handler = this.#laneOf(job)?.[job.kind];
      if (handler === undefined) throw new Error(`No handler for jobs of kind ${job.kind}`);
      await handler(job.subject);
    } catch (error) {
      await giveBack(this.#db, job, (error as Error).message);
      throw error;
    }
    await finish(this.#db, job);
  }
}
