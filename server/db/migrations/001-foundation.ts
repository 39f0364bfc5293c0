import { type Kysely, sql } from 'kysely';

/** One statement per entry: both PostgreSQL and PGlite run them as they are. */
const STATEMENTS = [
  `create table users (
     name text primary key,
     full_name text not null,
     email text not null,
     admin boolean not null,
     disabled boolean not null default false,
     created_at timestamptz not null default now())`,
  `create table tokens (
     id text primary key,
     user_name text not null constraint tokens_user references users,
     label text not null,
     secret_hash bytea not null,
     verbs text[], sigs text[], collections text[], components text[],
     created_by text not null,
     created_at timestamptz not null default now(),
     expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)`,
  `create index tokens_by_user on tokens (user_name)`,
  `create table sigs (
     name text primary key,
     title text not null,
     commit_policy text not null check (commit_policy in ('approved', 'members')),
     koji_policy text not null check (koji_policy in ('members', 'admins')),
     created_at timestamptz not null default now())`,
  `create table sig_members (
     sig text not null constraint sig_members_sig references sigs,
     user_name text not null constraint sig_members_user references users,
     role text not null check (role in ('chair', 'member')),
     primary key (sig, user_name))`,
  `create table sig_approvals (
     sig text not null constraint sig_approvals_sig references sigs,
     user_name text not null constraint sig_approvals_user references users,
     components text[],
     reason text not null,
     approved_by text not null,
     created_at timestamptz not null default now(),
     until timestamptz,
     primary key (sig, user_name))`,
  `create table collections (
     name text primary key,
     sig text not null constraint collections_sig references sigs,
     scl_name text not null,
     vendor text not null check (vendor in ('rh', 'sclo')),
     meta_component text not null,
     created_by text not null,
     created_at timestamptz not null default now())`,
  `create unique index collections_name_any_case on collections (lower(name))`,
  `create table collection_releases (
     collection text not null references collections,
     release text not null,
     primary key (collection, release))`,
  `create table collection_depends (
     collection text not null,
     release text not null,
     position integer not null,
     depends_on text not null constraint collection_depends_on references collections,
     level text not null check (level in ('candidate', 'release')),
     primary key (collection, release, position),
     constraint collection_depends_twice unique (collection, release, depends_on),
     foreign key (collection, release) references collection_releases)`,
  `create table components (
     name text primary key,
     exploded boolean not null,
     state text not null check (state in ('creating', 'active')),
     created_by text not null,
     created_at timestamptz not null default now())`,
  `create unique index components_name_any_case on components (lower(name))`,
  `create table component_collections (
     component text not null references components,
     collection text not null constraint component_collections_collection references collections,
     primary key (component, collection))`,
  `create index component_collections_by_collection on component_collections (collection)`,
  `create table sources (
     component text not null references components,
     file text not null,
     hash_type text not null,
     hash text not null,
     size bigint not null,
     mtime timestamptz not null,
     uploaded_by text not null,
     uploaded_at timestamptz not null default now(),
     primary key (component, file, hash_type, hash))`,
  `create table pushes (
     id text primary key,
     component text not null references components,
     user_name text not null,
     state text not null check (state in ('checked', 'applied', 'abandoned')),
     created_at timestamptz not null default now(),
     settled_at timestamptz)`,
  `create index pushes_by_time on pushes (created_at desc)`,
  `create index pushes_by_component on pushes (component, created_at desc)`,
  `create index pushes_unsettled on pushes (created_at) where state = 'checked'`,
  `create table push_ref_updates (
     push text not null references pushes,
     ref text not null,
     old_oid text not null,
     new_oid text not null,
     primary key (push, ref))`,
  `create table jobs (
     id bigint generated always as identity primary key,
     kind text not null,
     subject text not null,
     state text not null default 'waiting' check (state in ('waiting', 'parked')),
     attempts integer not null default 0,
     run_at timestamptz not null default now(),
     leased_until timestamptz,
     last_error text,
     created_at timestamptz not null default now())`,
  `create unique index jobs_one_waiting on jobs (kind, subject)
     where state = 'waiting' and leased_until is null`,
  `create index jobs_due on jobs (run_at) where state = 'waiting'`,
  `create table audit_log (
     id bigint generated always as identity primary key,
     at timestamptz not null default now(),
     actor text not null,
     credential text not null,
     address text not null,
     request_id text not null,
     action text not null,
     subject text not null,
     allowed boolean not null,
     rule text not null,
     detail jsonb not null default '{}')`,
  `create function refuse_change() returns trigger language plpgsql as
     $$ begin raise exception 'the audit log is append-only'; end $$`,
  `create trigger audit_log_append_only before update or delete on audit_log
     for each row execute function refuse_change()`,
  `create trigger audit_log_no_truncate before truncate on audit_log
     for each statement execute function refuse_change()`,
];

/** What permission hangs on; a change of any of these is a new version, see `versioned-cache.ts`. */
const ACCESS_TABLES = [
  'users',
  'sigs',
  'sig_members',
  'sig_approvals',
  'collections',
  'collection_releases',
  'components',
  'component_collections',
];

const VERSION_STATEMENTS = [
  `create table access_version (version bigint not null)`,
  `insert into access_version values (1)`,
  `create function next_access_version() returns trigger language plpgsql as
     $$ begin update access_version set version = version + 1; return null; end $$`,
  ...ACCESS_TABLES.map(
    (table) => `create trigger ${table}_access_version after insert or update or delete on ${table}
     for each statement execute function next_access_version()`,
  ),
  // Not of every column: the time of last use is written all the time.
  `create trigger tokens_access_version after insert or delete or update of
     user_name, secret_hash, verbs, sigs, collections, components, expires_at, revoked_at on tokens
     for each statement execute function next_access_version()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...STATEMENTS, ...VERSION_STATEMENTS])
    await sql.raw(statement).execute(db);
}
