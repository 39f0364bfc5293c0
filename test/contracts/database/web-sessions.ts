import { createHash } from 'node:crypto';
import { type RawBuilder, sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { UNLIMITED_SCOPES, type UserPrincipal } from '../../../core/access/principal.ts';
import type { UserName } from '../../../core/domain/sig.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { Principals } from '../../../server/identity/principals.ts';
import { endSession, findSession, openSession } from '../../../server/identity/web-sessions.ts';
import { setMember } from '../../../server/sigs/sigs.ts';
import { createToken, revokeToken } from '../../../server/users/tokens.ts';
import { createUser, updateUser } from '../../../server/users/users.ts';
import { tokenLogin } from '../../support/token-login.ts';
import { newSig, newUser } from './rows.ts';
import { BY_ADMIN, type DatabaseUnderTest, parsed, rows, sharedWorld } from './world.ts';

export function webSessionContract(under: DatabaseUnderTest): void {
  describe('a session of the pages', () => {
    const here = sharedWorld(under);
    let principals: Principals;
    let user: UserName;
    beforeAll(async () => {
      principals = new Principals(here.db, new VersionedCache(here.db));
      user = await newUser(here.db);
      // Somebody must stay a site admin when others are changed.
      const admin = { name: `${user}-root`, admin: true };
      await createUser(here.db, BY_ADMIN, parsed('createUser', admin));
    });
    const find = (id: string) => findSession(here.db, principals, id);
    const open = (principal: UserPrincipal) =>
      here.db.transaction((sql) => openSession(sql, principal));
    const by = async (input: object = {}) => {
      const { id, token } = await createToken(
        here.db,
        BY_ADMIN,
        parsed('createToken', { user, ...input }),
      );
      const principal = await tokenLogin(here.db).authenticate(`Bearer ${token}`);
      if (principal === null) throw new Error('The token is not known');
      return { id, principal, session: await open(principal) };
    };
    const hashOf = (session: string): Buffer => createHash('sha256').update(session).digest();
    const change = (set: RawBuilder<unknown>, session: string) =>
      raw`update web_sessions set ${set} where id_hash = ${hashOf(session)}`.execute(here.db.sql);
    const minutesLeft = async (session: string): Promise<number> => {
      const [row] = await rows(
        here.db.sql,
        raw<{ n: number }>`select (extract(epoch from expires_at - created_at) / 60)::float8 as n
          from web_sessions where id_hash = ${hashOf(session)}`,
      );
      return row?.n ?? Number.NaN;
    };

    it('is the user with the credential and the scopes of the login', async () => {
      const { id, session } = await by({ verbs: ['manage'], sigs: ['sclo'] });
      expect(await find(session)).toMatchObject({
        kind: 'user',
        name: user,
        admin: false,
        credential: `token:${id}`,
        scopes: { verbs: ['manage'], sigs: ['sclo'], collections: null, components: null },
      });
    });

    it('has an id of 256 bits, of which the database has a hash only', async () => {
      const { session } = await by();
      expect(session).toMatch(/^[A-Za-z0-9_-]{43}$/);
      const all = await rows(here.db.sql, raw<object>`select * from web_sessions`);
      expect(JSON.stringify(all)).not.toContain(session);
      const stored = await rows(
        here.db.sql,
        raw`select 1 as one from web_sessions where id_hash = ${hashOf(session)}`,
      );
      expect(stored).toEqual([{ one: 1 }]);
    });

    it.each(['', 'x', 'A'.repeat(43), "' or true --"])('is not %j', async (id) => {
      await by();
      expect(await find(id)).toBeNull();
    });

    it('ends after 12 hours, or with its credential when that is sooner', async () => {
      const { session } = await by({ expiresInDays: null });
      expect(await minutesLeft(session)).toBeCloseTo(12 * 60);
      expect(await minutesLeft((await by({ expiresInDays: 1 })).session)).toBeCloseTo(12 * 60);
      const { principal } = await by();
      const soon = new Date(Date.now() + 30 * 60_000).toISOString();
      const left = await minutesLeft(await open({ ...principal, validUntil: soon }));
      expect(left).toBeGreaterThan(25);
      expect(left).toBeLessThanOrEqual(30.1);
      expect(await find(session)).not.toBeNull();
      await change(raw`expires_at = now()`, session);
      expect(await find(session)).toBeNull();
    });

    it('ends an hour after its last use, and its uses are noted', async () => {
      const { session } = await by();
      await change(raw`last_used_at = now() - interval '59 minutes'`, session);
      expect(await find(session)).not.toBeNull();
      // The use counted: from here on it is an hour again.
      await change(raw`last_used_at = last_used_at - interval '58 minutes'`, session);
      expect(await find(session)).not.toBeNull();
      await change(raw`last_used_at = now() - interval '60 minutes'`, session);
      expect(await find(session)).toBeNull();
    });

    it('ends with the logout, and no other does', async () => {
      const [one, other] = [await by(), await by()];
      await endSession(here.db.sql, one.session);
      expect(await find(one.session)).toBeNull();
      expect(await find(other.session)).not.toBeNull();
      await endSession(here.db.sql, one.session);
    });

    it('ends at once when its token is revoked, expires or is gone', async () => {
      const [first, second, third, other] = [await by(), await by(), await by(), await by()];
      await revokeToken(here.db, BY_ADMIN, first.id);
      expect(await find(first.session)).toBeNull();
      await raw`update tokens set expires_at = now() where id = ${second.id}`.execute(here.db.sql);
      expect(await find(second.session)).toBeNull();
      await raw`delete from tokens where id = ${third.id}`.execute(here.db.sql);
      expect(await find(third.session)).toBeNull();
      expect(await find(other.session)).not.toBeNull();
    });

    it('can not be opened with a token that was revoked meanwhile', async () => {
      const { id, principal } = await by();
      await revokeToken(here.db, BY_ADMIN, id);
      expect(await find(await open(principal))).toBeNull();
    });

    it('ends at once when its user is disabled, and does not come back with the user', async () => {
      const { session } = await by();
      await updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, disabled: true }));
      expect(await find(session)).toBeNull();
      await updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, disabled: false }));
      expect(await find(session)).toBeNull();
      expect(await find((await by()).session)).not.toBeNull();
    });

    it('has the memberships that the user has now', async () => {
      const { session } = await by();
      const sig = await newSig(here.db);
      await setMember(here.db, BY_ADMIN, parsed('setMember', { sig, user, role: 'chair' }));
      expect(await find(session)).toMatchObject({ memberships: [{ sig, role: 'chair' }] });
    });

    it('needs no token, where the login was by something else', async () => {
      const known = await principals.find(user);
      if (known === null) throw new Error('The user is not known');
      const credential = 'directory';
      const principal = { kind: 'user', ...known, credential, validUntil: null } as const;
      const session = await open({ ...principal, scopes: UNLIMITED_SCOPES });
      expect(await find(session)).toMatchObject({ name: user, credential });
    });

    it('is cleared away some time after its end', async () => {
      const [over, idle] = [(await by()).session, (await by()).session];
      await change(raw`expires_at = now()`, over);
      await change(raw`last_used_at = now() - interval '61 minutes'`, idle);
      await by();
      for (const session of [over, idle]) {
        const left = raw`select 1 from web_sessions where id_hash = ${hashOf(session)}`;
        expect(await rows(here.db.sql, left)).toEqual([]);
      }
    });
  });
}
