import type { AccessRequest, CollectionResource } from '../../core/access/action.ts';
import { decide } from '../../core/access/decide.ts';
import {
  type Principal,
  type SigResource,
  UNLIMITED_SCOPES,
  type UserPrincipal,
} from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { SigName, UserName } from '../../core/domain/sig.ts';
import type { Database, Sql } from '../db/database.ts';
import type { KnownUser } from '../identity/principals.ts';
import type { RequestContext } from './audit.ts';
import { authorize } from './authorize.ts';

type Input = ApiParsed<'explain'>;
type Part = ApiOutput<'explain'>['parts'][number];
interface BranchResource extends CollectionResource {
  readonly release: string;
}

/** How the server itself finds what a permission is about; each throws `not_found`. */
export interface ExplainDeps {
  readonly db: Database;
  findUser(name: UserName): Promise<KnownUser | null>;
  findBranches(component: ComponentName): Promise<readonly BranchResource[]>;
  findCollection(name: CollectionName): Promise<CollectionResource>;
  findSig(name: SigName): Promise<SigResource>;
}

/**
 * The one decision, asked as a question: of oneself by anybody, of others by the chairs of a SIG
 * that has a say, and by site admins.
 * @throws DistGitError `input_invalid`, `not_found`, `not_allowed`
 */
export async function explain(
  deps: ExplainDeps,
  context: RequestContext,
  input: Input,
): Promise<ApiOutput<'explain'>> {
  const request = await requestOf(deps, context.principal, input);
  const parts = partsOf(request);
  const principal = await principalOf(deps, context, input, parts);
  const decision = decide(principal, request);
  return {
    ...decision,
    user: principal.kind === 'user' ? principal.name : null,
    credential:
      principal === context.principal && principal.kind === 'user' ? principal.credential : null,
    action: request.action,
    parts: await Promise.all(parts.map((part) => partView(deps.db.sql, principal, request, part))),
  };
}

/** @throws DistGitError `input_invalid` where the action needs what was not given */
async function requestOf(
  deps: ExplainDeps,
  principal: Principal,
  input: Input,
): Promise<AccessRequest> {
  const { action, component, branch, collection, sig, owner } = input;
  const given = <T>(value: T | undefined, what: string): T =>
    value ?? fail('input_invalid', `To explain ${action}, a ${what} must be named.`);
  switch (action) {
    case 'read':
    case 'administer':
      return { action };
    case 'push':
    case 'upload':
    case 'manage-component': {
      const name = given(component, 'component');
      const all = await deps.findBranches(name);
      const wanted =
        branch === undefined
          ? all
          : all.filter(
              (one) => one.collection === branch.collection && one.release === branch.release,
            );
      if (branch !== undefined && wanted.length === 0)
        fail(
          'not_found',
          `${name} has no branch ${branchName(branch)}.`,
          `See "centpkg component show ${name}".`,
        );
      const byCollection = new Map(wanted.map((one) => [one.collection, one]));
      return { action, component: name, collections: [...byCollection.values()] };
    }
    case 'manage-collection':
    case 'apply-koji':
    case 'request-koji':
      return { action, collection: await deps.findCollection(given(collection, 'collection')) };
    case 'manage-sig':
      return { action, sig: await deps.findSig(given(sig, 'SIG')) };
    case 'request-access':
      return {
        action,
        sig: await deps.findSig(given(sig, 'SIG')),
        user: given(owner ?? input.user ?? ownName(principal), 'user'),
      };
    case 'manage-tokens':
    case 'manage-keys':
      return { action, user: given(owner ?? input.user ?? ownName(principal), 'user') };
    default:
      return action satisfies never;
  }
}

const ownName = (principal: Principal): UserName | undefined =>
  principal.kind === 'user' ? principal.name : undefined;

interface SigPart {
  readonly sig: SigResource;
  readonly collection: CollectionName | null;
}

function partsOf(request: AccessRequest): readonly SigPart[] {
  if ('collections' in request) return request.collections;
  if ('collection' in request) return [request.collection];
  return 'sig' in request ? [{ sig: request.sig, collection: null }] : [];
}

/** Whom the question is about. Of another user the answer is about the user, not a credential. */
async function principalOf(
  deps: ExplainDeps,
  context: RequestContext,
  { user }: Input,
  parts: readonly SigPart[],
): Promise<Principal> {
  if (user === undefined || user === ownName(context.principal)) return context.principal;
  const chair = parts.some(
    ({ sig }) => decide(context.principal, { action: 'manage-sig', sig }).allowed,
  );
  if (!chair) await authorize(deps.db, context, { action: 'administer' }, `rights of ${user}`);
  const known = await deps.findUser(user);
  if (known === null)
    fail('not_found', `There is no user ${user}, or it is disabled.`, 'See "centpkg user list".');
  return { kind: 'user', ...known, credential: '', validUntil: null, scopes: UNLIMITED_SCOPES };
}

async function partView(
  sql: Sql,
  principal: Principal,
  request: AccessRequest,
  { sig, collection }: SigPart,
): Promise<Part> {
  const alone: AccessRequest =
    'collections' in request && collection !== null
      ? { ...request, collections: [{ collection, sig }] }
      : request;
  const member =
    principal.kind === 'user'
      ? principal.memberships.find((one) => one.sig === sig.name)
      : undefined;
  return {
    sig: sig.name,
    collection,
    ...sig.policies,
    role: member?.role ?? null,
    approval: principal.kind === 'user' ? await approvalOf(sql, principal, sig.name) : null,
    decision: decide(principal, alone),
  };
}

/** The approval that the decision saw, with who gave it and why. */
async function approvalOf(sql: Sql, user: UserPrincipal, sig: SigName): Promise<Part['approval']> {
  const counted = user.approvals.find((one) => one.sig === sig);
  if (counted === undefined) return null;
  const row = await sql
    .selectFrom('sig_approvals')
    .select(['approved_by', 'reason', 'until'])
    .where('sig', '=', sig)
    .where('user_name', '=', user.name)
    .executeTakeFirst();
  return {
    components: counted.components === null ? null : [...counted.components],
    approvedBy: row?.approved_by ?? '',
    reason: row?.reason ?? '',
    until: row?.until?.toISOString() ?? null,
  };
}
