import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openPglite } from '../../server/db/database.ts';
import { enqueue } from '../../server/jobs/job-queue.ts';
import { JobRunner } from '../../server/jobs/job-runner.ts';
import { startSweeper } from '../../server/worker/sweeper.ts';
import { eventually } from '../support/data-folder.ts';

const quiet = pino({ level: 'silent' });
let db: Database;
beforeAll(async () => {
  db = await openPglite(null);
  await db.migrate();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.sql.deleteFrom('jobs').execute();
});
const left = async (): Promise<string[]> => {
  const rows = await db.sql.selectFrom('jobs').select('subject').orderBy('id').execute();
  return rows.map(({ subject }) => subject);
};

/** A job that goes on until it is let go. */
function held() {
  const begun: string[] = [];
  let letGo = (): void => {};
  const handler = (subject: string): Promise<void> => {
    begun.push(subject);
    return new Promise((resolve) => {
      letGo = resolve;
    });
  };
  return { begun, handler, letGo: () => letGo() };
}

describe('a job runner', () => {
  it('runs what is due when it starts, and what comes later', async () => {
    const ran: string[] = [];
    const work = async (subject: string): Promise<void> => {
      ran.push(subject);
    };
    await enqueue(db.sql, 'work', 'early');
    const runner = new JobRunner(db, { work }, quiet, 20);
    runner.start();
    expect(await eventually(() => ran.length === 1)).toBe(true);
    await enqueue(db.sql, 'work', 'late');
    expect(await eventually(() => ran.length === 2)).toBe(true);
    await runner.stop();
    expect(ran).toEqual(['early', 'late']);
    expect(await left()).toEqual([]);
  });

  it('goes on after a job that fails', async () => {
    const ran: string[] = [];
    const work = async (subject: string): Promise<void> => {
      ran.push(subject);
      if (subject === 'bad') throw new Error('it broke');
    };
    for (const subject of ['bad', 'good']) await enqueue(db.sql, 'work', subject);
    const runner = new JobRunner(db, { work }, quiet, 20);
    runner.start();
    expect(await eventually(() => ran.includes('good'))).toBe(true);
    await runner.stop();
    expect(await left()).toEqual(['bad']);
  });

  it('stops when the job that runs has ended, and begins no other', async () => {
    const job = held();
    for (const subject of ['first', 'second']) await enqueue(db.sql, 'work', subject);
    const runner = new JobRunner(db, { work: job.handler }, quiet, 20);
    runner.start();
    expect(await eventually(() => job.begun.length === 1)).toBe(true);
    let stopped = false;
    const stopping = runner.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stopped).toBe(false);
    job.letGo();
    await stopping;
    expect(job.begun).toEqual(['first']);
    expect(await left()).toEqual(['second']);
  });

  it('does nothing any more when it is stopped, nor when it is woken then', async () => {
    const ran: string[] = [];
    const runner = new JobRunner(db, { work: async (subject) => void ran.push(subject) }, quiet, 5);
    runner.start();
    await runner.stop();
    await enqueue(db.sql, 'work', 'late');
    runner.wake();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await runner.stop();
    expect(ran).toEqual([]);
    expect(await left()).toEqual(['late']);
  });

  it('runs one job at a time, however often it is woken', async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
    };
    for (let n = 0; n < 10; n++) await enqueue(db.sql, 'work', `s${n}`);
    const runner = new JobRunner(db, { work }, quiet, 5);
    for (let n = 0; n < 10; n++) runner.wake();
    expect(await eventually(async () => (await left()).length === 0)).toBe(true);
    await runner.stop();
    expect(most).toBe(1);
  });
});

describe('a sweeper', () => {
  it('sweeps at once and again, never two at a time, also after a failure', async () => {
    let sweeps = 0;
    let running = 0;
    let most = 0;
    const sweeper = startSweeper(
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        if (++sweeps === 2) throw new Error('it broke');
      },
      5,
      quiet,
    );
    expect(await eventually(() => sweeps > 5)).toBe(true);
    await sweeper.stop();
    const after = sweeps;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([most, running, sweeps]).toEqual([1, 0, after]);
  });

  it('stops when the sweep that runs has ended', async () => {
    let letGo = (): void => {};
    let stopped = false;
    const sweeper = startSweeper(
      () =>
        new Promise<void>((resolve) => {
          letGo = resolve;
        }),
      5,
      quiet,
    );
    const stopping = sweeper.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stopped).toBe(false);
    letGo();
    await stopping;
    expect(stopped).toBe(true);
  });
});
