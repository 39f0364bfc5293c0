import { type Kysely, sql } from 'kysely';

/** Logins of people who look at the pages. */
const STATEMENTS = [
  `create table web_sessions (
     id_hash bytea primary key,
     user_name text not null,
     credential text not null,
     verbs text[], sigs text[], collections text[], components text[],
     created_at timestamptz not null default now(),
     last_used_at timestamptz not null default now(),
     expires_at timestamptz not null)`,
  `create index web_sessions_by_user on web_sessions (user_name)`,
  `create index web_sessions_by_end on web_sessions (expires_at)`,
  // A disabled user who comes back logs in anew: no session waits for that day.
  `create function end_web_sessions() returns trigger language plpgsql as
     $$ begin delete from web_sessions where user_name = new.name; return null; end $$`,
  `create trigger users_end_web_sessions after update of disabled on users
     for each row when (new.disabled) execute function end_web_sessions()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
