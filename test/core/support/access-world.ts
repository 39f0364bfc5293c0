import type { AccessRequest, CollectionResource } from '../../../core/access/action.ts';
import type { Decision } from '../../../core/access/decide.ts';
import {
  ANONYMOUS,
  type Principal,
  type SigResource,
  type TokenScopes,
  UNLIMITED_SCOPES,
  type UserPrincipal,
} from '../../../core/access/principal.ts';
import {
  DEFAULT_SIG_POLICIES,
  parseUserName,
  type SigName,
  type SigPolicies,
} from '../../../core/domain/sig.ts';
import { collection, component, sig } from './names.ts';

/** Two SIGs of which one name begins the other. */
export const CORE = sig('core');
export const COREOS = sig('coreos');

export const ANN = parseUserName('ann');
export const PYTHON = component('python');

export function user(about: Partial<UserPrincipal> = {}): UserPrincipal {
  return {
    kind: 'user',
    name: ANN,
    admin: false,
    memberships: [],
    approvals: [],
    directorySilentSince: null,
    credential: 'token:ab12',
    validUntil: null,
    scopes: UNLIMITED_SCOPES,
    ...about,
  };
}

/** Who asks, by the part that it has in a SIG. */
export const ROLES = [
  'anonymous',
  'stranger',
  'member',
  'chair',
  'approved-all',
  'approved-this',
  'approved-other',
  'approved-none',
  'admin',
  'neighbour',
] as const;
export type Role = (typeof ROLES)[number];

/** `neighbour` is everything in the other SIG, and nothing in this one. */
export function principalOf(role: Role, own: SigName, scopes: TokenScopes): Principal {
  const other = own === CORE ? COREOS : CORE;
  const approvedFor = (...names: string[]) =>
    user({ approvals: [{ sig: own, components: names.map(component) }], scopes });
  const principals: Record<Role, () => Principal> = {
    anonymous: () => ANONYMOUS,
    stranger: () => user({ scopes }),
    member: () => user({ memberships: [{ sig: own, role: 'member' }], scopes }),
    chair: () => user({ memberships: [{ sig: own, role: 'chair' }], scopes }),
    'approved-all': () => user({ approvals: [{ sig: own, components: null }], scopes }),
    'approved-this': () => approvedFor('perl', PYTHON),
    // Names that a comparison by prefix would take for the component's.
    'approved-other': () => approvedFor('python-setuptools', 'pyth', 'Python'),
    'approved-none': () => approvedFor(),
    admin: () => user({ admin: true, scopes }),
    neighbour: () =>
      user({
        memberships: [{ sig: other, role: 'chair' }],
        approvals: [{ sig: other, components: null }],
        scopes,
      }),
  };
  return principals[role]();
}

export const sigOf = (name: SigName, policies: Partial<SigPolicies> = {}): SigResource => ({
  name,
  policies: { ...DEFAULT_SIG_POLICIES, ...policies },
});

export const resource = (name: string, sig: SigResource): CollectionResource => ({
  collection: collection(name),
  sig,
});

export const push = (...collections: readonly CollectionResource[]): AccessRequest => ({
  action: 'push',
  component: PYTHON,
  collections,
});
export const upload = (...collections: readonly CollectionResource[]): AccessRequest => ({
  action: 'upload',
  component: PYTHON,
  collections,
});
export const manageComponent = (...collections: readonly CollectionResource[]): AccessRequest => ({
  action: 'manage-component',
  component: PYTHON,
  collections,
});

/** A decision as one word for tables: the rule, with `+` where it allows. */
export const verdict = (decision: Decision): string =>
  `${decision.allowed ? '+' : '-'}${decision.rule}`;
