import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UNLIMITED_SCOPES } from '../../../core/access/principal.ts';
import { parseSshFingerprint } from '../../../core/domain/ssh-key.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { Principals } from '../../../server/identity/principals.ts';
import { SshIdentities, sshFingerprint } from '../../../server/identity/ssh-identities.ts';
import { addKey, listKeys, removeKey } from '../../../server/users/keys.ts';
import { createUser, updateUser } from '../../../server/users/users.ts';
import { keyFields, wireString } from '../../core/support/ssh-wire.ts';
import { newUser } from './rows.ts';
import {
  ADMIN,
  BY_ADMIN,
  byUser,
  contextOf,
  type DatabaseUnderTest,
  parsed,
  refusal,
  sharedWorld,
  unique,
} from './world.ts';

const TYPE = 'ssh-ed25519';
/** A key that nobody else has. */
function newKey(): { base64: string; line: string } {
  const fields = keyFields(TYPE, 0);
  fields.writeUInt32BE(randomInt(2 ** 32), 8);
  const base64 = Buffer.concat([wireString(TYPE), fields]).toString('base64');
  return { base64, line: `${TYPE} ${base64} ann@laptop` };
}

export function keyContract(under: DatabaseUnderTest): void {
  describe('SSH keys', () => {
    const here = sharedWorld(under);
    const add = (user: string, key: string, by = byUser(user)) =>
      addKey(here.db, by, parsed('addKey', { key, user }));
    const identities = (): SshIdentities => {
      const cache = new VersionedCache(here.db);
      const principals = new Principals(here.db, cache);
      return new SshIdentities(here.db, cache, principals, (name) => principals.find(name));
    };

    it('are added, listed, and removed by their user, each with an entry in the audit log', async () => {
      const user = await newUser(here.db);
      const { base64, line } = newKey();
      const added = await addKey(here.db, byUser(user), parsed('addKey', { key: line }));
      const fingerprint = sshFingerprint(base64);
      expect(added).toMatchObject({
        user,
        fingerprint,
        type: TYPE,
        label: 'ann@laptop',
        addedBy: user,
        lastUsedAt: null,
      });
      expect((await listKeys(here.db, byUser(user), parsed('listKeys', {}))).items).toEqual([
        added,
      ]);
      await removeKey(here.db, byUser(user), parsed('removeKey', { key: fingerprint }));
      expect((await listKeys(here.db, byUser(user), parsed('listKeys', {}))).items).toEqual([]);
      const audit = await here.db.sql
        .selectFrom('audit_log')
        .select(['action', 'allowed', 'rule'])
        .where('subject', '=', user)
        .where('action', 'like', 'key.%')
        .orderBy('id')
        .execute();
      expect(audit).toEqual([
        { action: 'key.add', allowed: true, rule: 'own-keys' },
        { action: 'key.remove', allowed: true, rule: 'own-keys' },
      ]);
    });

    it('of somebody else are for admins', async () => {
      const [ann, bob] = [await newUser(here.db), await newUser(here.db)];
      const { base64, line } = newKey();
      const { rule } = (await refusal(add(ann, line, byUser(bob)), 'not_allowed')).detail;
      expect(rule).toBe('site-admin');
      expect(await add(ann, line, BY_ADMIN)).toMatchObject({ user: ann, addedBy: 'admin' });
      const one = parsed('removeKey', { key: sshFingerprint(base64) });
      await refusal(
        listKeys(here.db, byUser(bob), parsed('listKeys', { user: ann })),
        'not_allowed',
      );
      await refusal(removeKey(here.db, byUser(bob), one), 'not_allowed');
      await removeKey(here.db, BY_ADMIN, one);
      await refusal(removeKey(here.db, BY_ADMIN, one), 'not_found');
    });

    it('belong to one user only', async () => {
      const [ann, bob] = [await newUser(here.db), await newUser(here.db)];
      const { line } = newKey();
      await add(ann, line);
      await refusal(add(ann, line), 'conflict');
      await refusal(add(bob, `${line} another comment`), 'conflict');
      await refusal(add(unique('nobody'), newKey().line, BY_ADMIN), 'not_found');
    });

    it.each([
      ['verbs', { verbs: ['admin'] as const }],
      ['SIGs', { sigs: ['sclo'] }],
      ['collections', { collections: ['python33'] }],
      ['components', { components: ['python'] }],
    ])('are not added by a token with limited %s, of an admin neither', async (_, limit) => {
      const user = await newUser(here.db);
      const by = contextOf({ ...ADMIN, scopes: { ...UNLIMITED_SCOPES, ...limit } });
      const error = await refusal(add(user, newKey().line, by), 'not_allowed');
      expect(error.detail).toMatchObject({ rule: 'token-scope', remedy: expect.any(String) });
      expect((await listKeys(here.db, BY_ADMIN, parsed('listKeys', { user }))).items).toEqual([]);
    });

    it('log in until they are removed, or their user is disabled, from the next question on', async () => {
      const user = await newUser(here.db);
      const { base64, line } = newKey();
      const fingerprint = sshFingerprint(base64);
      const ssh = identities();
      expect(await ssh.admit(TYPE, base64)).toBeNull();
      await add(user, line);
      expect(await ssh.admit(TYPE, base64)).toBe(fingerprint);
      expect(await ssh.admit('ssh-rsa', base64)).toBeNull();
      expect(await ssh.admit(TYPE, newKey().base64)).toBeNull();
      expect(await ssh.byKey(fingerprint)).toMatchObject({
        kind: 'user',
        name: user,
        credential: `ssh:${fingerprint}`,
        validUntil: null,
        scopes: UNLIMITED_SCOPES,
      });
      const used = (await listKeys(here.db, byUser(user), parsed('listKeys', {}))).items;
      expect(used[0]?.lastUsedAt).toMatch(/^20/);

      // The last admin could not be disabled, nor anybody where there is none.
      const name = unique('admin');
      await createUser(here.db, BY_ADMIN, parsed('createUser', { name, admin: true }));
      await updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, disabled: true }));
      expect(await ssh.admit(TYPE, base64)).toBeNull();
      await refusal(ssh.byKey(fingerprint), 'credential_invalid');
      await updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, disabled: false }));
      expect(await ssh.admit(TYPE, base64)).toBe(fingerprint);

      await removeKey(here.db, byUser(user), parsed('removeKey', { key: fingerprint }));
      expect(await ssh.admit(TYPE, base64)).toBeNull();
      await refusal(ssh.byKey(fingerprint), 'credential_invalid');
      const nobody = parseSshFingerprint(`SHA256:${'A'.repeat(43)}`);
      await refusal(ssh.byKey(nobody), 'credential_invalid');
    });
  });
}
