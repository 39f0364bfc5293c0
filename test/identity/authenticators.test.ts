import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseUserName } from '../../core/domain/sig.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import { VersionedCache } from '../../server/db/versioned-cache.ts';
import type { Directory } from '../../server/identity/directory.ts';
import { refreshPeople } from '../../server/identity/directory-people.ts';
import type { GroupMapping } from '../../server/identity/group-memberships.ts';
import { ldapDirectory } from '../../server/identity/ldap-directory.ts';
import { passwordAuthenticator } from '../../server/identity/password-authenticator.ts';
import { Principals } from '../../server/identity/principals.ts';
import { newToken } from '../../server/identity/token.ts';
import { tokenAuthenticator } from '../../server/identity/token-authenticator.ts';
import { createSig } from '../../server/sigs/sigs.ts';
import { createToken } from '../../server/users/tokens.ts';
import { createUser } from '../../server/users/users.ts';
import { type AuthenticatorUnderTest, authenticatorContract } from '../contracts/authenticator.ts';
import { BY_ADMIN, parsed } from '../contracts/database/world.ts';
import { GROUPS, group, PEOPLE, person, SERVICE, Slapd, TestAuthority } from '../support/slapd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ANN = parseUserName('ann');
const BOB = parseUserName('bob');
const PASSWORD = 'correct horse: ü';
const MAPPING: GroupMapping = { adminGroup: null, sigs: new Map() };
const LOG = pino({ level: 'silent' });
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let slapd: Slapd;
let directory: Directory;
let db: Database;
let principals: Principals;
let byToken: AuthenticatorUnderTest;
let byPassword: AuthenticatorUnderTest;

beforeAll(async () => {
  temporary = await temporaryFolder();
  const ca = await TestAuthority.at(join(temporary.path, 'ca'));
  slapd = await Slapd.at(join(temporary.path, 'slapd'), ca);
  await slapd.add(person('bob', PASSWORD) + person('local', PASSWORD));
  directory = ldapDirectory({
    urls: [slapd.tlsUrl],
    ca: await readFile(ca.file, 'utf8'),
    starttls: true,
    timeoutMs: 5000,
    account: SERVICE,
    userDn: null,
    userBase: PEOPLE,
    groupBase: GROUPS,
    groupAttribute: 'memberOf',
    chairAttribute: 'memberManager',
  });
  db = await openPglite(null);
  await db.migrate();
  const cache = new VersionedCache(db);
  principals = new Principals(db, cache, 900);
  for (const name of ['root', 'ann', 'local'])
    await createUser(db, BY_ADMIN, parsed('createUser', { name, admin: name === 'root' }));
  await createSig(db, BY_ADMIN, parsed('createSig', { name: 'sclo' }));
  const { id, token } = await createToken(db, BY_ADMIN, parsed('createToken', { user: 'ann' }));
  const secret = token.slice(-43);
  byToken = {
    db,
    authenticator: tokenAuthenticator(db, cache, principals, 'realm'),
    user: ANN,
    good: `Bearer ${token}`,
    credential: `token:${id}`,
    wrong: [
      `Bearer ${token}x`,
      `Bearer ${newToken().token}`,
      basic('ann', `sclt_000000000000_${secret}`),
      'Bearer hello',
    ],
    foreign: ['Negotiate YII=', basic('ann', PASSWORD)],
    secret,
  };
  byPassword = {
    db,
    authenticator: passwordAuthenticator({
      db,
      directory,
      mapping: MAPPING,
      principals,
      log: LOG,
      remember: 60,
    }),
    user: BOB,
    good: basic('bob', PASSWORD),
    credential: /^ldap:bob$/,
    wrong: [
      basic('bob', `${PASSWORD} `),
      basic('bob', ''),
      basic('nobody', PASSWORD),
      basic('local', PASSWORD),
      basic('*', PASSWORD),
      basic('', PASSWORD),
    ],
    foreign: ['Negotiate YII=', `Bearer ${token}`, basic('bob', token), basic('bob', 'sclt_x')],
    secret: PASSWORD,
  };
});
afterAll(async () => {
  await directory.close();
  await slapd[Symbol.asyncDispose]();
  await db.close();
  await temporary[Symbol.asyncDispose]();
});

authenticatorContract('token', () => byToken);
authenticatorContract('password', () => byPassword);

describe('what is stored of the directory', () => {
  it('comes anew for everyone with one reading', async () => {
    await slapd.add(group('sig-sclo', [`uid=bob,${PEOPLE}`]));
    await refreshPeople(db, directory, MAPPING, LOG);
    expect((await principals.find(BOB))?.memberships).toEqual([{ sig: 'sclo', role: 'member' }]);
    const { writes } = db;
    await refreshPeople(db, directory, MAPPING, LOG);
    expect(db.writes).toBe(writes + 1);
  });
});
