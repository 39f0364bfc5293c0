import type { X509Certificate } from 'node:crypto';
import type { UserPrincipal } from '../../core/access/principal.ts';

/** What a request brings to prove who sends it. */
export interface Credentials {
  /** The `Authorization` header, or null. */
  readonly authorization: string | null;
  /** The client's IP address. */
  readonly address: string;
  /** The client certificate that the TLS listener, or the front, has verified. */
  readonly certificate?: X509Certificate;
  /** Whom the front has logged in. */
  readonly frontUser?: FrontUser;
  /** The request changes something, and comes from a page of another site. */
  readonly otherSite?: boolean;
}

/** Somebody whom the web server in front knows. */
export interface FrontUser {
  /** With the realm: `ann@EXAMPLE.ORG`. */
  readonly principal: string;
  /** When the ticket ends, ISO 8601 in UTC; null: the front does not say. */
  readonly validUntil: string | null;
}

/**
 * One way to log in. A new way is one file that makes an `Authenticator` and one line in
 * `server/compose/logins.ts`.
 */
export interface Authenticator {
  readonly name: string;
  /** For `WWW-Authenticate`, one for each scheme: `Basic realm="…"`. */
  readonly challenges: readonly string[];
  /**
   * Browsers send the credential unasked, so that a page of another site can make one send a
   * request: those that change something are refused.
   */
  readonly ambient?: true;
  /**
   * @returns the principal; null where these credentials are not of this way
   * @throws DistGitError `credential_invalid` where they are, and do not hold; `not_allowed` where
   *   they hold, and are nobody's here
   */
  authenticate(credentials: Credentials): Promise<UserPrincipal | null>;
}
