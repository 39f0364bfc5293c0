import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, rows } from './world.ts';

const TABLES = [
  'access_requests',
  'access_version',
  'audit_log',
  'auto_builds',
  'build_moves',
  'build_results',
  'builds',
  'collection_depends',
  'collection_releases',
  'collections',
  'component_collections',
  'components',
  'directory_members',
  'directory_users',
  'jobs',
  'koji_drift',
  'koji_provisions',
  'koji_things',
  'memberships',
  'push_ref_updates',
  'pushes',
  'scrubs',
  'sig_approvals',
  'sig_members',
  'sigs',
  'source_origins',
  'source_references',
  'source_usage',
  'sources',
  'ssh_keys',
  'tokens',
  'users',
  'web_sessions',
];

export function migrationContract(under: DatabaseUnderTest): void {
  describe('migrations', () => {
    it('make every table from nothing, and change nothing when they run again', async () => {
      const db = await under.open();
      try {
        const tables = async (): Promise<string[]> => {
          const found = await rows(
            db.sql,
            raw<{ name: string }>`select table_name as name from information_schema.tables
              where table_schema = 'public' and table_name not like 'kysely%' order by 1`,
          );
          return found.map(({ name }) => name);
        };
        const columns = () =>
          rows(
            db.sql,
            raw`select table_name, column_name, data_type, is_nullable, column_default
              from information_schema.columns where table_schema = 'public' order by 1, 2`,
          );
        expect(await tables()).toEqual([]);
        await db.migrate();
        expect(await tables()).toEqual(TABLES);

        await raw`insert into users values ('ann', '', '', false)`.execute(db.sql);
        const before = await columns();
        await db.migrate();
        await db.migrate();
        expect(await columns()).toEqual(before);
        expect(await rows(db.sql, raw`select name from users`)).toEqual([{ name: 'ann' }]);
      } finally {
        await db.close();
      }
    });
  });
}
