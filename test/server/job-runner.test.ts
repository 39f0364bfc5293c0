import { sql as raw } from 'kysely';
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
    const runner = new JobRunner(db, [{ work }], quiet, 20);
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
    const runner = new JobRunner(db, [{ work }], quiet, 20);
    runner.start();
    expect(await eventually(() => ran.includes('good'))).toBe(true);
    await runner.stop();
    expect(await left()).toEqual(['bad']);
  });

  it('stops when the job that runs has ended, and begins no other', async () => {
    const job = held();
    for (const subject of ['first', 'second']) await enqueue(db.sql, 'work', subject);
    const runner = new JobRunner(db, [{ work: job.handler }], quiet, 20);
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
    const runner = new JobRunner(
      db,
      [{ work: async (subject) => void ran.push(subject) }],
      quiet,
      5,
    );
    runner.start();
    await runner.stop();
    await enqueue(db.sql, 'work', 'late');
    runner.wake();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await runner.stop();
    expect(ran).toEqual([]);
    expect(await left()).toEqual(['late']);
  });

  it('runs one job of a lane at a time, however often it is woken', async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
    };
    for (let n = 0; n < 10; n++) await enqueue(db.sql, 'work', `s${n}`);
    const runner = new JobRunner(db, [{ work }], quiet, 5);
    for (let n = 0; n < 10; n++) runner.wake();
    expect(await eventually(async () => (await left()).length === 0)).toBe(true);
    await runner.stop();
    expect(most).toBe(1);
  });

  it('runs the kinds of one lane one after the other, in the order in which they are due', async () => {
    const ran: string[] = [];
    let running = 0;
    let most = 0;
    const work = async (subject: string): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      ran.push(subject);
      running--;
    };
    for (let n = 0; n < 10; n++) await enqueue(db.sql, n % 2 === 0 ? 'even' : 'odd', `s${n}`);
    const runner = new JobRunner(db, [{ even: work, odd: work }], quiet, 5);
    for (let n = 0; n < 3; n++) runner.wake();
    expect(await eventually(async () => (await left()).length === 0)).toBe(true);
    await runner.stop();
    expect(most).toBe(1);
    expect(ran).toEqual(Array.from({ length: 10 }, (_, n) => `s${n}`));
  });

  it('runs the jobs of another lane while one hangs, and none of a lane twice', async () => {
    const hub = held();
    const ran: string[] = [];
    const local = async (subject: string): Promise<void> => void ran.push(subject);
    await enqueue(db.sql, 'hub', 'hangs');
    await enqueue(db.sql, 'hub', 'waits');
    for (let n = 0; n < 5; n++) await enqueue(db.sql, 'local', `s${n}`);
    const runner = new JobRunner(db, [{ hub: hub.handler }, { local }], quiet, 5);
    runner.start();
    expect(await eventually(() => ran.length === 5)).toBe(true);
    await enqueue(db.sql, 'local', 'later');
    expect(await eventually(() => ran.length === 6)).toBe(true);
    expect(hub.begun).toEqual(['hangs']);
    // Its lease has ended, and it runs on: here nobody begins it again.
    await raw`update jobs set leased_until = now() - interval '1 second'`.execute(db.sql);
    await enqueue(db.sql, 'local', 'last');
    expect(await eventually(() => ran.includes('last'))).toBe(true);
    expect(hub.begun).toEqual(['hangs']);
    hub.letGo();
    expect(await eventually(() => hub.begun.length === 2)).toBe(true);
    const stopping = runner.stop();
    hub.letGo();
    await stopping;
    expect(hub.begun).toEqual(['hangs', 'waits']);
    expect(await left()).toEqual([]);
  });

  it('waits for the jobs of every lane when it stops', async () => {
    const lanes = [held(), held()] as const;
    for (const kind of ['one', 'other']) await enqueue(db.sql, kind, 'subject');
    const runner = new JobRunner(
      db,
      [{ one: lanes[0].handler }, { other: lanes[1].handler }],
      quiet,
      5,
    );
    runner.start();
    expect(await eventually(() => lanes.every(({ begun }) => begun.length === 1))).toBe(true);
    let stopped = false;
    const stopping = runner.stop().then(() => {
      stopped = true;
    });
    lanes[0].letGo();
    expect(await eventually(async () => (await left()).length === 1)).toBe(true);
    expect(stopped).toBe(false);
    lanes[1].letGo();
    await stopping;
    expect(await left()).toEqual([]);
  });

  it('gives back a job that nobody knows, and goes on', async () => {
    const ran: string[] = [];
    const work = async (subject: string): Promise<void> => void ran.push(subject);
    await enqueue(db.sql, 'unknown', 'subject');
    await enqueue(db.sql, 'work', 'known');
    const runner = new JobRunner(db, [{ work }], quiet, 5);
    runner.start();
    expect(await eventually(async () => ran.length === 1 && (await left()).length === 1)).toBe(
      true,
    );
    await runner.stop();
    const rows = await db.sql.selectFrom('jobs').select('last_error').execute();
    expect(rows).toEqual([{ last_error: 'No handler for jobs of kind unknown' }]);
  });

  it('runs each job once beside another runner of the same queue, in all lanes', async () => {
    const ran: string[] = [];
    const work = async (subject: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      ran.push(subject);
    };
    const kinds = ['a', 'b', 'c'];
    for (let n = 0; n < 60; n++) await enqueue(db.sql, kinds[n % 3] ?? '', `s${n}`);
    const runners = Array.from(
      { length: 3 },
      () => new JobRunner(db, [{ a: work, b: work }, { c: work }], quiet, 5),
    );
    for (const runner of runners) runner.start();
    expect(await eventually(async () => (await left()).length === 0)).toBe(true);
    for (const runner of runners) await runner.stop();
    expect(ran.toSorted()).toEqual(Array.from({ length: 60 }, (_, n) => `s${n}`).toSorted());
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
