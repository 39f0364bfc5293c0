import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';

type UserView = ApiOutput<'showUser'>;

function userQuery(sql: Sql) {
  return sql
    .selectFrom('users')
    .select(['name', 'full_name', 'email', 'admin', 'disabled', 'created_at']);
}
type UserRow = Awaited<ReturnType<ReturnType<typeof userQuery>['execute']>>[number];

const view = (row: UserRow): UserView => ({
  name: row.name,
  fullName: row.full_name,
  email: row.email,
  admin: row.admin,
  disabled: row.disabled,
  createdAt: row.created_at.toISOString(),
});

/**
 * By name, a page at a time. Mail addresses are for those who have logged in.
 * @throws DistGitError `authentication_required`
 */
export async function listUsers(
  db: Database,
  context: RequestContext,
  { after, limit }: ApiParsed<'listUsers'>,
) {
  requireUser(context);
  let query = userQuery(db.sql).orderBy('name').limit(limit);
  if (after !== undefined) query = query.where('name', '>', after as UserName);
  return { items: (await query.execute()).map(view) };
}

/** @throws DistGitError `not_found`, `authentication_required` */
export async function showUser(db: Database, context: RequestContext, name: UserName) {
  requireUser(context);
  const row = await userQuery(db.sql).where('name', '=', name).executeTakeFirst();
  return row === undefined ? noUser(name) : view(row);
}

function noUser(name: UserName): never {
  return fail('not_found', `There is no user ${name}.`, 'Look at "centpkg user list".');
}

/** @throws DistGitError `conflict`, `not_allowed` */
export async function createUser(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'createUser'>,
): Promise<UserView> {
  const decision = await authorize(db, context, { action: 'administer' }, `user ${input.name}`);
  return withConstraints(() =>
    db.transaction(async (sql) => {
      await sql
        .insertInto('users')
        .values({
          name: input.name,
          full_name: input.fullName,
          email: input.email,
          admin: input.admin,
        })
        .execute();
      await recordAudit(sql, context, {
        action: 'user.create',
        subject: input.name,
        decision,
        detail: { admin: input.admin },
      });
      return view(await userQuery(sql).where('name', '=', input.name).executeTakeFirstOrThrow());
    }),
  );
}

/** @throws DistGitError `not_found`, `not_allowed`, `conflict` where the last admin would go */
export async function updateUser(
  db: Database,
  context: RequestContext,
  { user, disabled, admin }: ApiParsed<'updateUser'>,
): Promise<UserView> {
  const decision = await authorize(db, context, { action: 'administer' }, `user ${user}`);
  return db.transaction(async (sql) => {
    const row = await userQuery(sql).where('name', '=', user).forUpdate().executeTakeFirst();
    if (row === undefined) noUser(user);
    const change = { admin: admin ?? row.admin, disabled: disabled ?? row.disabled };
    await sql.updateTable('users').set(change).where('name', '=', user).execute();
    const admins = await sql
      .selectFrom('users')
      .select('name')
      .where('admin', '=', true)
      .where('disabled', '=', false)
      .limit(1)
      .execute();
    if (admins.length === 0)
      fail(
        'conflict',
        `${user} is the last site admin.`,
        'Make somebody else an admin first: centpkg user edit NAME --admin',
      );
    await recordAudit(sql, context, {
      action: 'user.edit',
      subject: user,
      decision,
      detail: change,
    });
    return view({ ...row, ...change });
  });
}
