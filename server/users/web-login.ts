import type { UserPrincipal } from '../../core/access/principal.ts';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { parseUserName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit } from '../access/audit.ts';
import type { Database } from '../db/database.ts';
import { authenticate } from '../identity/authenticate.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import { endSession, openSession } from '../identity/web-sessions.ts';

export interface WebLoginDeps {
  readonly db: Database;
  readonly authenticators: readonly Authenticator[];
}

export interface WebLogin {
  readonly user: string;
  readonly password: string;
  /** The session that the browser has already; it ends. */
  readonly before: string | null;
}

/**
 * Logs in with what a form brought, the way HTTP Basic does, and opens a session under a new id.
 * Whoever logs in must name the user that the credential is of: a token of somebody else does not
 * make this browser theirs without their name being said.
 * @returns the session's id
 * @throws DistGitError `credential_invalid`, the same for every reason; what an authenticator throws
 */
export async function logIn(
  { db, authenticators }: WebLoginDeps,
  context: RequestContext,
  { user, password, before }: WebLogin,
): Promise<string> {
  const principal = await check(authenticators, context.address, user, password);
  return db.transaction(async (sql) => {
    if (before !== null) await endSession(sql, before);
    const id = await openSession(sql, principal);
    await recordAudit(
      sql,
      { ...context, principal },
      {
        action: 'session.open',
        subject: principal.name,
        decision: { allowed: true, rule: 'credential-valid', reason: 'The credential holds.' },
      },
    );
    return id;
  });
}

async function check(
  authenticators: readonly Authenticator[],
  address: string,
  user: string,
  password: string,
): Promise<UserPrincipal> {
  try {
    const name = parseUserName(user);
    const pair = Buffer.from(`${name}:${password}`, 'utf8').toString('base64');
    const credentials = { authorization: `Basic ${pair}`, address };
    const principal = await authenticate(authenticators, credentials);
    if (principal.kind === 'user' && principal.name === name) return principal;
  } catch (error) {
    const code = error instanceof DistGitError ? error.code : null;
    if (code !== 'credential_invalid' && code !== 'name_invalid') throw error;
  }
  return fail(
    'credential_invalid',
    'User name and password do not fit together.',
    'A local account logs in with one of its tokens as the password.',
  );
}
