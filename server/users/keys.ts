import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize, refusalError } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { sshFingerprint } from '../identity/ssh-identities.ts';

type KeyView = ApiOutput<'addKey'>;

const COLUMNS = [
  'fingerprint',
  'user_name',
  'type',
  'label',
  'added_by',
  'added_at',
  'last_used_at',
] as const;
const keyQuery = (sql: Sql) => sql.selectFrom('ssh_keys').select(COLUMNS);
type KeyRow = Awaited<ReturnType<ReturnType<typeof keyQuery>['execute']>>[number];

const view = (row: KeyRow): KeyView => ({
  fingerprint: row.fingerprint,
  user: row.user_name,
  type: row.type,
  label: row.label,
  addedBy: row.added_by,
  addedAt: row.added_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

/** Of the asking user, or for admins of another. @throws DistGitError `not_allowed` */
export async function listKeys(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'listKeys'>,
): Promise<ApiOutput<'listKeys'>> {
  const user = input.user ?? requireUser(context).name;
  await authorize(db, context, { action: 'manage-keys', user }, `SSH keys of ${user}`);
  const rows = await keyQuery(db.sql)
    .where('user_name', '=', user)
    .orderBy('added_at')
    .orderBy('fingerprint')
    .execute();
  return { items: rows.map(view) };
}

/**
 * A key does all that its user may, so that a limited token can not add one.
 * @throws DistGitError `not_found` for the user, `conflict` where the key is in use, `not_allowed`
 */
export async function addKey(
  db: Database,
  context: RequestContext,
  { user: asked, key, label }: ApiParsed<'addKey'>,
): Promise<KeyView> {
  const asking = requireUser(context);
  const user = asked ?? asking.name;
  const decision = await authorize(
    db,
    context,
    { action: 'manage-keys', user },
    `SSH key for ${user}`,
  );
  if (Object.values(asking.scopes).some((limit) => limit !== null)) {
    const refusal = {
      allowed: false as const,
      rule: 'token-scope',
      reason: 'The token is limited, and an SSH key is not: it can not add one.',
      remedy: 'Use a token without scopes: centpkg token create',
    };
    await recordAudit(db.sql, context, { action: 'key.add', subject: user, decision: refusal });
    throw refusalError(refusal);
  }
  const fingerprint = sshFingerprint(key.base64);
  return withConstraints(() =>
    db.transaction(async (sql) => {
      const row = await sql
        .insertInto('ssh_keys')
        .values({
          fingerprint,
          user_name: user,
          type: key.type,
          base64: key.base64,
          label: label ?? key.comment,
          added_by: asking.name,
        })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
      await recordAudit(sql, context, {
        action: 'key.add',
        subject: user,
        decision,
        detail: { key: fingerprint, type: key.type },
      });
      return view(row);
    }),
  );
}

/** At once: sshd is told so at the next login, and every new session asks. @throws DistGitError `not_found`, `not_allowed` */
export async function removeKey(
  db: Database,
  context: RequestContext,
  { key }: ApiParsed<'removeKey'>,
): Promise<ApiOutput<'removeKey'>> {
  requireUser(context);
  const row = await keyQuery(db.sql).where('fingerprint', '=', key).executeTakeFirst();
  if (row === undefined) noKey(key);
  const user = row.user_name;
  const decision = await authorize(db, context, { action: 'manage-keys', user }, `SSH key ${key}`);
  return db.transaction(async (sql) => {
    const gone = await sql
      .deleteFrom('ssh_keys')
      .where('fingerprint', '=', key)
      .where('user_name', '=', user)
      .returning('fingerprint')
      .executeTakeFirst();
    if (gone === undefined) noKey(key);
    await recordAudit(sql, context, {
      action: 'key.remove',
      subject: user,
      decision,
      detail: { key },
    });
    return {};
  });
}

function noKey(key: string): never {
  return fail('not_found', `There is no SSH key ${key}.`, 'See "centpkg key list".');
}
