import { type Kysely, sql } from 'kysely';

/** Scratch builds of an SRPM; results of tests, and which of them a level wants. */
const STATEMENTS = [
  `alter table builds alter column commit drop not null`,
  `alter table builds add column srpm text,
     add constraint builds_one_source check ((commit is null) = (srpm is not null)),
     add constraint builds_srpm_scratch check (srpm is null or kind = 'scratch')`,
  // Rows are added, and never changed: the newest of a test counts.
  `create table build_results (
     id bigint generated always as identity primary key,
     record bigint not null references builds,
     test text not null,
     outcome text not null check (outcome in ('PASSED', 'INFO', 'FAILED', 'NEEDS_INSPECTION')),
     url text,
     recorded_by text not null references users,
     recorded_at timestamptz not null default now())`,
  `create index build_results_by_test on build_results (record, test, id desc)`,
  `alter table collections add column testing_tests text[] not null default '{}',
     add column release_tests text[] not null default '{}'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
