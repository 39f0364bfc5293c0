import { type Kysely, sql } from 'kysely';

const TWICE = 'It was asked for twice at once; Koji may be at it. Look at its task.';

/**
 * What was asked for is recorded before Koji is: taggings and cancellations as well as builds. And
 * no two builds of one name, nor of one commit, are under way at once.
 */
const STATEMENTS = [
  `alter table builds add column cancel_by text references users`,
  `update builds set state = 'failed', finished_at = now(), problem = '${TWICE}'
     where kind <> 'scratch' and state in ('submitting', 'first-arch', 'building')
     and exists (select from builds b where b.id < builds.id and b.kind <> 'scratch'
       and b.state in ('submitting', 'first-arch', 'building')
       and (b.nvr = builds.nvr or (b.component = builds.component
         and b.collection = builds.collection and b.release = builds.release
         and b.commit = builds.commit and b.target = builds.target)))`,
  `create unique index builds_one_under_way on builds (nvr)
     where kind <> 'scratch' and state in ('submitting', 'first-arch', 'building')`,
  // rpm alone knows the names of some.
  `create unique index builds_commit_under_way
     on builds (component, collection, release, commit, target)
     where kind <> 'scratch' and state in ('submitting', 'first-arch', 'building')`,
  // A hub that was set up anew counts from one again.
  `drop index builds_one_complete`,
  `create index builds_by_number on builds (build) where build is not null`,
  `alter table build_moves drop constraint build_moves_pkey`,
  `alter table build_moves alter column task drop not null`,
  `alter table build_moves add column id bigint generated always as identity primary key`,
  `alter table build_moves add column record bigint references builds`,
  `update build_moves set record =
     (select max(b.id) from builds b where b.build = build_moves.build)`,
  `delete from build_moves where record is null`,
  `alter table build_moves alter column record set not null`,
  `alter table build_moves add column way text not null default 'in' check (way in ('in', 'out'))`,
  `update build_moves set finished_at = now(), problem = '${TWICE}'
     where finished_at is null and exists (select from build_moves m where m.id < build_moves.id
       and m.record = build_moves.record and m.tag = build_moves.tag and m.finished_at is null)`,
  `create unique index build_moves_one_under_way on build_moves (record, tag)
     where finished_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
