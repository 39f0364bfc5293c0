import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, UNLIMITED_SCOPES, type UserPrincipal } from '../../core/access/principal.ts';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseUserName } from '../../core/domain/sig.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import type { Authenticator, Credentials } from '../../server/identity/authenticator.ts';
import { logIn } from '../../server/users/web-login.ts';

const CONTEXT = { requestId: 'request', address: '192.0.2.7', principal: ANONYMOUS };
const ANN: UserPrincipal = {
  kind: 'user',
  name: parseUserName('ann'),
  admin: false,
  memberships: [],
  approvals: [],
  directorySilentSince: null,
  credential: 'password',
  validUntil: null,
  scopes: UNLIMITED_SCOPES,
};

let db: Database;
beforeAll(async () => {
  db = await openPglite(null);
  await db.migrate();
});
afterAll(() => db.close());

/** A way to log in that does as it is told, and what it was asked. */
function way(answer: () => Promise<UserPrincipal | null>) {
  const asked: Credentials[] = [];
  const authenticator: Authenticator = {
    name: 'told',
    challenges: [],
    authenticate(credentials) {
      asked.push(credentials);
      return answer();
    },
  };
  return { authenticator, asked };
}
const sessions = () => db.sql.selectFrom('web_sessions').select('user_name').execute();
const tryLogIn = (authenticators: readonly Authenticator[], user: string, password: string) =>
  logIn({ db, authenticators }, CONTEXT, { user, password, before: null });

describe('a login by form', () => {
  it('asks every way to log in as HTTP Basic would, any character of the password kept', async () => {
    const [first, second] = [way(async () => null), way(async () => ANN)];
    const password = ' a:ü€"<\u{1F511} ';
    const id = await tryLogIn([first.authenticator, second.authenticator], 'ann', password);
    expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const authorization = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
    expect(first.asked).toEqual([{ authorization, address: '192.0.2.7' }]);
    expect(second.asked).toEqual(first.asked);
    expect(await sessions()).toEqual([{ user_name: 'ann' }]);
  });

  it('opens no session where nobody knows the password, or it is of somebody else', async () => {
    const before = await sessions();
    const bob = { ...ANN, name: parseUserName('bob') };
    for (const answer of [null, bob])
      await expect(
        tryLogIn([way(async () => answer).authenticator], 'ann', 'x'),
      ).rejects.toMatchObject({
        code: 'credential_invalid',
        message: 'User name and password do not fit together.',
      });
    expect(await sessions()).toEqual(before);
  });

  it.each(['ann:x', 'Ann', 'ann\n', '', 'a'.repeat(65)])(
    'hands no name to anybody that can not be one: %j',
    async (user) => {
      const { authenticator, asked } = way(async () => ANN);
      await expect(tryLogIn([authenticator], user, 'x')).rejects.toMatchObject({
        code: 'credential_invalid',
      });
      expect(asked).toEqual([]);
    },
  );

  it('tells of an outage as such, and opens no session', async () => {
    const before = await sessions();
    const away = way(() => Promise.reject(new DistGitError('unavailable', 'Nobody answers.')));
    await expect(tryLogIn([away.authenticator], 'ann', 'x')).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await sessions()).toEqual(before);
  });
});
