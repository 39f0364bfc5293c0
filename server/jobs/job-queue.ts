import { sql as raw } from 'kysely';
import type { Database, Sql } from '../db/database.ts';

/** A job does its work so that a second run changes nothing: it runs at least once. */
export type JobHandler = (subject: string) => Promise<void>;

export interface Job {
  readonly id: number;
  readonly kind: string;
  readonly subject: string;
  readonly attempts: number;
}

/** After so many failures a job is parked, and shown, until somebody looks. */
const MAX_ATTEMPTS = 8;
/** Longer than any job takes; a lease that ended belongs to a server that died. */
const LEASE = '15 minutes';

/**
 * The row of a job, for statements that write it together with what it follows from.
 * @param delay seconds until it is due
 */
export function jobRow(kind: string, subject: string, delay: number) {
  return { kind, subject, run_at: raw<Date>`now() + make_interval(secs => ${delay})` };
}

/**
 * Enqueues in the caller's transaction. The same (kind, subject) waits once only: a second request
 * before the first has started asks for nothing new.
 * @param delay seconds until it is due
 */
export async function enqueue(sql: Sql, kind: string, subject: string, delay = 0): Promise<void> {
  await sql
    .insertInto('jobs')
    .values(jobRow(kind, subject, delay))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Which job is wanted: one by name, due or not; or the next due one, of other kinds than these. */
export type WantedJob =
  | { readonly kind: string; readonly subject: string }
  | { readonly except: readonly string[] };

/** Takes the next due job, or the one asked for; null: there is none to take. */
export async function lease(db: Database, wanted: WantedJob = { except: [] }): Promise<Job | null> {
  const only = 'kind' in wanted ? wanted : null;
  const except = 'except' in wanted ? wanted.except : [];
  const due = db.sql
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'waiting')
    .$if(only === null, (query) => query.where('run_at', '<=', raw<Date>`now()`))
    .where((where) =>
      where.or([where('leased_until', 'is', null), where('leased_until', '<', raw<Date>`now()`)]),
    )
    .$if(only !== null, (query) =>
      query.where('kind', '=', only?.kind ?? '').where('subject', '=', only?.subject ?? ''),
    )
    .$if(except.length > 0, (query) => query.where('kind', 'not in', except))
    .orderBy('run_at')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked();
  const job = await db.sql
    .updateTable('jobs')
    .set({
      leased_until: raw<Date>`now() + ${raw.lit(LEASE)}::interval`,
      attempts: raw<number>`attempts + 1`,
    })
    // A scalar is asked for once; "in" may ask again, and take a job that nobody gets.
    .where('id', '=', due)
    .returning(['id', 'kind', 'subject', 'attempts'])
    .executeTakeFirst();
  return job ?? null;
}

/** Does somebody work on it? */
export async function isLeased(db: Database, kind: string, subject: string): Promise<boolean> {
  const job = await db.sql
    .selectFrom('jobs')
    .select('id')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('leased_until', '>', raw<Date>`now()`)
    .limit(1)
    .executeTakeFirst();
  return job !== undefined;
}

export async function finish(db: Database, job: Job): Promise<void> {
  await db.sql.deleteFrom('jobs').where('id', '=', job.id).execute();
}

/** Back-off doubles from one second; `message` is for admins and holds no secret. */
export async function giveBack(db: Database, job: Job, message: string): Promise<void> {
  const parked = job.attempts >= MAX_ATTEMPTS;
  const seconds = Math.min(2 ** (job.attempts - 1), 300);
  const giveUp = async (error: unknown): Promise<void> => {
    if ((error as { constraint?: string }).constraint !== 'jobs_one_waiting') throw error;
    // A twin came in this very moment; it stands in for this one.
    await finish(db, job);
  };
  await db
    .transaction(async (sql) => {
      // A newer request for the same work stands in for this one.
      const twin = await sql
        .selectFrom('jobs')
        .select('id')
        .where('kind', '=', job.kind)
        .where('subject', '=', job.subject)
        .where('state', '=', 'waiting')
        .where('leased_until', 'is', null)
        .where('id', '!=', job.id)
        .executeTakeFirst();
      if (twin !== undefined) {
        await sql.deleteFrom('jobs').where('id', '=', job.id).execute();
        return;
      }
      await sql
        .updateTable('jobs')
        .set({
          leased_until: null,
          last_error: message.slice(0, 1000),
          state: parked ? 'parked' : 'waiting',
          run_at: raw<Date>`now() + make_interval(secs => ${seconds})`,
        })
        .where('id', '=', job.id)
        .execute();
    })
    .catch(giveUp);
}
