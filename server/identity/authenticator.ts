import type { UserPrincipal } from '../../core/access/principal.ts';

/** What a request brings to prove who sends it. */
export interface Credentials {
  /** The `Authorization` header, or null. */
  readonly authorization: string | null;
  /** The client's IP address. */
  readonly address: string;
}

/**
 * One way to log in. A new way is one file that makes an `Authenticator` and one line in
 * `server/compose.ts`.
 */
export interface Authenticator {
  readonly name: string;
  /** For `WWW-Authenticate`, one for each scheme: `Basic realm="…"`. */
  readonly challenges: readonly string[];
  /**
   * @returns the principal; null where these credentials are not of this way
   * @throws DistGitError `credential_invalid` where they are, and do not hold
   */
  authenticate(credentials: Credentials): Promise<UserPrincipal | null>;
}
