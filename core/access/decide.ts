import type { ComponentName } from '../domain/component-name.ts';
import { SIG_ROLES, type SigRole } from '../domain/sig.ts';
import { quoted } from '../domain/text.ts';
import type { AccessRequest, CollectionResource } from './action.ts';
import { TOKEN_VERB_OF_ACTION } from './action.ts';
import type { Principal, SigResource, UserPrincipal } from './principal.ts';

/** `rule` names what decided; a refusal also says what to do next. */
export type Decision =
  | { readonly allowed: true; readonly rule: string; readonly reason: string }
  | {
      readonly allowed: false;
      readonly rule: string;
      readonly reason: string;
      readonly remedy: string;
    };

/** What takes a login. */
type NonPublic = Exclude<AccessRequest, { action: 'read' }>;

const allow = (rule: string, reason: string): Decision => ({ allowed: true, rule, reason });
const refuse = (rule: string, reason: string, remedy: string): Decision => ({
  allowed: false,
  rule,
  reason,
  remedy,
});

/**
 * The one permission decision, for git, look-aside, API, CLI and pages. Pure, and refuses whatever
 * no rule allows. Source of the rules: the CentOS proposal's two SIG policies.
 */
export function decide(principal: Principal, request: AccessRequest): Decision {
  if (request.action === 'read') return allow('read-is-public', 'Reading needs no account.');
  if (principal.kind === 'anonymous')
    return refuse(
      'login-required',
      'This needs a login.',
      'Log in with a token; a site admin or "centpkg token create" issues one.',
    );
  return (
    decideDirectory(principal) ??
    decideScopes(principal, request) ??
    decideRoles(principal, request)
  );
}

/** Who may no longer be a member, or be there at all, is refused. Null: nothing is in doubt. */
function decideDirectory({ name, directorySilentSince }: UserPrincipal): Decision | null {
  if (directorySilentSince === null) return null;
  return refuse(
    'directory-unreachable',
    `The directory has not answered since ${directorySilentSince}; what ${name} may do is not known.`,
    'Try again when the directory answers; a site admin can tell when. Reading goes on.',
  );
}

function decideRoles(user: UserPrincipal, request: NonPublic): Decision {
  switch (request.action) {
    case 'push':
    case 'upload':
      return decideCommit(user, request.component, request.collections);
    case 'manage-component':
      return decideEvery(user, request.collections);
    case 'manage-collection':
    case 'request-koji':
      return decideMember(user, request.collection.sig);
    case 'apply-koji':
      return decideKoji(user, request.collection);
    case 'manage-sig':
      return decideChair(user, request.sig);
    case 'manage-keys':
      return user.name === request.user
        ? allow('own-keys', 'A user manages its own SSH keys.')
        : decideAdmin(user);
    case 'request-access':
      if (user.name === request.user) return allow('own-request', 'A user asks for itself.');
      return refuse(
        'own-request',
        `${user.name} can not ask in the name of ${request.user}.`,
        `Who answers for SIG ${request.sig.name} can deny it: centpkg request deny.`,
      );
    case 'manage-tokens':
      return user.name === request.user
        ? allow('own-tokens', 'A user manages its own tokens.')
        : decideAdmin(user);
    case 'administer':
      return decideAdmin(user);
    default: {
      const never: never = request;
      const { action } = never as { action: string };
      return refuse('deny-by-default', `No rule allows ${quoted(action)}.`, 'Ask a site admin.');
    }
  }
}

/** A token's scopes can only take away. Null: the scopes leave the answer to the roles. */
function decideScopes(user: UserPrincipal, request: NonPublic): Decision | null {
  const { scopes } = user;
  const outside = (what: string): Decision =>
    refuse(
      'token-scope',
      `The token is not for ${what}.`,
      'Use a token whose scopes cover it, see "centpkg token list".',
    );
  const verb = TOKEN_VERB_OF_ACTION[request.action];
  if (scopes.verbs !== null && !scopes.verbs.includes(verb)) return outside(`the verb ${verb}`);

  const collections =
    'collections' in request
      ? request.collections
      : 'collection' in request
        ? [request.collection]
        : null;
  const sigs = collections?.map(({ sig }) => sig) ?? ('sig' in request ? [request.sig] : null);
  const { component }: { action: string; component?: ComponentName } = request;
  // One branch in scope is enough to push or upload; whoever manages needs all in scope.
  const any = request.action === 'push' || request.action === 'upload';
  const covers = (limit: readonly string[] | null, names: readonly string[] | null): boolean => {
    if (limit === null) return true;
    if (names === null || names.length === 0) return false;
    return any
      ? names.some((name) => limit.includes(name))
      : names.every((name) => limit.includes(name));
  };
  if (!covers(scopes.sigs, sigs?.map(({ name }) => name) ?? null)) return outside('this SIG');
  if (!covers(scopes.collections, collections?.map(({ collection }) => collection) ?? null))
    return outside('this collection');
  const componentIn =
    scopes.components === null || scopes.components.some((one) => one === component);
  return componentIn ? null : outside('this component');
}

/** Whoever may commit to any of the branches may; the scopes must cover that same branch. */
function decideCommit(
  user: UserPrincipal,
  component: ComponentName,
  collections: readonly CollectionResource[],
): Decision {
  const { scopes } = user;
  let refusal: Decision = refuse(
    'no-branch',
    `${component} has no branch yet.`,
    'Add the component to a collection: centpkg component add.',
  );
  for (const { collection, sig } of collections) {
    const inScope =
      (scopes.sigs?.includes(sig.name) ?? true) &&
      (scopes.collections?.includes(collection) ?? true);
    if (!inScope) {
      refusal = refuse(
        'token-scope',
        `The token is not for collection ${collection} of SIG ${sig.name}.`,
        'Use a token whose scopes cover it, see "centpkg token list".',
      );
      continue;
    }
    const decision = decideCommitIn(user, component, sig);
    if (decision.allowed) return decision;
    refusal = decision;
  }
  return refusal;
}

function decideCommitIn(user: UserPrincipal, component: ComponentName, sig: SigResource): Decision {
  if (sig.policies.commit === 'members') {
    if (hasRole(user, sig, SIG_ROLES))
      return allow('commit-members', `${user.name} is a member of SIG ${sig.name}.`);
    return refuse(
      'commit-members',
      `${user.name} is not a member of SIG ${sig.name}, and only its members commit.`,
      `Ask a chair of SIG ${sig.name} for membership; centpkg sig members ${sig.name} lists them.`,
    );
  }
  const approved = user.approvals.some(
    (approval) =>
      approval.sig === sig.name &&
      (approval.components === null || approval.components.includes(component)),
  );
  if (approved)
    return allow('commit-approved', `SIG ${sig.name} approved ${user.name} for ${component}.`);
  return refuse(
    'commit-approved',
    `SIG ${sig.name} has not approved ${user.name} for ${component}.`,
    `Ask for it: centpkg request access --sig ${sig.name}; or ask a chair to run: centpkg sig approve ${sig.name} ${user.name}`,
  );
}

function decideEvery(user: UserPrincipal, collections: readonly CollectionResource[]): Decision {
  const decisions = collections.map(({ sig }) => decideMember(user, sig));
  return decisions.find((decision) => !decision.allowed) ?? decisions[0] ?? decideAdmin(user);
}

function decideMember(user: UserPrincipal, sig: SigResource): Decision {
  if (hasRole(user, sig, SIG_ROLES))
    return allow('sig-member', `${user.name} is a member of SIG ${sig.name}.`);
  if (user.admin) return allow('site-admin', `${user.name} is a site admin.`);
  return refuse(
    'sig-member',
    `${user.name} is not a member of SIG ${sig.name}.`,
    `Ask SIG ${sig.name} to do this, or for membership.`,
  );
}

function decideKoji(user: UserPrincipal, { collection, sig }: CollectionResource): Decision {
  if (sig.policies.koji === 'members') return decideMember(user, sig);
  if (user.admin) return allow('site-admin', `${user.name} is a site admin.`);
  return refuse(
    'koji-admins',
    `SIG ${sig.name} leaves the set-up of Koji to site admins.`,
    `Ask for it: centpkg request koji ${collection}; a site admin answers.`,
  );
}

function decideChair(user: UserPrincipal, sig: SigResource): Decision {
  if (hasRole(user, sig, ['chair']))
    return allow('sig-chair', `${user.name} is a chair of SIG ${sig.name}.`);
  if (user.admin) return allow('site-admin', `${user.name} is a site admin.`);
  return refuse(
    'sig-chair',
    `${user.name} is not a chair of SIG ${sig.name}.`,
    `Ask a chair of SIG ${sig.name}; centpkg sig show ${sig.name} lists them.`,
  );
}

function decideAdmin(user: UserPrincipal): Decision {
  if (user.admin) return allow('site-admin', `${user.name} is a site admin.`);
  return refuse('site-admin', `${user.name} is not a site admin.`, 'Ask a site admin.');
}

function hasRole(user: UserPrincipal, sig: SigResource, roles: readonly SigRole[]): boolean {
  return user.memberships.some((one) => one.sig === sig.name && roles.includes(one.role));
}
