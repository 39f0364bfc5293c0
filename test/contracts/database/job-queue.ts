import { sql as raw } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { enqueue, finish, lease } from '../../../server/jobs/job-queue.ts';
import { count, type DatabaseUnderTest, rows, sharedWorld } from './world.ts';

export function jobQueueContract(under: DatabaseUnderTest): void {
  describe('the job queue', () => {
    const here = sharedWorld(under);
    const leased = async (): Promise<number> => {
      const [row] = await rows(
        here.db.sql,
        raw<{ n: number }>`select count(*) as n from jobs where leased_until > now()`,
      );
      return row?.n ?? Number.NaN;
    };
    beforeEach(async () => {
      await here.db.sql.deleteFrom('jobs').execute();
    });

    it('takes a job in the transaction of the caller, and loses it with that', async () => {
      const act = here.db.transaction(async (sql) => {
        await enqueue(sql, 'kind', 'subject');
        throw new Error('rolled back');
      });
      await expect(act).rejects.toThrow('rolled back');
      expect(await lease(here.db)).toBeNull();
      await here.db.transaction((sql) => enqueue(sql, 'kind', 'subject'));
      expect(await lease(here.db)).toMatchObject({ kind: 'kind', subject: 'subject', attempts: 1 });
    });

    it('holds a job that waits once, and once more when the first has begun', async () => {
      for (let n = 0; n < 3; n++) await enqueue(here.db.sql, 'kind', 'subject');
      await enqueue(here.db.sql, 'kind', 'other');
      await enqueue(here.db.sql, 'other', 'subject');
      expect(await count(here.db.sql, 'jobs')).toBe(3);
      await lease(here.db, { kind: 'kind', subject: 'subject' });
      for (let n = 0; n < 3; n++) await enqueue(here.db.sql, 'kind', 'subject');
      expect(await count(here.db.sql, 'jobs')).toBe(4);
    });

    it('holds one of many requests that come at once', async () => {
      await Promise.all(
        Array.from({ length: 20 }, () =>
          here.db.transaction((sql) => enqueue(sql, 'kind', 'subject')),
        ),
      );
      expect(await count(here.db.sql, 'jobs')).toBe(1);
    });

    it('gives the job that is due first, and none that is not due', async () => {
      await enqueue(here.db.sql, 'kind', 'later', 600);
      await enqueue(here.db.sql, 'kind', 'second');
      await enqueue(here.db.sql, 'kind', 'third');
      await raw`update jobs set run_at = now() - interval '1 hour' where subject = 'third'`.execute(
        here.db.sql,
      );
      expect((await lease(here.db))?.subject).toBe('third');
      expect((await lease(here.db))?.subject).toBe('second');
      expect(await lease(here.db)).toBeNull();
      expect(await lease(here.db, { kind: 'kind', subject: 'nothing' })).toBeNull();
    });

    it('gives just the job that was asked for', async () => {
      await enqueue(here.db.sql, 'kind', 'first');
      await enqueue(here.db.sql, 'kind', 'wanted');
      const job = await lease(here.db, { kind: 'kind', subject: 'wanted' });
      expect(job).toMatchObject({ subject: 'wanted', attempts: 1 });
      expect(await lease(here.db, { kind: 'kind', subject: 'wanted' })).toBeNull();
      expect((await lease(here.db))?.subject).toBe('first');
    });

    it('gives each job to one of those who ask at once', async () => {
      const subjects = Array.from({ length: 10 }, (_, n) => `s${n}`);
      for (const subject of subjects) await enqueue(here.db.sql, 'kind', subject);
      const jobs = await Promise.all(Array.from({ length: 30 }, () => lease(here.db)));
      const got = jobs.flatMap((job) => (job === null ? [] : [job.subject]));
      expect(new Set(got).size).toBe(got.length);
      // Skipping what another holds may leave a job for the next poll, but never lose one.
      for (let job = await lease(here.db); job !== null; job = await lease(here.db))
        got.push(job.subject);
      expect(got.toSorted()).toEqual(subjects);
    });

    it.each([1, 2, 3, 10, 100])(
      'gives one job a time, whatever plan the database chooses: statistics of %d',
      async (known) => {
        for (let n = 0; n < known; n++) await enqueue(here.db.sql, 'kind', `known-${n}`);
        await raw`analyze jobs`.execute(here.db.sql);
        for (const more of [0, 1, 2, 5]) {
          await raw`update jobs set leased_until = null`.execute(here.db.sql);
          for (let n = 0; n < more; n++) await enqueue(here.db.sql, 'kind', `more-${more}-${n}`);
          await lease(here.db);
          expect(await leased()).toBe(1);
        }
      },
    );

    it('gives a job again when its lease has ended, and not before', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      const first = await lease(here.db);
      expect(await lease(here.db)).toBeNull();
      await raw`update jobs set leased_until = now() - interval '1 second'`.execute(here.db.sql);
      const second = await lease(here.db);
      expect(second).toEqual({ ...first, attempts: 2 });
      expect(await leased()).toBe(1);
    });

    it('leases for longer than a job takes', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      await lease(here.db);
      const [row] = await rows(
        here.db.sql,
        raw<{
          m: number;
        }>`select extract(epoch from leased_until - now())::float / 60 as m from jobs`,
      );
      expect(row?.m).toBeGreaterThan(14);
      expect(row?.m).toBeLessThan(16);
    });

    it('forgets a job that is finished', async () => {
      await enqueue(here.db.sql, 'kind', 'subject');
      await enqueue(here.db.sql, 'kind', 'other');
      const job = await lease(here.db, { kind: 'kind', subject: 'subject' });
      if (job !== null) await finish(here.db, job);
      const left = await here.db.sql.selectFrom('jobs').select('subject').execute();
      expect(left).toEqual([{ subject: 'other' }]);
    });
  });
}
