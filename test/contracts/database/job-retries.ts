import { sql as raw } from 'kysely';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { listJobs } from '../../../server/access/list-jobs.ts';
import type { Sql } from '../../../server/db/database.ts';
import { enqueue, giveBack, type Job, lease } from '../../../server/jobs/job-queue.ts';
import { JobRunner } from '../../../server/jobs/job-runner.ts';
import { BY_ADMIN, byUser, count, type DatabaseUnderTest, refusal, sharedWorld } from './world.ts';

const makeDue = (sql: Sql) => raw`update jobs set run_at = now()`.execute(sql);
const quiet = pino({ level: 'silent' });

export function jobRetryContract(under: DatabaseUnderTest): void {
  describe('a job that fails', () => {
    const here = sharedWorld(under);
    const leaseNow = async (): Promise<Job> => {
      await makeDue(here.db.sql);
      const job = await lease(here.db);
      if (job === null) throw new Error('No job is due');
      return job;
    };
    beforeEach(async () => {
      await here.db.sql.deleteFrom('jobs').execute();
    });

    it('waits twice as long after each failure', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      for (const seconds of [1, 2, 4, 8, 16, 32, 64]) {
        const job = await leaseNow();
        const before = Date.now();
        await giveBack(here.db, job, 'it broke');
        const after = Date.now();
        const [row] = await here.db.sql.selectFrom('jobs').select('run_at').execute();
        const asked = (row?.run_at.getTime() ?? 0) - seconds * 1000;
        expect(asked).toBeGreaterThan(before - 100);
        expect(asked).toBeLessThan(after + 100);
      }
    });

    it('is parked after the eighth failure: shown, and tried no more', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      for (let attempt = 1; attempt <= 8; attempt++)
        await giveBack(here.db, await leaseNow(), `failure ${attempt}`);
      await makeDue(here.db.sql);
      expect(await lease(here.db)).toBeNull();
      expect((await listJobs(here.db, BY_ADMIN)).items).toEqual([
        expect.objectContaining({ state: 'parked', attempts: 8, lastError: 'failure 8' }),
      ]);
    });

    it('that was parked does not stand in the way of a new request', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      await raw`update jobs set state = 'parked'`.execute(here.db.sql);
      await enqueue(here.db.sql, 'kind', 'subject');
      expect(await lease(here.db)).toMatchObject({ attempts: 1 });
      expect(await count(here.db.sql, 'jobs')).toBe(2);
    });

    it('gives way to a request for the same work that came meanwhile', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      const job = await leaseNow();
      await enqueue(here.db.sql, 'kind', 'subject');
      await giveBack(here.db, job, 'it broke');
      const left = await here.db.sql.selectFrom('jobs').selectAll().execute();
      expect(left).toEqual([expect.objectContaining({ attempts: 0, leased_until: null })]);
      expect(left[0]?.id).not.toBe(job.id);
    });

    it('keeps so much of its error as an admin can read', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      await giveBack(here.db, await leaseNow(), 'x'.repeat(5000));
      const [job] = (await listJobs(here.db, BY_ADMIN)).items;
      expect(job?.lastError).toBe('x'.repeat(1000));
    });

    it('is shown to site admins only, with its state', async () => {
      await enqueue(here.db.sql, 'kind', 'a');
      await lease(here.db);
      await enqueue(here.db.sql, 'kind', 'b');
      const { items } = await listJobs(here.db, BY_ADMIN);
      expect(items.map(({ subject, state }) => [subject, state])).toEqual([
        ['a', 'running'],
        ['b', 'waiting'],
      ]);
      await refusal(listJobs(here.db, byUser('ann')), 'not_allowed');
    });
  });

  describe('a job that is run now', () => {
    const here = sharedWorld(under);
    const ran: string[] = [];
    let failing: string | null = null;
    const runner = () =>
      new JobRunner(
        here.db,
        [
          {
            work: async (subject) => {
              ran.push(subject);
              if (failing !== null) throw new Error(failing);
            },
          },
        ],
        quiet,
      );
    beforeEach(async () => {
      await here.db.sql.deleteFrom('jobs').execute();
      ran.length = 0;
      failing = null;
    });

    it('is done when the call comes back, and gone', async () => {
      await enqueue(here.db.sql, 'work', 'other');
      await enqueue(here.db.sql, 'work', 'subject');
      await runner().runNow('work', 'subject');
      expect(ran).toEqual(['subject']);
      expect(await count(here.db.sql, 'jobs')).toBe(1);
    });

    it('throws what its handler throws, and stays', async () => {
      await enqueue(here.db.sql, 'work', 'subject');
      failing = 'git is away';
      await expect(runner().runNow('work', 'subject')).rejects.toThrow('git is away');
      const [job] = (await listJobs(here.db, BY_ADMIN)).items;
      expect(job).toMatchObject({ state: 'waiting', attempts: 1, lastError: 'git is away' });
    });

    it('is run now even where it waits for its next try', async () => {
      await enqueue(here.db.sql, 'work', 'subject');
      failing = 'git is away';
      for (let n = 0; n < 5; n++) {
        await makeDue(here.db.sql);
        await runner()
          .runNow('work', 'subject')
          .catch(() => {});
      }
      failing = null;
      // The user asks again: another collection, so the same job.
      await enqueue(here.db.sql, 'work', 'subject');
      await runner().runNow('work', 'subject');
      expect(ran).toHaveLength(6);
      expect(await count(here.db.sql, 'jobs')).toBe(0);
    });

    it('that nobody has a handler for stays, with that as its error', async () => {
      await enqueue(here.db.sql, 'unknown', 'subject');
      await expect(runner().runNow('unknown', 'subject')).rejects.toThrow('No handler');
      expect(await count(here.db.sql, 'jobs')).toBe(1);
    });

    it('is run once where two ask at once', async () => {
      await enqueue(here.db.sql, 'work', 'subject');
      await Promise.all([runner().runNow('work', 'subject'), runner().runNow('work', 'subject')]);
      expect(ran).toEqual(['subject']);
    });
  });
}
