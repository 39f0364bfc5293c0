import { type Kysely, sql } from 'kysely';

/** Scratch builds that are made of an SRPM. */
const STATEMENTS = [
  `alter table builds alter column commit drop not null`,
  `alter table builds add column srpm text,
     add constraint builds_one_source check ((commit is null) = (srpm is not null)),
     add constraint builds_srpm_scratch check (srpm is null or kind = 'scratch')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
