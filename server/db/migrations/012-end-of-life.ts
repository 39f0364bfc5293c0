import { type Kysely, sql } from 'kysely';

/** What ends: a collection on an EL release, and a component in a collection. */
const STATEMENTS = [
  `alter table collection_releases add column closed boolean not null default false`,
  `alter table component_collections add column retired boolean not null default false`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
