import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../../core/access/principal.ts';
import { createFirstAdmin } from '../../../server/users/first-admin.ts';
import { createToken, listTokens, revokeToken, showToken } from '../../../server/users/tokens.ts';
import { createUser, listUsers, showUser, updateUser } from '../../../server/users/users.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tokenLogin } from '../../support/token-login.ts';
import { secretOf } from '../../support/token-parts.ts';
import { newUser } from './rows.ts';
import {
  ADMIN,
  BY_ADMIN,
  byUser,
  contextOf,
  count,
  type DatabaseUnderTest,
  parsed,
  refusal,
  rows,
  sharedWorld,
  unique,
  world,
} from './world.ts';

export function userContract(under: DatabaseUnderTest): void {
  describe('the first admin', () => {
    const here = world(under);

    it('is made once, with a token in a file that only the owner reads', async () => {
      await using temporary = await temporaryFolder();
      const file = join(temporary.path, 'token');
      const token = await createFirstAdmin(here.db, file);
      expect(await readFile(file, 'utf8')).toBe(`${token}\n`);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const principal = await tokenLogin(here.db).authenticate(`Bearer ${token}`);
      expect(principal).toMatchObject({ name: 'admin', admin: true });
      expect(await createFirstAdmin(here.db, join(temporary.path, 'second'))).toBeNull();
      expect(await count(here.db.sql, 'users')).toBe(1);
    });
  });

  describe('users', () => {
    const here = sharedWorld(under);

    it('are made by admins, and shown to whoever has logged in', async () => {
      const name = unique('user');
      const made = await createUser(
        here.db,
        BY_ADMIN,
        parsed('createUser', { name, fullName: 'Ann', email: 'ann@example.org' }),
      );
      expect(made).toMatchObject({ name, fullName: 'Ann', admin: false, disabled: false });
      expect(await showUser(here.db, byUser('sam'), made.name as never)).toEqual(made);
      expect(
        (await listUsers(here.db, byUser('sam'), parsed('listUsers', {}))).items,
      ).toContainEqual(made);
      await refusal(
        listUsers(here.db, contextOf(ANONYMOUS), parsed('listUsers', {})),
        'authentication_required',
      );
      await refusal(
        createUser(here.db, byUser('sam'), parsed('createUser', { name: 'x' })),
        'not_allowed',
      );
    });

    it('have names of their own', async () => {
      const name = await newUser(here.db);
      const again = createUser(here.db, BY_ADMIN, parsed('createUser', { name }));
      expect((await refusal(again, 'conflict')).message).toContain('There is a user of that name');
      await refusal(showUser(here.db, BY_ADMIN, 'nobody' as never), 'not_found');
      await refusal(
        updateUser(here.db, BY_ADMIN, parsed('updateUser', { user: 'nobody', admin: true })),
        'not_found',
      );
    });

    it('never lose their last admin', async () => {
      await raw`update users set admin = false`.execute(here.db.sql);
      const [one, two] = [await newUser(here.db), await newUser(here.db)];
      const change = (user: string, input: object) =>
        updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, ...input }));
      await change(one, { admin: true });
      expect(await change(two, { admin: true })).toMatchObject({ name: two, admin: true });
      await change(one, { disabled: true });
      await refusal(change(two, { disabled: true }), 'conflict');
      await refusal(change(two, { admin: false }), 'conflict');
      expect(await showUser(here.db, BY_ADMIN, two)).toMatchObject({ admin: true });
    });
  });

  describe('tokens', () => {
    const here = sharedWorld(under);

    it('are shown once, and kept as a hash only', async () => {
      const user = await newUser(here.db);
      const { token, id } = await createToken(here.db, BY_ADMIN, parsed('createToken', { user }));
      const shown = await showToken(here.db, BY_ADMIN, id);
      expect(JSON.stringify(shown)).not.toContain(secretOf(token));
      const everything = [
        ...(await rows(here.db.sql, raw<object>`select * from tokens where id = ${id}`)),
        ...(await rows(here.db.sql, raw<object>`select * from audit_log`)),
      ];
      expect(everything.length).toBeGreaterThan(1);
      expect(JSON.stringify(everything)).not.toContain(secretOf(token));
    });

    it('are the user’s own and the admins’ to see and to revoke', async () => {
      const [ann, sam] = [await newUser(here.db), await newUser(here.db)];
      const { id } = await createToken(here.db, byUser(ann), parsed('createToken', {}));
      expect((await listTokens(here.db, byUser(ann), {})).items.map((one) => one.id)).toEqual([id]);
      await refusal(listTokens(here.db, byUser(sam), { user: ann }), 'not_allowed');
      await refusal(revokeToken(here.db, byUser(sam), id), 'not_allowed');
      const first = await revokeToken(here.db, byUser(ann), id);
      expect(first.revokedAt).not.toBeNull();
      expect(await revokeToken(here.db, BY_ADMIN, id)).toEqual(first);
      await refusal(showToken(here.db, BY_ADMIN, 'nothing'), 'not_found');
    });

    it('expire after so many days, or never', async () => {
      const user = await newUser(here.db);
      const days = async (expiresInDays: number | null): Promise<number | null> => {
        const input = parsed('createToken', { user, expiresInDays });
        const { expiresAt } = await createToken(here.db, BY_ADMIN, input);
        if (expiresAt === null) return null;
        return Math.round((new Date(expiresAt).getTime() - Date.now()) / 86_400_000);
      };
      expect([await days(1), await days(3650), await days(null)]).toEqual([1, 3650, null]);
    });

    it('are for users that there are', async () => {
      await refusal(
        createToken(here.db, BY_ADMIN, parsed('createToken', { user: 'nobody' })),
        'not_found',
      );
    });

    it('can do no more than the token that issues them', async () => {
      const scopes = { verbs: ['admin', 'push'], sigs: null, collections: null, components: ['a'] };
      const limited = contextOf({ ...ADMIN, scopes } as typeof ADMIN);
      // A token for some components only is for no act that is not about them.
      const wide = contextOf({ ...ADMIN, scopes: { ...scopes, components: null } } as typeof ADMIN);
      const user = await newUser(here.db);
      const ask = (context: typeof limited, input: object) =>
        createToken(here.db, context, parsed('createToken', { user, ...input }));
      await refusal(ask(limited, {}), 'not_allowed');
      expect(await ask(wide, {})).toMatchObject({ verbs: ['admin', 'push'] });
      expect(await ask(wide, { verbs: ['push'] })).toMatchObject({ verbs: ['push'] });
      await refusal(ask(wide, { verbs: ['push', 'upload'] }), 'not_allowed');
    });
  });
}
