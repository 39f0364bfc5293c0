import { type Kysely, sql } from 'kysely';

/** What people ask of SIGs and site admins, tokens of robots, and users found among thousands. */
const STATEMENTS = [
  `create table access_requests (
     id bigint generated always as identity primary key,
     kind text not null check (kind in ('access', 'koji')),
     user_name text not null constraint access_requests_user references users,
     sig text not null references sigs,
     components text[],
     collection text references collections,
     reason text not null,
     state text not null default 'open'
       check (state in ('open', 'approved', 'denied', 'cancelled')),
     created_at timestamptz not null default now(),
     answered_by text,
     answered_at timestamptz,
     answer text,
     check ((kind = 'koji') = (collection is not null)))`,
  // Asking again is not asking more.
  `create unique index access_requests_one_open on access_requests
     (user_name, sig, kind, coalesce(components, '{}'), coalesce(collection, ''))
     where state = 'open'`,
  `create index access_requests_by_sig on access_requests (sig, id)`,
  `create index access_requests_by_user on access_requests (user_name, id)`,
  // The primary keys begin with the SIG; every login asks by user.
  `create index sig_members_by_user on sig_members (user_name)`,
  `create index sig_approvals_by_user on sig_approvals (user_name)`,
  `alter table tokens add column robot text`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
