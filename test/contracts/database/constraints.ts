import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import { constraintError, withConstraints } from '../../../server/db/constraints.ts';
import { type DatabaseUnderTest, rows, world } from './world.ts';

/** A build that is under way. */
const buildRow = (nvr: string, commit: string): string =>
  `insert into builds
    (kind, component, collection, release, commit, target, options, nvr, state, submitted_by)
    values ('build', 'python', 'python33', '7', '${commit}', 't', '{}', '${nvr}', 'building', 'ann')`;

/** A statement that violates each constraint which clients are told about, on the rows below. */
const VIOLATIONS: Readonly<Record<string, string>> = {
  users_pkey: `insert into users values ('ann', '', '', false)`,
  sigs_pkey: `insert into sigs values ('sclo', '', 'approved', 'members')`,
  collections_pkey: `insert into collections values ('python33', 'sclo', 'x', 'rh', 'x', 'ann')`,
  collections_name_any_case: `insert into collections values ('PYTHON33', 'sclo', 'x', 'rh', 'x', 'ann')`,
  components_pkey: `insert into components values ('python', false, 'active', 'ann')`,
  components_name_any_case: `insert into components values ('Python', false, 'active', 'ann')`,
  collection_releases_pkey: `insert into collection_releases values ('python33', '7')`,
  collection_depends_twice: `insert into collection_depends values
    ('python33', '7', 0, 'ruby', 'candidate'), ('python33', '7', 1, 'ruby', 'release')`,
  component_collections_pkey: `insert into component_collections values ('python', 'python33')`,
  ssh_keys_pkey: `insert into ssh_keys values ('SHA256:x', 'ann', 'ssh-rsa', 'b', '', 'ann')`,
  ssh_keys_user: `insert into ssh_keys values ('SHA256:y', 'nobody', 'ssh-rsa', 'b', '', 'ann')`,
  tokens_user: `insert into tokens (id, user_name, label, secret_hash, created_by)
    values ('t', 'nobody', '', '', 'ann')`,
  sig_members_user: `insert into sig_members values ('sclo', 'nobody', 'member')`,
  sig_approvals_user: `insert into sig_approvals values ('sclo', 'nobody', null, '', 'ann')`,
  sig_members_sig: `insert into sig_members values ('none', 'ann', 'member')`,
  sig_approvals_sig: `insert into sig_approvals values ('none', 'ann', null, '', 'ann')`,
  collections_sig: `insert into collections values ('new', 'none', 'x', 'rh', 'x', 'ann')`,
  collection_depends_on: `insert into collection_depends values
    ('python33', '7', 0, 'none', 'candidate')`,
  koji_provisions_release: `delete from collection_releases where collection = 'ruby'`,
  access_requests_collection_fkey: `delete from collections where name = 'asked-for'`,
  builds_one_under_way: buildRow('x-1-1', 'other'),
  builds_commit_under_way: buildRow('x-1-2', 'commit'),
  build_moves_one_under_way: `insert into build_moves (record, build, tag, asked_by)
    values (1, 7, 'testing', 'ann')`,
  component_collections_collection: `insert into component_collections values ('python', 'none')`,
};

const ROWS = [
  `insert into users values ('ann', '', '', false)`,
  `insert into sigs values ('sclo', '', 'approved', 'members')`,
  `insert into collections values
    ('python33', 'sclo', 'x', 'rh', 'x', 'ann'), ('ruby', 'sclo', 'x', 'rh', 'x', 'ann'),
    ('asked-for', 'sclo', 'x', 'rh', 'x', 'ann')`,
  `insert into access_requests (kind, user_name, sig, collection, reason)
    values ('koji', 'ann', 'sclo', 'asked-for', '')`,
  `insert into collection_releases values ('python33', '7'), ('ruby', '7')`,
  `insert into koji_provisions (collection, release, requested_by) values ('ruby', '7', 'ann')`,
  `insert into components values ('python', false, 'active', 'ann')`,
  `insert into component_collections values ('python', 'python33')`,
  `insert into ssh_keys values ('SHA256:x', 'ann', 'ssh-rsa', 'b', '', 'ann')`,
  buildRow('x-1-1', 'commit'),
  `insert into build_moves (record, build, tag, asked_by) values (1, 7, 'testing', 'ann')`,
];

/** The names that the server has a meaning for, read from its source, where they are private. */
function namesWithMeaning(): string[] {
  const file = resolve(import.meta.dirname, '../../../server/db/constraints.ts');
  const [, table = ''] = readFileSync(file, 'utf8').split('MEANINGS');
  const names = [...table.split('\n};')[0]!.matchAll(/^ {2}(\w+):/gm)];
  return names.map(([, name = '']) => name);
}

export function constraintContract(under: DatabaseUnderTest): void {
  describe('constraints', () => {
    const here = world(under);
    const names = namesWithMeaning();
    beforeAll(async () => {
      for (const statement of ROWS) await raw.raw(statement).execute(here.db.sql);
    });

    it('with a meaning for clients are all known here, and nothing else is', () => {
      expect(names.toSorted()).toEqual(Object.keys(VIOLATIONS).toSorted());
      for (const name of names)
        expect(constraintError({ constraint: name })).toBeInstanceOf(DistGitError);
    });

    it('with a meaning for clients are all in the schema', async () => {
      const found = await rows(
        here.db.sql,
        raw<{ name: string }>`select conname as name from pg_constraint
          union select indexname from pg_indexes where schemaname = 'public'`,
      );
      expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    });

    it.each(Object.entries(VIOLATIONS))(
      '%s is told in the words of a client',
      async (name, statement) => {
        const act = () => raw.raw(statement).execute(here.db.sql);
        await expect(act()).rejects.toMatchObject({ constraint: name });
        const error = await withConstraints(act).catch((raw: unknown) => raw);
        expect(error).toBeInstanceOf(DistGitError);
        const { code, message, detail, cause } = error as DistGitError;
        expect(code).toMatch(/^(conflict|not_found|input_invalid)$/);
        expect(`${message} ${detail.remedy}`).not.toMatch(/constraint|violates|insert|_pkey/i);
        expect(detail.remedy).toMatch(/\.$/);
        expect(cause).toMatchObject({ constraint: name });
      },
    );

    it.each([
      ['a check', `insert into sigs values ('bad', '', 'nobody', 'members')`],
      ['a column that is not null', `insert into users values (null, '', '', false)`],
      [
        'a key of ours',
        `insert into jobs (id, kind, subject) overriding system value
        select 1, 'k', n::text from generate_series(1, 2) n`,
      ],
    ])('%s stays an error of ours', async (_, statement) => {
      const error = await withConstraints(() => raw.raw(statement).execute(here.db.sql)).catch(
        (raw: unknown) => raw,
      );
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(DistGitError);
    });

    it('are not blamed for other errors', () => {
      for (const error of [new Error('x'), null, undefined, 'text', { constraint: 'other' }])
        expect(constraintError(error)).toBe(error);
    });
  });
}
