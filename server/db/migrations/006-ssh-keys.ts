import { type Kysely, sql } from 'kysely';

/** SSH keys: each belongs to one user, since a key is all that a session shows. */
const STATEMENTS = [
  `create table ssh_keys (
     fingerprint text primary key,
     user_name text not null constraint ssh_keys_user references users,
     type text not null,
     base64 text not null,
     label text not null,
     added_by text not null,
     added_at timestamptz not null default now(),
     last_used_at timestamptz)`,
  `create index ssh_keys_by_user on ssh_keys (user_name)`,
  // Not of every column: the time of last use is written all the time.
  `create trigger ssh_keys_access_version after insert or delete or update of
     fingerprint, user_name, type, base64 on ssh_keys
     for each statement execute function next_access_version()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
