import { beforeAll, describe, expect, it } from 'vitest';
import type { UserName } from '../../../core/domain/sig.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import type { DirectoryPerson } from '../../../server/identity/directory.ts';
import { admitPerson, storeHeard } from '../../../server/identity/directory-people.ts';
import type { GroupMapping } from '../../../server/identity/group-memberships.ts';
import { Principals } from '../../../server/identity/principals.ts';
import { newUser } from './rows.ts';
import { type DatabaseUnderTest, sharedWorld, unique } from './world.ts';

const MAPPING: GroupMapping = { adminGroup: 'admins', sigs: new Map() };

export function directoryContract(under: DatabaseUnderTest): void {
  describe('what is stored of a directory', () => {
    const here = sharedWorld(under);
    let bob: UserName;
    let ann: UserName;
    let principals: Principals;
    const someone = (groups: readonly string[]): DirectoryPerson => ({
      name: bob,
      fullName: 'Bob',
      email: 'bob@example.org',
      groups: new Set(groups),
      managedGroups: new Set(),
    });
    // Answers lie apart: on a busy machine each counts as a little older than it is.
    let moment = performance.now() - 500_000;
    const next = (): number => (moment += 10_000);
    const store = (person: DirectoryPerson | null, began = next()) =>
      storeHeard(here.db, [bob], MAPPING, new Map(person === null ? [] : [[bob, person]]), began);
    beforeAll(async () => {
      ann = await newUser(here.db);
      bob = unique('bob') as UserName;
      principals = new Principals(here.db, new VersionedCache(here.db), 900);
    });

    it('begins with the first login, which takes over no local user', async () => {
      const both = await Promise.all([1, 2].map(() => admitPerson(here.db, someone([]))));
      expect(both).toEqual([true, true]);
      expect(await admitPerson(here.db, someone([]))).toBe(true);
      expect(await admitPerson(here.db, { ...someone([]), name: ann })).toBe(false);
      expect((await principals.find(ann))?.directorySilentSince).toBeNull();
      // Nothing was heard of its groups yet.
      expect((await principals.find(bob))?.directorySilentSince).not.toBeNull();
    });

    it('is replaced by what is heard next', async () => {
      await store(someone(['sig-sclo', 'sig-core']));
      expect((await principals.find(bob))?.memberships).toHaveLength(2);
      await store(someone(['sig-core']));
      expect((await principals.find(bob))?.memberships).toEqual([{ sig: 'core', role: 'member' }]);
      await store(someone(['admins']));
      expect(await principals.find(bob)).toMatchObject({ admin: true, memberships: [] });
      await store(null);
      expect(await principals.find(bob)).toBeNull();
    });

    it('is not replaced by an answer that began before', async () => {
      await store(someone([]));
      const before = moment - 5000;
      await store(someone(['sig-sclo']), before);
      expect((await principals.find(bob))?.memberships).toEqual([]);
      await store(null, before);
      expect(await principals.find(bob)).not.toBeNull();
    });

    it('is as old as the question, not as the answer', async () => {
      const old = new Principals(here.db, new VersionedCache(here.db), 30);
      await here.db.transaction(async (sql) => {
        await sql.deleteFrom('directory_members').where('user_name', '=', bob).execute();
        await sql.deleteFrom('directory_users').where('user_name', '=', bob).execute();
      });
      await store(someone(['sig-sclo']), performance.now() - 40_000);
      expect((await old.find(bob))?.directorySilentSince).not.toBeNull();
      await store(someone(['sig-sclo']), performance.now() - 20_000);
      expect((await old.find(bob))?.directorySilentSince).toBeNull();
    });

    it('is trusted by no server that has no directory', async () => {
      const without = new Principals(here.db, new VersionedCache(here.db));
      expect((await without.find(bob))?.directorySilentSince).not.toBeNull();
      expect((await without.find(ann))?.directorySilentSince).toBeNull();
    });
  });
}
