import { DistGitError } from '../../core/api/distgit-error.ts';
import { shellWord } from '../../core/domain/text.ts';
import type { CallAnswer, HubCall } from '../koji/hub.ts';
import type { XmlRpcStruct } from '../koji/xmlrpc-value.ts';
import { isArray } from '../koji/xmlrpc-value.ts';
import { answerAt, structOrNull, textOf } from './hub-values.ts';

/** What `requireTagRight` wants to know of the server's own account. */
export const ACCOUNT_CALLS: readonly HubCall[] = [
  { method: 'getLoggedInUser', params: [] },
  { method: 'getPerms', params: [] },
];

/**
 * A tag may want a permission of whoever puts builds into it, which for Koji is this server's
 * account: its builders would find out when all is built. Not even `admin` stands for it.
 * @param account the answers to `ACCOUNT_CALLS`
 * @throws DistGitError `check_failed`, and with Koji's words where it refused to answer
 */
export function requireTagRight(tag: XmlRpcStruct, account: readonly CallAnswer[]): void {
  const { perm = null } = tag;
  if (typeof perm !== 'string') return;
  const own = answerAt(account, 1);
  if (isArray(own) && own.includes(perm)) return;
  const me = structOrNull(answerAt(account, 0), 'user') ?? {};
  const user = textOf(me, 'name');
  throw new DistGitError(
    'check_failed',
    `Tag ${textOf(tag, 'name')} needs the permission ${perm} in Koji, and the account ${user} of this server has it not.`,
    {
      detail: {
        remedy: `Ask a Koji admin: koji grant-permission ${shellWord(perm)} ${shellWord(user)}`,
      },
    },
  );
}
