import { type RawBuilder, sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { UserName } from '../../../core/domain/sig.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { newToken } from '../../../server/identity/token.ts';
import { approveUser } from '../../../server/sigs/approvals.ts';
import { setMember } from '../../../server/sigs/sigs.ts';
import { createToken, revokeToken } from '../../../server/users/tokens.ts';
import { createUser, updateUser } from '../../../server/users/users.ts';
import { tokenLogin } from '../../support/token-login.ts';
import { forgedToken, secretOf } from '../../support/token-parts.ts';
import { componentRows, newSig, newUser } from './rows.ts';
import {
  BY_ADMIN,
  type DatabaseUnderTest,
  parsed,
  refusal,
  rows,
  sharedWorld,
  unique,
} from './world.ts';

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export function loginContract(under: DatabaseUnderTest): void {
  describe('a login by token', () => {
    const here = sharedWorld(under);
    let user: UserName;
    let cache: VersionedCache;
    beforeAll(async () => {
      cache = new VersionedCache(here.db);
      user = await newUser(here.db);
      // Somebody must stay a site admin when others are changed.
      await createUser(here.db, BY_ADMIN, parsed('createUser', { name: 'root', admin: true }));
    });
    const issue = (input: object = {}) =>
      createToken(here.db, BY_ADMIN, parsed('createToken', { user, ...input }));
    /** In a transaction, as all use cases write: then no server believes what it knew. */
    const change = (statement: RawBuilder<unknown>) =>
      here.db.transaction((sql) => statement.execute(sql));
    const login = (authorization: string | null) =>
      tokenLogin(here.db, cache).authenticate(authorization);
    const refused = async (authorization: string): Promise<void> => {
      const error = await refusal(login(authorization), 'credential_invalid');
      // Nothing tells apart why: unknown, expired, revoked, disabled, wrong.
      expect(error.message).toBe('The token is not valid.');
    };

    it('gives the user with the token as credential, by Basic under any name and by Bearer', async () => {
      const { id, token, expiresAt } = await issue();
      const wanted = {
        kind: 'user',
        name: user,
        admin: false,
        memberships: [],
        approvals: [],
        directorySilentSince: null,
        credential: `token:${id}`,
        validUntil: expiresAt,
        scopes: { verbs: null, sigs: null, collections: null, components: null },
      };
      for (const header of [
        `Bearer ${token}`,
        `bearer  ${token}`,
        basic(user, token),
        basic('x', token),
        basic('', token),
        basic('', token).replace('Basic', 'BASIC'),
      ])
        expect(await login(header)).toEqual(wanted);
    });

    it('gives the scopes of the token', async () => {
      const scopes = {
        verbs: ['push', 'upload'],
        sigs: ['sclo'],
        collections: ['python33'],
        components: ['python'],
      } as const;
      const { token } = await issue({ ...scopes, sigs: [...scopes.sigs] });
      expect(await login(`Bearer ${token}`)).toMatchObject({ scopes });
    });

    it.each([
      ['nothing', null],
      ['another scheme', 'Negotiate YII='],
      ['no scheme', 'sclt'],
      ['a scheme without a value', 'Basic'],
      ['a scheme without a value, and a space', 'Bearer '],
      ['Digest', 'Digest username="ann", realm="r"'],
      ['an empty password', basic('ann', '')],
      ['a password that is no token', basic('ann', 'secret')],
      ['another prefix', basic('x', newToken().token.replace('sclt', 'ghp'))],
      ['what is not base64', 'Basic !!!!'],
    ])('leaves %s to other ways to log in', async (_, header) => {
      expect(await login(header)).toBeNull();
    });

    it.each([
      ['no token', 'Bearer hello'],
      ['a password that begins like one', basic('ann', 'sclt_')],
      ['an unknown id', `Bearer ${newToken().token}`],
      ['another prefix', `Bearer ${newToken().token.replace('sclt', 'ghp')}`],
      ['SQL', `Bearer sclt_000000000000_'--`],
    ])('refuses %s', async (_, header) => {
      await refused(header);
    });

    it('refuses the secret of another token', async () => {
      const [first, second] = [await issue(), await issue()];
      const secret = secretOf(second.token);
      await refused(`Bearer ${forgedToken(first.id, secret)}`);
      await refused(basic('x', forgedToken(first.id, 'A'.repeat(43))));
    });

    it('refuses a token that was revoked, at once', async () => {
      const { id, token } = await issue();
      expect(await login(`Bearer ${token}`)).not.toBeNull();
      await revokeToken(here.db, BY_ADMIN, id);
      await refused(`Bearer ${token}`);
    });

    it('refuses a token that has expired, and not before', async () => {
      const { id, token } = await issue({ expiresInDays: 1 });
      expect(await login(`Bearer ${token}`)).not.toBeNull();
      await change(raw`update tokens set expires_at = now() where id = ${id}`);
      await refused(`Bearer ${token}`);
    });

    it('refuses a user who is disabled, and takes it again afterwards', async () => {
      const { token } = await issue();
      await updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, disabled: true }));
      await refused(`Bearer ${token}`);
      await updateUser(here.db, BY_ADMIN, parsed('updateUser', { user, disabled: false }));
      expect(await login(`Bearer ${token}`)).toMatchObject({ name: user });
    });

    it('tells what SIGs the user is in and who approved it, but no approval that has ended', async () => {
      const { token } = await issue();
      const sigs = [await newSig(here.db), await newSig(here.db), await newSig(here.db)];
      const [chair = '', approved = '', ended = ''] = sigs;
      await setMember(here.db, BY_ADMIN, parsed('setMember', { sig: chair, user, role: 'chair' }));
      const until = new Date(Date.now() + 60_000).toISOString();
      const component = await componentRows(here.db, unique('component'), approved);
      const other = await componentRows(here.db, unique('component'), ended);
      for (const [sig, name] of [
        [approved, component],
        [ended, other],
      ] as const)
        await approveUser(
          here.db,
          BY_ADMIN,
          parsed('approveUser', { sig, user, components: [name], until }),
        );
      await change(raw`update sig_approvals set until = now() where sig = ${ended}`);
      expect(await login(`Bearer ${token}`)).toMatchObject({
        memberships: [{ sig: chair, role: 'chair' }],
        approvals: [{ sig: approved, components: [component] }],
      });
    });

    it('is noted as the last use of the token, once in a while', async () => {
      const { id, token } = await issue();
      const used = () =>
        rows(here.db.sql, raw<{ t: Date }>`select last_used_at as t from tokens where id = ${id}`);
      expect(await used()).toEqual([{ t: null }]);
      await login(`Bearer ${token}`);
      const first = await used();
      expect(first[0]?.t).toBeInstanceOf(Date);
      await login(`Bearer ${token}`);
      expect(await used()).toEqual(first);
      await change(raw`update tokens set last_used_at = now() - interval '6 minutes'`);
      // Another server, which has not seen the token yet.
      cache = new VersionedCache(here.db);
      await login(`Bearer ${token}`);
      expect((await used())[0]?.t.getTime()).toBeGreaterThan(Date.now() - 60_000);
    });

    it('asks for the schemes that it takes', () => {
      expect(tokenLogin(here.db, cache).challenges).toEqual([
        'Basic realm="realm", charset="UTF-8"',
        'Bearer realm="realm"',
      ]);
    });
  });
}
