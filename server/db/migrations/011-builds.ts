import { type Kysely, sql } from 'kysely';

/** Builds in Koji, what put them into tags, and collections that are built by their pushes. */
const STATEMENTS = [
  `create table builds (
     id bigint generated always as identity primary key,
     kind text not null check (kind in ('build', 'scratch', 'chain')),
     component text not null references components,
     collection text not null references collections,
     release text not null,
     commit text not null,
     target text not null,
     options jsonb not null,
     first_task integer,
     task integer,
     nvr text,
     build integer,
     state text not null check (state in
       ('submitting', 'first-arch', 'building', 'complete', 'failed', 'canceled')),
     problem text,
     tags text[] not null default '{}',
     submitted_by text not null references users,
     submitted_at timestamptz not null default now(),
     asked_at timestamptz not null default now(),
     finished_at timestamptz)`,
  `create index builds_by_branch on builds (component, collection, release, id)`,
  `create index builds_by_task on builds (task)`,
  `create index builds_by_nvr on builds (nvr)`,
  `create index builds_under_way on builds (id)
     where state in ('submitting', 'first-arch', 'building')`,
  // What a build is, it is once: Koji has no two of the same name.
  `create unique index builds_one_complete on builds (build) where build is not null`,
  `create table build_moves (
     task integer primary key,
     build integer not null,
     tag text not null,
     asked_by text not null references users,
     asked_at timestamptz not null default now(),
     finished_at timestamptz,
     problem text)`,
  `create index build_moves_under_way on build_moves (task) where finished_at is null`,
  `create table auto_builds (
     collection text primary key references collections,
     set_by text not null references users,
     set_at timestamptz not null default now())`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
