import { type Kysely, sql } from 'kysely';

/** Who uploaded a file, and from where, is asked for by the file's name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create index audit_log_uploads on audit_log (subject) where action = 'upload' and allowed`,
    )
    .execute(db);
}
