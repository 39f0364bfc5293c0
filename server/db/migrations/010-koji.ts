import { type Kysely, sql } from 'kysely';

/** What is set up in Koji: what was asked for, what came of it, and what we made there. */
const STATEMENTS = [
  `create table koji_provisions (
     collection text not null,
     release text not null,
     requested_by text not null,
     requested_at timestamptz not null default now(),
     request integer not null default 1,
     overwrite text[] not null default '{}',
     state text not null default 'waiting' check (state in ('waiting', 'done', 'attention')),
     result jsonb,
     ran_at timestamptz,
     primary key (collection, release),
     constraint koji_provisions_release
       foreign key (collection, release) references collection_releases)`,
  `create table koji_drift (
     collection text not null,
     release text not null,
     plan jsonb not null,
     looked_at timestamptz not null default now(),
     primary key (collection, release),
     foreign key (collection, release) references koji_provisions)`,
  `create table koji_things (
     collection text not null,
     release text not null,
     thing text not null,
     sure boolean not null,
     primary key (collection, release, thing),
     foreign key (collection, release) references koji_provisions)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
