import { describe, expect, it } from 'vitest';
import { UNLIMITED_SCOPES } from '../../core/access/principal.ts';
import type { UserName } from '../../core/domain/sig.ts';
import type { Database } from '../../server/db/database.ts';
import type { Authenticator } from '../../server/identity/authenticator.ts';
import { removeMember, setMember } from '../../server/sigs/sigs.ts';
import { updateUser } from '../../server/users/users.ts';
import { BY_ADMIN, parsed, refusal } from './database/world.ts';

export interface AuthenticatorUnderTest {
  readonly db: Database;
  readonly authenticator: Authenticator;
  /** Somebody without any membership, and SIG `sclo` to be a member of. */
  readonly user: UserName;
  /** A header that logs the user in, without limits, and what that is called. */
  readonly good: string;
  readonly credential: string | RegExp;
  /** Headers of this way that do not hold. */
  readonly wrong: readonly string[];
  /** Headers of other ways. */
  readonly foreign: readonly string[];
  /** What must be in no error. */
  readonly secret: string;
}

/** What every way to log in keeps. @param under called in each test: it is there by then */
export function authenticatorContract(name: string, under: () => AuthenticatorUnderTest): void {
  describe(`the way to log in "${name}"`, () => {
    const logIn = (authorization: string | null) =>
      under().authenticator.authenticate({ authorization, address: '192.0.2.1' });

    it('says who it is, by what credential', async () => {
      const { good, user, credential } = under();
      const principal = await logIn(good);
      expect(principal).toMatchObject({
        kind: 'user',
        name: user,
        admin: false,
        memberships: [],
        approvals: [],
        directorySilentSince: null,
        scopes: UNLIMITED_SCOPES,
      });
      expect(principal?.credential).toMatch(credential);
    });

    it('leaves to other ways what is theirs, and what is nothing', async () => {
      for (const header of [null, '', ...under().foreign])
        expect([header, await logIn(header)]).toEqual([header, null]);
    });

    it('refuses what does not hold, and tells neither why nor what it was', async () => {
      const { wrong, secret } = under();
      expect(wrong.length).toBeGreaterThan(3);
      const messages = new Set<string>();
      for (const header of wrong) {
        const error = await refusal(logIn(header), 'credential_invalid');
        messages.add(error.message);
        expect(JSON.stringify([error.message, error.detail, String(error.stack)])).not.toContain(
          secret,
        );
      }
      expect(messages.size).toBe(1);
    });

    it('refuses who is disabled in the same words, at once, until that ends', async () => {
      const { db, good, user, wrong } = under();
      const disable = (disabled: boolean) =>
        updateUser(db, BY_ADMIN, parsed('updateUser', { user, disabled }));
      expect(await logIn(good)).not.toBeNull();
      await disable(true);
      const error = await refusal(logIn(good), 'credential_invalid');
      const other = await refusal(logIn(wrong[0] ?? ''), 'credential_invalid');
      expect(error.message).toBe(other.message);
      await disable(false);
      expect(await logIn(good)).toMatchObject({ name: user });
    });

    it('knows memberships as they are now', async () => {
      const { db, good, user } = under();
      await setMember(db, BY_ADMIN, parsed('setMember', { sig: 'sclo', user, role: 'chair' }));
      expect((await logIn(good))?.memberships).toEqual([{ sig: 'sclo', role: 'chair' }]);
      await removeMember(db, BY_ADMIN, parsed('removeMember', { sig: 'sclo', user }));
      expect((await logIn(good))?.memberships).toEqual([]);
    });
  });
}
