import { type Decision, decide } from '../../core/access/decide.ts';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { directoryGroup, type SigName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import type { Database, Sql } from '../db/database.ts';
import { findCollectionResource, findSig, requireComponentsOf } from './find-sig.ts';

/** Requests that one user may have open: nobody reads more. */
const MAX_OPEN = 50;

export function requestQuery(sql: Sql) {
  return sql.selectFrom('access_requests').selectAll();
}
export type RequestRow = Awaited<ReturnType<ReturnType<typeof requestQuery>['execute']>>[number];

export const requestView = (row: RequestRow): ApiOutput<'requestAccess'> => ({
  id: row.id,
  kind: row.kind,
  user: row.user_name,
  sig: row.sig,
  components: row.components,
  collection: row.collection,
  reason: row.reason,
  state: row.state,
  createdAt: row.created_at.toISOString(),
  answeredBy: row.answered_by,
  answeredAt: row.answered_at?.toISOString() ?? null,
  answer: row.answer,
});

/** Approvals are not what lets people commit to this SIG. @throws DistGitError `conflict` */
export function refuseMembersPolicy(sig: SigName): never {
  return fail(
    'conflict',
    `In SIG ${sig} its members commit; approvals do not count.`,
    `Ask a chair of SIG ${sig} for membership (group ${directoryGroup(sig)} where a directory holds it); "centpkg sig members ${sig}" lists the chairs.`,
  );
}

/**
 * Asks a SIG for an approval. Asking again gives the request that is open.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict` where there is nothing to ask for
 */
export async function requestAccess(
  db: Database,
  context: RequestContext,
  { sig: name, components: wanted, reason }: ApiParsed<'requestAccess'>,
) {
  const sig = await findSig(db.sql, name);
  const user = requireUser(context);
  const subject = `access to ${name}`;
  const decision = await authorize(
    db,
    context,
    { action: 'request-access', sig, user: user.name },
    subject,
  );
  if (sig.policies.commit === 'members') refuseMembersPolicy(name);
  const components = wanted === null ? null : [...new Set(wanted)].sort();
  if (components !== null) await requireComponentsOf(db.sql, name, components);
  const has = user.approvals.some(
    (one) =>
      one.sig === name &&
      (one.components === null ||
        (components?.every((component) => one.components?.includes(component)) ?? false)),
  );
  if (has)
    fail('conflict', `SIG ${name} has approved ${user.name} for that.`, 'See "centpkg whoami".');
  return insertRequest(db, context, decision, {
    kind: 'access',
    sig: name,
    components,
    collection: null,
    reason,
  });
}

/**
 * Asks the site admins to set up Koji for a collection.
 * @throws DistGitError `not_found`, `not_allowed`, `conflict` where the SIG does it itself
 */
export async function requestKoji(
  db: Database,
  context: RequestContext,
  { collection: name, reason }: ApiParsed<'requestKoji'>,
) {
  const collection = await findCollectionResource(db.sql, name);
  const decision = await authorize(
    db,
    context,
    { action: 'request-koji', collection },
    `Koji for ${name}`,
  );
  const { sig } = collection;
  if (sig.policies.koji === 'members')
    fail(
      'conflict',
      `SIG ${sig.name} sets up Koji itself; there is nobody to ask.`,
      `"centpkg sig show ${sig.name}" tells its policies.`,
    );
  return insertRequest(db, context, decision, {
    kind: 'koji',
    sig: sig.name,
    components: null,
    collection: name,
    reason,
  });
}

async function insertRequest(
  db: Database,
  context: RequestContext,
  decision: Decision,
  request: Pick<RequestRow, 'kind' | 'sig' | 'components' | 'collection' | 'reason'>,
) {
  const user = requireUser(context).name;
  const { kind, sig, components, collection } = request;
  const wish = JSON.stringify([kind, sig, components, collection]);
  return db.transaction(async (sql) => {
    const openRequests = () =>
      requestQuery(sql).where('user_name', '=', user).where('state', '=', 'open').execute();
    const sameIn = (rows: readonly RequestRow[]): RequestRow | undefined =>
      rows.find(
        (one) => JSON.stringify([one.kind, one.sig, one.components, one.collection]) === wish,
      );
    const open = await openRequests();
    const same = sameIn(open);
    if (same !== undefined) return requestView(same);
    if (open.length >= MAX_OPEN)
      fail(
        'conflict',
        `${user} has ${open.length} open requests; more are not taken.`,
        'Take some back: centpkg request cancel ID',
      );
    const row = await sql
      .insertInto('access_requests')
      .values({ ...request, user_name: user })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      // The same was asked at the same moment.
      const other = sameIn(await openRequests());
      if (other !== undefined) return requestView(other);
      return fail('conflict', 'The same was asked and answered just now.', 'Ask again.');
    }
    await recordAudit(sql, context, {
      action: `request.${request.kind}`,
      subject: request.sig,
      decision,
      detail: { request: row.id, ...request },
    });
    return requestView(row);
  });
}

/**
 * Newest first: one's own, and those that one may answer.
 * @throws DistGitError `authentication_required`, `not_found`
 */
export async function listRequests(
  db: Database,
  context: RequestContext,
  { sig, mine, state, before, limit }: ApiParsed<'listRequests'>,
) {
  const user = requireUser(context);
  if (sig !== undefined) await findSig(db.sql, sig);
  let query = requestQuery(db.sql).orderBy('id', 'desc').limit(limit);
  if (sig !== undefined) query = query.where('sig', '=', sig);
  if (state !== 'any') query = query.where('state', '=', state);
  if (before !== undefined) query = query.where('id', '<', before);
  if (mine) query = query.where('user_name', '=', user.name);
  else if (!decide(user, { action: 'administer' }).allowed) {
    const chaired = await chairedSigs(db.sql, context);
    query = query.where((where) =>
      where.or([
        where('user_name', '=', user.name),
        ...(chaired.length === 0 ? [] : [where('sig', 'in', chaired)]),
      ]),
    );
  }
  return { items: (await query.execute()).map(requestView) };
}

/** The SIGs of the asking user that it may answer for. */
async function chairedSigs(sql: Sql, context: RequestContext): Promise<SigName[]> {
  const user = requireUser(context);
  const found: SigName[] = [];
  for (const { sig: name } of user.memberships) {
    const sig = await findSig(sql, name);
    if (decide(user, { action: 'manage-sig', sig }).allowed) found.push(name);
  }
  return found;
}
