import type { Logger } from 'pino';
import { UNLIMITED_SCOPES } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import { parseUserName, type UserName } from '../../core/domain/sig.ts';
import type { Database } from '../db/database.ts';
import type { Authenticator } from './authenticator.ts';
import { basicPassword } from './basic-credentials.ts';
import type { Directory } from './directory.ts';
import { welcomePerson } from './directory-people.ts';
import type { GroupMapping } from './group-memberships.ts';
import type { Principals } from './principals.ts';
import { RememberedPasswords } from './remembered-passwords.ts';

export interface PasswordDeps {
  readonly db: Database;
  readonly directory: Directory;
  readonly mapping: GroupMapping;
  readonly principals: Principals;
  readonly log: Logger;
  /** Seconds for which a password that was right is not tried again. */
  readonly remember: number;
}

/** User names and passwords of the directory, by HTTP Basic. */
export function passwordAuthenticator(deps: PasswordDeps): Authenticator {
  const remembered = new RememberedPasswords(deps.remember);
  return {
    name: 'password',
    // The challenge for Basic comes with tokens.
    challenges: [],
    async authenticate({ authorization }) {
      const given = basicPassword(authorization);
      if (given === null) return null;
      const name = userName(given.user);
      // Nobody has an empty password, and a server takes one for no password at all.
      if (name === null || given.password === '') return notValid();
      if (!remembered.knows(name, given.password)) {
        if (!(await logIn(deps, name, given.password))) return notValid();
        remembered.remember(name, given.password);
      }
      const user = await deps.principals.find(name);
      if (user === null) return notValid();
      return {
        kind: 'user',
        ...user,
        credential: `ldap:${name}`,
        validUntil: null,
        scopes: UNLIMITED_SCOPES,
      };
    },
  };
}

/** Tries the password. */
async function logIn(deps: PasswordDeps, name: UserName, password: string): Promise<boolean> {
  const { db, directory, mapping, log } = deps;
  const began = performance.now();
  const person = await directory.logIn(name, password);
  return person !== null && welcomePerson(db, mapping, person, began, log);
}

function userName(text: string): UserName | null {
  try {
    return parseUserName(text);
  } catch {
    return null;
  }
}

/** Nothing tells apart why: unknown, locked, disabled here, a local user's name, wrong. */
function notValid(): never {
  return fail(
    'credential_invalid',
    'The user name or the password is not valid.',
    'Use the password of your account in the directory, or a token as the password.',
  );
}
