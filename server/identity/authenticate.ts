import { ANONYMOUS, type Principal } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { Authenticator, Credentials } from './authenticator.ts';

/**
 * Asks each way to log in, in order; the first that knows the credentials answers.
 * @returns anonymous where no credentials were sent
 * @throws DistGitError `credential_invalid`, `too_many_attempts`, `unavailable`, `not_allowed`:
 * credentials that do not hold are an error, never a silent fall back to
 * anonymous or to somebody else
 */
export async function authenticate(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
): Promise<Principal> {
  for (const authenticator of authenticators) {
    // What was said must hold: a wrong password does not become whoever the certificate is for.
    if (authenticator.ambient === true && credentials.authorization !== null) continue;
    const principal = await authenticator.authenticate(credentials);
    if (principal === null) continue;
    if (authenticator.ambient === true && credentials.otherSite === true)
      fail(
        'not_allowed',
        'A page of another site asks for this in your name.',
        'Do it from a page of this server, or with a program.',
      );
    return principal;
  }
  if (credentials.authorization === null) return ANONYMOUS;
  return fail(
    'credential_invalid',
    /^basic /i.test(credentials.authorization)
      ? 'The token is not valid.'
      : 'This way to log in is not known here.',
    'Send a token as the password of HTTP Basic, or as Bearer: centpkg token create',
  );
}
