import { type Brand, parseByRule } from './text.ts';

/** A special interest group, the unit of permission: `sclo`. */
export type SigName = Brand<'SigName'>;
export type UserName = Brand<'UserName'>;

export const COMMIT_POLICIES = ['approved', 'members'] as const;
export const KOJI_POLICIES = ['members', 'admins'] as const;
/** `commit`: who may push. `koji`: who sets up tags, targets and buildroots. */
export interface SigPolicies {
  readonly commit: (typeof COMMIT_POLICIES)[number];
  readonly koji: (typeof KOJI_POLICIES)[number];
}
export const DEFAULT_SIG_POLICIES: SigPolicies = { commit: 'approved', koji: 'members' };

export const SIG_ROLES = ['chair', 'member'] as const;
export type SigRole = (typeof SIG_ROLES)[number];

/** Who keeps a user: a site admin of this service, or the directory. */
export type UserSource = 'local' | 'directory';

/** What may be asked of a SIG or a site admin: an approval, or that Koji be set up. */
export const REQUEST_KINDS = ['access', 'koji'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];
export const REQUEST_STATES = ['open', 'approved', 'denied', 'cancelled'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** @throws DistGitError `name_invalid` */
export function parseSigName(text: string): SigName {
  const valid = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(text) && !text.startsWith('sig-');
  return parseByRule(
    'SIG name',
    text,
    valid,
    'A SIG name has lower-case letters, digits and inner dashes, at most 32; without "sig-".',
  );
}

/** @throws DistGitError `name_invalid` */
export function parseUserName(text: string): UserName {
  const valid = /^[a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_-])?$/.test(text) && !text.includes('..');
  return parseByRule(
    'User name',
    text,
    valid,
    'A user name has lower-case letters, digits and "_.-", at most 64.',
  );
}

/** The SIG that a group of the directory stands for; null: none. */
export function sigOfDirectoryGroup(group: string): SigName | null {
  if (!group.startsWith(GROUP_PREFIX)) return null;
  try {
    const sig = parseSigName(group.slice(GROUP_PREFIX.length));
    return directoryGroup(sig) === group ? sig : null;
  } catch {
    return null;
  }
}

const GROUP_PREFIX = 'sig-';

/** The SIG's group in the directory: `sig-<name>`. Groups compare equal, never by prefix. */
export function directoryGroup(sig: SigName): string {
  return `${GROUP_PREFIX}${sig}`;
}
