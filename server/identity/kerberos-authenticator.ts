import { UNLIMITED_SCOPES } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import { quoted } from '../../core/domain/text.ts';
import type { Authenticator } from './authenticator.ts';
import type { FindAccount } from './find-account.ts';
import { requireAccount } from './require-account.ts';

/**
 * Kerberos principals that the front has verified: `ann@EXAMPLE.ORG` is the user `ann`.
 * @param realms compared as they are; none: Kerberos is off
 */
export function kerberosAuthenticator(find: FindAccount, realms: readonly string[]): Authenticator {
  return {
    name: 'kerberos',
    challenges: realms.length === 0 ? [] : ['Negotiate'],
    ambient: true,
    async authenticate({ frontUser }) {
      if (frontUser === undefined) return null;
      const { principal, validUntil } = frontUser;
      const name = userOf(principal, realms);
      // Kerberos itself lets minutes pass, for clocks that differ.
      if (validUntil !== null && !(Date.now() < Date.parse(validUntil)))
        fail('not_allowed', 'The Kerberos ticket has ended.', 'Get a new one: kinit');
      const user = await requireAccount(find, 'The Kerberos ticket', name);
      return {
        kind: 'user',
        ...user,
        credential: `kerberos:${principal}`,
        validUntil,
        scopes: UNLIMITED_SCOPES,
      };
    },
  };
}

/** Instances (`ann/admin`) are other people's: only a plain name is a user's. */
function userOf(principal: string, realms: readonly string[]): string {
  const refuse = (why: string): never =>
    fail(
      'not_allowed',
      `The Kerberos principal ${quoted(principal)} ${why}.`,
      'Get a ticket for your own account: kinit USER@REALM',
    );
  const [name = '', realm = '', ...more] = principal.split('@');
  if (name === '' || more.length > 0) return refuse('is not NAME@REALM');
  if (!realms.includes(realm)) return refuse('is of a realm that is not known here');
  return /[/\\]/.test(name) ? refuse('has an instance or an escape, which no account has') : name;
}
