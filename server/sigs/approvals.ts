import { sql as raw } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { SigName, UserName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { findSig, requireComponentsOf } from './find-sig.ts';

interface ApprovalInsert {
  readonly sig: SigName;
  readonly user_name: UserName;
  readonly components: ComponentName[] | null;
  readonly reason: string;
  readonly approved_by: UserName;
  readonly until: Date | null;
}
interface ApprovalRow extends Omit<ApprovalInsert, 'sig'> {
  readonly created_at: Date;
}

export const approvalView = (row: ApprovalRow): ApiOutput<'approveUser'> => ({
  user: row.user_name,
  components: row.components,
  reason: row.reason,
  approvedBy: row.approved_by,
  createdAt: row.created_at.toISOString(),
  until: row.until?.toISOString() ?? null,
});

/** When an approval ends. @throws DistGitError `input_invalid` for the past */
export function endOf(until: string | null): Date | null {
  const end = until === null ? null : new Date(until);
  if (end !== null && end.getTime() <= Date.now())
    fail('input_invalid', 'The approval would end in the past.', 'Give a later date.');
  return end;
}

/** Writes an approval over the one before. */
export function putApproval(sql: Sql, approval: ApprovalInsert): Promise<ApprovalRow> {
  const { components, reason, approved_by, until } = approval;
  return sql
    .insertInto('sig_approvals')
    .values({ ...approval })
    .onConflict((conflict) =>
      conflict
        .columns(['sig', 'user_name'])
        .doUpdateSet({ components, reason, approved_by, until }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

/**
 * An approval replaces the one before, and answers what the user has asked for within it.
 * @throws DistGitError `not_found` for a user, SIG or component, `not_allowed`, `input_invalid`
 */
export async function approveUser(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'approveUser'>,
): Promise<ApiOutput<'approveUser'>> {
  const sig = await findSig(db.sql, input.sig);
  const decision = await authorize(
    db,
    context,
    { action: 'manage-sig', sig },
    `approval of ${input.user} by ${sig.name}`,
  );
  const by = requireUser(context).name;
  const until = endOf(input.until);
  const components = input.components === null ? null : [...new Set(input.components)].sort();
  if (components !== null) await requireComponentsOf(db.sql, sig.name, components);
  return withConstraints(() =>
    db.transaction(async (sql) => {
      const row = await putApproval(sql, {
        sig: sig.name,
        user_name: input.user,
        components,
        reason: input.reason,
        approved_by: by,
        until,
      });
      let asked = sql
        .updateTable('access_requests')
        .set({ state: 'approved', answered_by: by, answered_at: raw<Date>`now()` })
        .where('sig', '=', sig.name)
        .where('user_name', '=', input.user)
        .where('kind', '=', 'access')
        .where('state', '=', 'open');
      if (components !== null)
        asked = asked.where(raw<boolean>`components <@ ${components}::text[]`);
      await asked.execute();
      await recordAudit(sql, context, {
        action: 'sig.approve',
        subject: sig.name,
        decision,
        detail: { user: input.user, components, reason: input.reason, until: input.until },
      });
      return approvalView(row);
    }),
  );
}

/** @throws DistGitError `not_found`, `not_allowed` */
export async function revokeApproval(
  db: Database,
  context: RequestContext,
  { sig: name, user }: ApiParsed<'revokeApproval'>,
) {
  const sig = await findSig(db.sql, name);
  const decision = await authorize(
    db,
    context,
    { action: 'manage-sig', sig },
    `approval of ${user} by ${name}`,
  );
  return db.transaction(async (sql) => {
    const gone = await sql
      .deleteFrom('sig_approvals')
      .where('sig', '=', name)
      .where('user_name', '=', user)
      .returning(raw<string>`user_name`.as('user'))
      .executeTakeFirst();
    if (gone === undefined)
      fail('not_found', `SIG ${name} has not approved ${user}.`, `See "centpkg sig show ${name}".`);
    await recordAudit(sql, context, {
      action: 'sig.revoke',
      subject: name,
      decision,
      detail: { user },
    });
    return {};
  });
}
