import { type Kysely, sql } from 'kysely';

/** Where a source came from, and what its upstream's signature was found to be. */
const STATEMENTS = [
  `create table source_origins (
     component text not null,
     file text not null,
     hash_type text not null,
     hash text not null,
     url text not null,
     signature text,
     keyring text,
     result text check (result in ('good', 'bad', 'unknown-key')),
     signer text,
     recorded_by text not null,
     recorded_at timestamptz not null default now(),
     primary key (component, file, hash_type, hash),
     foreign key (component, file, hash_type, hash) references sources on delete cascade)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
