import { type Kysely, sql } from 'kysely';

/** Which commit names which source, the state of each stored file, usage and quotas. */
const STATEMENTS = [
  `create table source_references (
     component text not null references components,
     file text not null,
     hash_type text not null,
     hash text not null,
     ref text not null,
     commit text not null,
     named_at timestamptz not null default now(),
     primary key (component, file, hash_type, hash, ref))`,
  // Pushes from before are read by a job; every later component is known from its first push on.
  `alter table components add column references_known boolean not null default false`,
  `alter table components alter column references_known set default true`,
  `alter table sources add column state text not null default 'stored'
     check (state in ('stored', 'unreferenced', 'deleting', 'damaged', 'missing'))`,
  `alter table sources add column state_since timestamptz not null default now()`,
  `create index sources_not_stored on sources (state, state_since) where state <> 'stored'`,
  `create table source_usage (
     component text primary key references components,
     files bigint not null,
     bytes bigint not null)`,
  `insert into source_usage
     select component, count(*), sum(size) from sources group by component`,
  // Kept by the database itself, whoever changes the sources.
  `create function count_sources() returns trigger language plpgsql as $$
     begin
       if tg_op = 'DELETE' then
         update source_usage u set files = u.files - d.files, bytes = u.bytes - d.bytes
           from (select component, count(*) as files, sum(size) as bytes
                   from old_sources group by component) d
           where u.component = d.component;
       else
         insert into source_usage
           select component, count(*), sum(size) from new_sources group by component
           on conflict (component) do update
             set files = source_usage.files + excluded.files,
                 bytes = source_usage.bytes + excluded.bytes;
       end if;
       return null;
     end $$`,
  `create trigger sources_counted_in after insert on sources
     referencing new table as new_sources for each statement execute function count_sources()`,
  `create trigger sources_counted_out after delete on sources
     referencing old table as old_sources for each statement execute function count_sources()`,
  `alter table sigs add column quota bigint`,
  `create table scrubs (
     id bigint generated always as identity primary key,
     started_by text not null,
     started_at timestamptz not null default now(),
     finished_at timestamptz,
     cursor text[],
     files bigint not null default 0,
     bytes bigint not null default 0,
     damaged bigint not null default 0,
     missing bigint not null default 0,
     unknown bigint not null default 0)`,
  `create unique index scrubs_one_at_a_time on scrubs ((true)) where finished_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
