import { sql as raw } from 'kysely';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { DEFAULT_SIG_POLICIES, type SigName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { findSig } from './find-sig.ts';

type SigView = ApiOutput<'createSig'>;

const COLUMNS = ['name', 'title', 'commit_policy', 'koji_policy', 'created_at'] as const;
const sigQuery = (sql: Sql) => sql.selectFrom('sigs').select(COLUMNS);
type SigRow = Awaited<ReturnType<ReturnType<typeof sigQuery>['execute']>>[number];

const view = (row: SigRow): SigView => ({
  name: row.name,
  title: row.title,
  commit: row.commit_policy,
  koji: row.koji_policy,
  createdAt: row.created_at.toISOString(),
});

export async function listSigs(db: Database) {
  return { items: (await sigQuery(db.sql).orderBy('name').execute()).map(view) };
}

/** @throws DistGitError `not_found` */
export async function showSig(db: Database, name: SigName): Promise<ApiOutput<'showSig'>> {
  await findSig(db.sql, name);
  const row = await sigQuery(db.sql).where('name', '=', name).executeTakeFirstOrThrow();
  const members = await db.sql
    .selectFrom('memberships')
    .select(['user_name as user', 'role'])
    .where('sig', '=', name)
    .orderBy('role')
    .orderBy('user_name')
    .execute();
  const approvals = await db.sql
    .selectFrom('sig_approvals')
    .selectAll()
    .where('sig', '=', name)
    .orderBy('user_name')
    .execute();
  return { ...view(row), members, approvals: approvals.map(approvalView) };
}

interface ApprovalRow {
  user_name: string;
  components: string[] | null;
  reason: string;
  approved_by: string;
  created_at: Date;
  until: Date | null;
}
const approvalView = (row: ApprovalRow): ApiOutput<'approveUser'> => ({
  user: row.user_name,
  components: row.components,
  reason: row.reason,
  approvedBy: row.approved_by,
  createdAt: row.created_at.toISOString(),
  until: row.until?.toISOString() ?? null,
});

/** @throws DistGitError `conflict`, `not_allowed` */
export async function createSig(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'createSig'>,
): Promise<SigView> {
  const decision = await authorize(db, context, { action: 'administer' }, `SIG ${input.name}`);
  return withConstraints(() =>
    db.transaction(async (sql) => {
      const row = await sql
        .insertInto('sigs')
        .values({
          name: input.name,
          title: input.title,
          commit_policy: input.commit ?? DEFAULT_SIG_POLICIES.commit,
          koji_policy: input.koji ?? DEFAULT_SIG_POLICIES.koji,
        })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
      await recordAudit(sql, context, { action: 'sig.create', subject: input.name, decision });
      return view(row);
    }),
  );
}

/** @throws DistGitError `not_found`, `not_allowed` */
export async function updateSig(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'updateSig'>,
): Promise<SigView> {
  const sig = await findSig(db.sql, input.sig);
  const decision = await authorize(db, context, { action: 'manage-sig', sig }, `SIG ${sig.name}`);
  return db.transaction(async (sql) => {
    const row = await sql
      .updateTable('sigs')
      .set({
        ...(input.title === undefined ? {} : { title: input.title }),
        commit_policy: input.commit ?? sig.policies.commit,
        koji_policy: input.koji ?? sig.policies.koji,
      })
      .where('name', '=', sig.name)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
    await recordAudit(sql, context, {
      action: 'sig.edit',
      subject: sig.name,
      decision,
      detail: { commit: row.commit_policy, koji: row.koji_policy },
    });
    return view(row);
  });
}

/** Members of local SIGs are the site admins' to set. @throws DistGitError `not_found`, `not_allowed` */
export async function setMember(
  db: Database,
  context: RequestContext,
  { sig: name, user, role }: ApiParsed<'setMember'>,
) {
  const decision = await authorize(db, context, { action: 'administer' }, `members of ${name}`);
  return withConstraints(() =>
    db.transaction(async (sql) => {
      await sql
        .insertInto('sig_members')
        .values({ sig: name, user_name: user, role })
        .onConflict((conflict) => conflict.columns(['sig', 'user_name']).doUpdateSet({ role }))
        .execute();
      await recordAudit(sql, context, {
        action: 'sig.member.set',
        subject: name,
        decision,
        detail: { user, role },
      });
      return { sig: name, user, role };
    }),
  );
}

/** @throws DistGitError `not_found`, `not_allowed` */
export async function removeMember(
  db: Database,
  context: RequestContext,
  { sig: name, user }: ApiParsed<'removeMember'>,
) {
  const decision = await authorize(db, context, { action: 'administer' }, `members of ${name}`);
  return db.transaction(async (sql) => {
    const gone = await sql
      .deleteFrom('sig_members')
      .where('sig', '=', name)
      .where('user_name', '=', user)
      .returning('user_name')
      .executeTakeFirst();
    if (gone === undefined)
      fail(
        'not_found',
        `${user} is not a member of SIG ${name}.`,
        `See "centpkg sig show ${name}".`,
      );
    await recordAudit(sql, context, {
      action: 'sig.member.remove',
      subject: name,
      decision,
      detail: { user },
    });
    return {};
  });
}

/** An approval replaces the one before. @throws DistGitError `not_found`, `not_allowed` */
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
  const { components, reason } = input;
  const until = input.until === null ? null : new Date(input.until);
  if (until !== null && until.getTime() <= Date.now())
    fail('input_invalid', 'The approval would end in the past.', 'Give a later date.');
  return withConstraints(() =>
    db.transaction(async (sql) => {
      const row = await sql
        .insertInto('sig_approvals')
        .values({
          sig: sig.name,
          user_name: input.user,
          components,
          reason,
          approved_by: by,
          until,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['sig', 'user_name'])
            .doUpdateSet({ components, reason, approved_by: by, until }),
        )
        .returningAll()
        .executeTakeFirstOrThrow();
      await recordAudit(sql, context, {
        action: 'sig.approve',
        subject: sig.name,
        decision,
        detail: { user: input.user, components, reason, until: input.until },
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
