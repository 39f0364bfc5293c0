import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { parseUserName } from '../../core/domain/sig.ts';
import { quoted } from '../../core/domain/text.ts';
import type { FindAccount } from './find-account.ts';
import type { KnownUser } from './principals.ts';

/**
 * The account of somebody whom another authority vouches for. The credential holds, so that there is
 * no use in logging in again: curl would try it for ever with a ticket.
 * @param credential what was shown, for the message: `The certificate`
 * @param name as the authority writes it
 * @throws DistGitError `not_allowed` where there is no such account, or it is disabled;
 *   `unavailable`
 */
export async function requireAccount(
  find: FindAccount,
  credential: string,
  name: string,
): Promise<KnownUser> {
  const user = await find(userNameOf(credential, name));
  return (
    user ??
    fail(
      'not_allowed',
      `${credential} is for ${quoted(name)}, who has no account here.`,
      'Ask a site admin for an account.',
    )
  );
}

function userNameOf(credential: string, name: string) {
  try {
    return parseUserName(name);
  } catch (cause) {
    throw new DistGitError(
      'not_allowed',
      `${credential} is for ${quoted(name)}, which is no name of an account.`,
      { detail: { remedy: 'Use a credential of your own account.' }, cause },
    );
  }
}
