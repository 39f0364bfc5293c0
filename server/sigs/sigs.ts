import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { DEFAULT_SIG_POLICIES, type SigName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { approvalView } from './approvals.ts';
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
