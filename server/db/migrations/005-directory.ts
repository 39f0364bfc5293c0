import { type Kysely, sql } from 'kysely';

/** Who is of the directory, and which memberships it was last heard to tell. */
const STATEMENTS = [
  `alter table users add column source text not null default 'local'
     check (source in ('local', 'directory'))`,
  `create table directory_users (
     user_name text primary key constraint directory_users_user references users,
     present boolean not null,
     admin boolean not null,
     refreshed_at timestamptz not null)`,
  // No reference to sigs: a group may be there before its SIG is.
  `create table directory_members (
     sig text not null,
     user_name text not null constraint directory_members_user references directory_users,
     role text not null check (role in ('chair', 'member')),
     primary key (user_name, sig))`,
  `create index directory_members_by_sig on directory_members (sig)`,
  // min: 'chair' stands before 'member'.
  `create view memberships as
     select sig, user_name, min(role) as role from (
       select sig, user_name, role from sig_members
       union all
       select sig, user_name, role from directory_members) as every
     group by sig, user_name`,
  // Not of refreshed_at, which changes all the time.
  `create trigger directory_users_access_version
     after insert or delete or update of present, admin on directory_users
     for each statement execute function next_access_version()`,
  `create trigger directory_members_access_version
     after insert or update or delete on directory_members
     for each statement execute function next_access_version()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
