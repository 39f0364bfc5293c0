import type { ComponentName } from '../domain/component-name.ts';
import type { SigName, SigPolicies, SigRole, UserName } from '../domain/sig.ts';

/** What a token may be used for; reading needs no token. */
export const TOKEN_VERBS = ['push', 'upload', 'manage', 'admin'] as const;
export type TokenVerb = (typeof TOKEN_VERBS)[number];

/** A token can do no more than its scopes; null in a list's place means no limit there. */
export interface TokenScopes {
  readonly verbs: readonly TokenVerb[] | null;
  readonly sigs: readonly string[] | null;
  readonly collections: readonly string[] | null;
  readonly components: readonly string[] | null;
}
export const UNLIMITED_SCOPES: TokenScopes = {
  verbs: null,
  sigs: null,
  collections: null,
  components: null,
};

export interface Membership {
  readonly sig: SigName;
  readonly role: SigRole;
}

/** An approval that has not ended; `components` null stands for all of the SIG. */
export interface Approval {
  readonly sig: SigName;
  readonly components: readonly ComponentName[] | null;
}

/** Someone who logged in, with what the decision needs to know, all fresh. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly name: UserName;
  readonly admin: boolean;
  readonly memberships: readonly Membership[];
  readonly approvals: readonly Approval[];
  /**
   * Since when the directory that the user is of has not been heard, ISO 8601 in UTC, where that is
   * too long to trust what it said; null: it was heard, or the user is a local one.
   */
  readonly directorySilentSince: string | null;
  /** How the user logged in, for the audit log: `token:ab12`. */
  readonly credential: string;
  /** When that credential ends by itself, ISO 8601 in UTC; null: it does not. */
  readonly validUntil: string | null;
  readonly scopes: TokenScopes;
}
export type Principal = { readonly kind: 'anonymous' } | UserPrincipal;
export const ANONYMOUS: Principal = { kind: 'anonymous' };

export interface SigResource {
  readonly name: SigName;
  readonly policies: SigPolicies;
}
