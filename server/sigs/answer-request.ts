import { sql as raw } from 'kysely';
import type { AccessRequest } from '../../core/access/action.ts';
import type { Decision } from '../../core/access/decide.ts';
import type { SigResource } from '../../core/access/principal.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { CollectionName } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { SigName, UserName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database, Sql } from '../db/database.ts';
import { endOf, putApproval } from './approvals.ts';
import { findSig } from './find-sig.ts';
import { type RequestRow, refuseMembersPolicy, requestQuery, requestView } from './requests.ts';

type RequestView = ApiOutput<'approveRequest'>;
type Answer = Exclude<RequestRow['state'], 'open'>;

export interface ApproveDeps {
  readonly db: Database;
  /** In the transaction of a grant: Koji is to be set up for the collection, in the user's name. */
  requestKojiSetUp(sql: Sql, collection: CollectionName, user: UserName): Promise<void>;
}

/**
 * Grants a request: access becomes an approval, and Koji is set up as the collection is declared.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict`
 */
export async function approveRequest(
  deps: ApproveDeps,
  context: RequestContext,
  { request: id, until }: ApiParsed<'approveRequest'>,
): Promise<RequestView> {
  const { db } = deps;
  const { request, decision } = await requireAnswerable(db, context, id);
  const end = endOf(until);
  return answer(db, context, { request, decision, state: 'approved', words: null }, async (sql) => {
    if (request.kind === 'koji') {
      if (end !== null) fail('input_invalid', 'A request for Koji is granted without an end.');
      if (request.collection !== null)
        await deps.requestKojiSetUp(sql, request.collection, request.user_name);
      return;
    }
    // The policy may have changed since the request was made.
    if ((await findSig(sql, request.sig)).policies.commit === 'members')
      refuseMembersPolicy(request.sig);
    await putApproval(sql, {
      sig: request.sig,
      user_name: request.user_name,
      components: await withPresent(sql, request, end),
      reason: request.reason,
      approved_by: requireUser(context).name,
      until: end,
    });
  });
}

/** @throws DistGitError `not_found`, `not_allowed`, `conflict` */
export async function denyRequest(
  db: Database,
  context: RequestContext,
  { request: id, reason }: ApiParsed<'denyRequest'>,
): Promise<RequestView> {
  const { request, decision } = await requireAnswerable(db, context, id);
  return answer(db, context, { request, decision, state: 'denied', words: reason });
}

/** By whoever asked. @throws DistGitError `not_found`, `not_allowed`, `conflict` */
export async function cancelRequest(
  db: Database,
  context: RequestContext,
  id: number,
): Promise<RequestView> {
  requireUser(context);
  const request = await requireRequest(db.sql, id);
  const sig = await findSig(db.sql, request.sig);
  const decision = await authorize(
    db,
    context,
    { action: 'request-access', sig, user: request.user_name },
    `request ${id}`,
  );
  return answer(db, context, { request, decision, state: 'cancelled', words: null });
}

async function requireRequest(sql: Sql, id: number): Promise<RequestRow> {
  const row = await requestQuery(sql).where('id', '=', id).executeTakeFirst();
  return row ?? fail('not_found', `There is no request ${id}.`, 'See "centpkg request list".');
}

/** Chairs answer for their SIG; for Koji's set-up only site admins do. */
export const answering = (kind: RequestRow['kind'], sig: SigResource): AccessRequest =>
  kind === 'koji' ? { action: 'administer' } : { action: 'manage-sig', sig };

async function requireAnswerable(db: Database, context: RequestContext, id: number) {
  requireUser(context);
  const request = await requireRequest(db.sql, id);
  const decision = await authorize(
    db,
    context,
    answering(request.kind, await findSig(db.sql, request.sig)),
    `request ${id} of ${request.user_name}`,
  );
  return { request, decision };
}

/** Ends a request once; the same answer again changes nothing. */
async function answer(
  db: Database,
  context: RequestContext,
  given: { request: RequestRow; decision: Decision; state: Answer; words: string | null },
  act: (sql: Sql) => Promise<void> = async () => {},
): Promise<RequestView> {
  const { request, decision, state, words } = given;
  return db.transaction(async (sql) => {
    const row = await sql
      .updateTable('access_requests')
      .set({
        state,
        answer: words,
        answered_by: requireUser(context).name,
        answered_at: raw<Date>`now()`,
      })
      .where('id', '=', request.id)
      .where('state', '=', 'open')
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      const now = await requireRequest(sql, request.id);
      if (now.state === state) return requestView(now);
      return fail(
        'conflict',
        `Request ${request.id} is ${now.state} already.`,
        'What is still asked for must be asked again: centpkg request access',
      );
    }
    await act(sql);
    await recordAudit(sql, context, {
      action: `request.${state}`,
      subject: row.sig,
      decision,
      detail: { request: row.id, kind: row.kind, user: row.user_name, components: row.components },
    });
    return requestView(row);
  });
}

/**
 * What the approval will be for: the request's components, and those that it is for now. There is
 * one approval per user and SIG, so that two ends do not fit into it.
 * @throws DistGitError `conflict`
 */
async function withPresent(
  sql: Sql,
  {
    sig,
    user_name: user,
    components,
  }: { sig: SigName; user_name: UserName } & Pick<RequestRow, 'components'>,
  end: Date | null,
): Promise<ComponentName[] | null> {
  const present = await sql
    .selectFrom('sig_approvals')
    .select(['components', 'until'])
    .where('sig', '=', sig)
    .where('user_name', '=', user)
    .where((where) => where.or([where('until', 'is', null), where('until', '>', raw<Date>`now()`)]))
    .forUpdate()
    .executeTakeFirst();
  if (present === undefined || components === null) return components;
  if (present.until?.getTime() !== end?.getTime())
    fail(
      'conflict',
      `SIG ${sig} has approved ${user} until ${present.until?.toISOString() ?? 'it is taken back'} for ${present.components?.join(', ') ?? 'all components'}.`,
      'Give the same --until, or approve both at once: centpkg sig approve',
    );
  if (present.components === null) return null;
  return [...new Set([...present.components, ...components])].sort();
}
