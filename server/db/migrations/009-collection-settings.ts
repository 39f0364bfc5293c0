import { type Kysely, sql } from 'kysely';

/** What Koji is to do for a collection. */
const STATEMENTS = [
  `alter table collections add column inherit_testing boolean not null default false`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
