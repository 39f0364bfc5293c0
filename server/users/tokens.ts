import { sql as raw } from 'kysely';
import type { TokenScopes } from '../../core/access/principal.ts';
import { fail, refused } from '../../core/api/distgit-error.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { UserName } from '../../core/domain/sig.ts';
import { type RequestContext, recordAudit, requireUser } from '../access/audit.ts';
import { authorize } from '../access/authorize.ts';
import { withConstraints } from '../db/constraints.ts';
import type { Database, Sql } from '../db/database.ts';
import { newToken } from '../identity/token.ts';

type TokenView = ApiOutput<'showToken'>;

const COLUMNS = [
  'id',
  'user_name',
  'label',
  'robot',
  'verbs',
  'sigs',
  'collections',
  'components',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
] as const;
const tokenQuery = (sql: Sql) => sql.selectFrom('tokens').select(COLUMNS);
type TokenRow = Awaited<ReturnType<ReturnType<typeof tokenQuery>['execute']>>[number];

const view = (row: TokenRow): TokenView => ({
  id: row.id,
  user: row.user_name,
  label: row.label,
  robot: row.robot,
  verbs: row.verbs,
  sigs: row.sigs,
  collections: row.collections,
  components: row.components,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

/** Of the asking user, or for admins of another. */
export async function listTokens(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'listTokens'>,
) {
  const user = input.user ?? requireUser(context).name;
  await authorize(db, context, { action: 'manage-tokens', user }, `tokens of ${user}`);
  const rows = await tokenQuery(db.sql)
    .where('user_name', '=', user)
    .orderBy('created_at')
    .execute();
  return { items: rows.map(view) };
}

/** @throws DistGitError `not_found`, `not_allowed` */
export async function showToken(db: Database, context: RequestContext, id: string) {
  const user = requireUser(context).name;
  const row = await tokenQuery(db.sql).where('id', '=', id).executeTakeFirst();
  if (row === undefined) noToken(id);
  await authorize(
    db,
    context,
    { action: 'manage-tokens', user: row.user_name },
    `token ${row.id} (asked by ${user})`,
  );
  return view(row);
}

function noToken(id: string): never {
  return fail('not_found', `There is no token ${JSON.stringify(id)}.`, 'See "centpkg token list".');
}

/**
 * A token issued with a token can do no more than that one: its scopes are inherited where the
 * request names none, and refused where the request names more.
 * @throws DistGitError `not_found` for the user, `not_allowed`
 */
export async function createToken(
  db: Database,
  context: RequestContext,
  input: ApiParsed<'createToken'>,
): Promise<ApiOutput<'createToken'>> {
  const user = input.user ?? requireUser(context).name;
  const decision = await authorize(
    db,
    context,
    { action: 'manage-tokens', user },
    `token for ${user}`,
  );
  const { scopes } = requireUser(context);
  const narrowed = {
    verbs: narrow('verb', input.verbs, scopes.verbs),
    sigs: narrow('SIG', input.sigs, scopes.sigs),
    collections: narrow('collection', input.collections, scopes.collections),
    components: narrow('component', input.components, scopes.components),
  };
  if (input.robot !== null) requireRobotScopes(narrowed);
  const { id, token, secretHash } = newToken();
  const row = await withConstraints(() =>
    db.transaction(async (sql) => {
      const made = await insertToken(sql, {
        id,
        secretHash,
        user,
        label: input.label,
        robot: input.robot,
        createdBy: requireUser(context).name,
        expiresInDays: input.expiresInDays,
        ...narrowed,
      });
      await recordAudit(sql, context, {
        action: 'token.create',
        subject: user,
        decision,
        detail: { token: id, robot: input.robot, ...narrowed },
      });
      return made;
    }),
  );
  return { ...view(row), token };
}

interface TokenInsert {
  readonly id: string;
  readonly secretHash: Buffer;
  readonly user: UserName;
  readonly label: string;
  readonly robot: string | null;
  readonly createdBy: UserName;
  readonly expiresInDays: number | null;
  readonly verbs: TokenRow['verbs'];
  readonly sigs: string[] | null;
  readonly collections: string[] | null;
  readonly components: string[] | null;
}

export function insertToken(sql: Sql, token: TokenInsert): Promise<TokenRow> {
  const { id, user, label, verbs, sigs, collections, components, expiresInDays } = token;
  return sql
    .insertInto('tokens')
    .values({
      id,
      user_name: user,
      label,
      robot: token.robot,
      secret_hash: token.secretHash,
      verbs,
      sigs,
      collections,
      components,
      created_by: token.createdBy,
      expires_at:
        expiresInDays === null ? null : raw<Date>`now() + make_interval(days => ${expiresInDays})`,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

/**
 * A robot does named work on named things, and can hand no right on: neither tokens nor approvals.
 * @throws DistGitError `input_invalid`
 */
function requireRobotScopes({ verbs, sigs, collections, components }: TokenScopes): void {
  const remedy = 'For instance: --verb push,upload --component python';
  if (verbs === null || verbs.includes('admin'))
    fail('input_invalid', 'The verbs of a robot must be named, and can not be admin.', remedy);
  if (sigs === null && collections === null && components === null)
    fail('input_invalid', 'What a robot works on must be named.', remedy);
}

function narrow<T extends string>(
  what: string,
  asked: readonly T[] | null,
  limit: readonly T[] | readonly string[] | null,
): T[] | null {
  if (limit === null) return asked === null ? null : [...asked];
  if (asked === null) return [...limit] as T[];
  const beyond = asked.filter((name) => !(limit as readonly string[]).includes(name));
  if (beyond.length > 0)
    refused(
      'token-scope',
      `The token you use is not for ${what} ${beyond.join(', ')}, so it can not issue one that is.`,
      'Use a token with wider scopes.',
    );
  return [...asked];
}

/** At once: the next request with it is refused. Revoking twice changes nothing. */
export async function revokeToken(db: Database, context: RequestContext, id: string) {
  const { user } = await showToken(db, context, id);
  const decision = await authorize(
    db,
    context,
    { action: 'manage-tokens', user: user as UserName },
    `token ${id}`,
  );
  return db.transaction(async (sql) => {
    const row = await sql
      .updateTable('tokens')
      .set({ revoked_at: raw<Date>`coalesce(revoked_at, now())` })
      .where('id', '=', id)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
    await recordAudit(sql, context, {
      action: 'token.revoke',
      subject: user,
      decision,
      detail: { token: id },
    });
    return view(row);
  });
}
