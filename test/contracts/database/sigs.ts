import { describe, expect, it } from 'vitest';
import {
  addRelease,
  createCollection,
  listCollections,
  setDepends,
  showCollection,
} from '../../../server/collections/collections.ts';
import type { ProvisionDeps } from '../../../server/components/provision.ts';
import { approveUser, revokeApproval } from '../../../server/sigs/approvals.ts';
import {
  createSig,
  listSigs,
  removeMember,
  setMember,
  showSig,
  updateSig,
} from '../../../server/sigs/sigs.ts';
import { componentRows, newCollection, newSig, newUser } from './rows.ts';
import {
  BY_ADMIN,
  byUser,
  count,
  type DatabaseUnderTest,
  parsed,
  refusal,
  sharedWorld,
  unique,
} from './world.ts';

const nameOf = async (name: Promise<string>) => (await name) as never;

export function sigContract(under: DatabaseUnderTest): void {
  describe('SIGs', () => {
    const here = sharedWorld(under);

    it('begin with the proposal’s policies, and are changed without losing the rest', async () => {
      const name = unique('s');
      const made = await createSig(here.db, BY_ADMIN, parsed('createSig', { name, title: 'T' }));
      expect(made).toMatchObject({ name, title: 'T', commit: 'approved', koji: 'members' });
      const input = parsed('updateSig', { sig: name, commit: 'members' });
      expect(await updateSig(here.db, BY_ADMIN, input)).toEqual({ ...made, commit: 'members' });
      expect((await listSigs(here.db)).items).toContainEqual({ ...made, commit: 'members' });
      await refusal(createSig(here.db, BY_ADMIN, parsed('createSig', { name })), 'conflict');
      await refusal(createSig(here.db, byUser('x'), parsed('createSig', { name })), 'not_allowed');
      await refusal(showSig(here.db, 'none' as never), 'not_found');
    });

    it('have members with one role each', async () => {
      const [sig, user] = [await nameOf(newSig(here.db)), await newUser(here.db)];
      const set = (role: 'member' | 'chair', who: string = user) =>
        setMember(here.db, BY_ADMIN, parsed('setMember', { sig, user: who, role }));
      await set('member');
      await set('chair');
      expect((await showSig(here.db, sig)).members).toEqual([{ user, role: 'chair' }]);
      await refusal(set('member', 'nobody'), 'not_found');
      await removeMember(here.db, BY_ADMIN, { sig, user });
      expect((await showSig(here.db, sig)).members).toEqual([]);
      await refusal(removeMember(here.db, BY_ADMIN, { sig, user }), 'not_found');
    });

    it('have approvals of which the newest counts', async () => {
      const [sig, user] = [await nameOf(newSig(here.db)), await newUser(here.db)];
      const approve = (input: object) =>
        approveUser(here.db, BY_ADMIN, parsed('approveUser', { sig, user, ...input }));
      const python = await componentRows(here.db, unique('python'), sig);
      const ruby = await componentRows(here.db, unique('ruby'), sig);
      const some = await approve({ components: [ruby, python, ruby], reason: 'a' });
      expect(some.components).toEqual([python, ruby]);
      const alien = await componentRows(here.db);
      const error = await refusal(approve({ components: [python, alien, 'nothing'] }), 'not_found');
      expect(error.message).toBe(`No collection of SIG ${String(sig)} has ${alien}, nothing.`);
      const until = new Date(Date.now() + 60_000).toISOString();
      const last = await approve({ components: null, reason: 'b', until });
      expect(last).toMatchObject({ components: null, reason: 'b', approvedBy: 'admin', until });
      expect((await showSig(here.db, sig)).approvals).toEqual([last]);
      await refusal(approve({ until: new Date(Date.now() - 1000).toISOString() }), 'input_invalid');
      await refusal(approve({ user: 'nobody' }), 'not_found');
      await refusal(approve({ sig: 'none' }), 'not_found');
      await revokeApproval(here.db, BY_ADMIN, { sig, user });
      await refusal(revokeApproval(here.db, BY_ADMIN, { sig, user }), 'not_found');
    });

    it('record nothing of what is refused, but the refusal', async () => {
      const sig = await newSig(here.db);
      const before = await count(here.db.sql, 'audit_log');
      const input = parsed('setMember', { sig, user: 'nobody' });
      await refusal(setMember(here.db, BY_ADMIN, input), 'not_found');
      expect(await count(here.db.sql, 'audit_log')).toBe(before);
      await refusal(setMember(here.db, byUser('x'), input), 'not_allowed');
      expect(await count(here.db.sql, 'audit_log')).toBe(before + 1);
    });
  });

  describe('collections', () => {
    const here = sharedWorld(under);
    const deps = (): ProvisionDeps => ({
      db: here.db,
      repositories: undefined as never,
      runJobNow: () => Promise.reject(new Error('No component, no job')),
    });

    it('have releases in order, each with its dependencies in theirs', async () => {
      const [one, two] = [await newCollection(here.db), await newCollection(here.db)];
      const name = unique('collection');
      const depends = [
        { collection: two.name, level: 'release' as const },
        { collection: one.name },
      ];
      const releases = [{ release: '10' }, { release: '9s' }, { release: '7', depends }];
      const input = parsed('createCollection', { name, sig: one.sig, releases });
      const made = await createCollection(here.db, BY_ADMIN, input);
      expect(made).toMatchObject({
        name,
        sclName: name,
        vendor: 'rh',
        releases: [
          {
            release: '7',
            depends: [
              { collection: two.name, level: 'release' },
              { collection: one.name, level: 'candidate' },
            ],
          },
          { release: '10', depends: [] },
          { release: '9s', depends: [] },
        ],
      });
      expect(await showCollection(here.db, name as never)).toEqual({ ...made, components: [] });
      const { items } = await listCollections(here.db, parsed('listCollections', { sig: one.sig }));
      expect(items.map((item) => item.name).toSorted()).toEqual([one.name, name].toSorted());
    });

    it('are refused whole: nothing of a bad one stays', async () => {
      const { sig, name: there } = await newCollection(here.db);
      const before = await Promise.all(
        ['collections', 'collection_releases', 'audit_log'].map((table) =>
          count(here.db.sql, table),
        ),
      );
      const name = unique('collection');
      const bad = (more: object) =>
        createCollection(
          here.db,
          BY_ADMIN,
          parsed('createCollection', { name, sig, releases: [{ release: '7' }], ...more }),
        );
      const release = (depends: string[]) => ({
        releases: [{ release: '7', depends: depends.map((collection) => ({ collection })) }],
      });
      await refusal(bad({ name: there.toUpperCase() }), 'conflict');
      await refusal(bad({ sig: 'none' }), 'not_found');
      await refusal(bad(release(['none'])), 'not_found');
      await refusal(bad(release([there, there])), 'input_invalid');
      await refusal(bad(release([name])), 'input_invalid');
      await refusal(bad({ releases: [{ release: '7' }, { release: '7' }] }), 'conflict');
      const after = await Promise.all(
        ['collections', 'collection_releases', 'audit_log'].map((table) =>
          count(here.db.sql, table),
        ),
      );
      expect(after).toEqual(before);
    });

    it('get further releases and other dependencies', async () => {
      const [one, two] = [await newCollection(here.db), await newCollection(here.db)];
      const add = (release: string) =>
        addRelease(deps(), BY_ADMIN, parsed('addRelease', { collection: one.name, release }));
      expect((await add('8')).releases.map(({ release }) => release)).toEqual(['7', '8']);
      await refusal(add('8'), 'conflict');
      const set = (release: string, depends: object[]) =>
        setDepends(
          here.db,
          BY_ADMIN,
          parsed('setDepends', { collection: one.name, release, depends } as never),
        );
      const changed = await set('8', [{ collection: two.name }]);
      expect(changed.releases[1]?.depends).toEqual([{ collection: two.name, level: 'candidate' }]);
      expect((await set('8', [])).releases[1]?.depends).toEqual([]);
      await refusal(set('9', []), 'not_found');
      await refusal(set('8', [{ collection: 'none' }]), 'not_found');
    });
  });
}
