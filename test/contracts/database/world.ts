import { randomBytes } from 'node:crypto';
import { type RawBuilder, sql as raw } from 'kysely';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  type Principal,
  UNLIMITED_SCOPES,
  type UserPrincipal,
} from '../../../core/access/principal.ts';
import { DistGitError } from '../../../core/api/distgit-error.ts';
import type { ErrorCode } from '../../../core/api/error-table.ts';
import type { Operation } from '../../../core/api/routes.ts';
import { type ApiInput, type ApiParsed, SCHEMAS, type Schema } from '../../../core/api/schemas.ts';
import { parseUserName } from '../../../core/domain/sig.ts';
import type { RequestContext } from '../../../server/access/audit.ts';
import type { Database, Sql } from '../../../server/db/database.ts';

export interface DatabaseUnderTest {
  /** An empty database, without a schema; closed by whoever opened it. */
  open(): Promise<Database>;
}

export interface World {
  /** A migrated database for all tests of a `describe`. */
  readonly db: Database;
}

/** A database that nobody else has: for tests that count, or that use names of no one's own. */
export function world(under: DatabaseUnderTest): World {
  let db: Database;
  beforeAll(async () => {
    db = await migrated(under);
  });
  afterAll(() => db.close());
  return {
    get db() {
      return db;
    },
  };
}

const shared = new Map<DatabaseUnderTest, Promise<Database>>();

/** The database of all tests that use names of their own; it is closed with `closeShared`. */
export function sharedWorld(under: DatabaseUnderTest): World {
  let db: Database;
  beforeAll(async () => {
    const opened = shared.get(under) ?? migrated(under);
    shared.set(under, opened);
    db = await opened;
    await db.sql.deleteFrom('jobs').execute();
  });
  return {
    get db() {
      return db;
    },
  };
}

export async function closeShared(under: DatabaseUnderTest): Promise<void> {
  await (await shared.get(under))?.close();
}

async function migrated(under: DatabaseUnderTest): Promise<Database> {
  const db = await under.open();
  await db.migrate();
  return db;
}

/** `prefix-` and something that no other test uses. */
export const unique = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

export const ADMIN: UserPrincipal = {
  kind: 'user',
  name: parseUserName('admin'),
  admin: true,
  memberships: [],
  approvals: [],
  directorySilentSince: null,
  credential: 'token:000000000000',
  validUntil: null,
  scopes: UNLIMITED_SCOPES,
};

export function contextOf(principal: Principal, requestId = 'request'): RequestContext {
  return { requestId, address: '127.0.0.1', principal };
}
export const BY_ADMIN: RequestContext = contextOf(ADMIN);

/** A logged-in user without any right. */
export const byUser = (name: string): RequestContext =>
  contextOf({ ...ADMIN, name: parseUserName(name), admin: false });

/** What a handler gets when a client sends `input`. */
export function parsed<O extends Operation>(operation: O, input: ApiInput<O>): ApiParsed<O> {
  const { params, query, body }: Schema = SCHEMAS[operation];
  const all = input as Record<string, unknown>;
  const known = Object.keys(params?.shape ?? {});
  const rest = Object.fromEntries(Object.entries(all).filter(([key]) => !known.includes(key)));
  return {
    ...params?.parse(all),
    ...(query ?? body)?.parse(rest),
  } as unknown as ApiParsed<O>;
}

export async function rows<T>(sql: Sql, query: RawBuilder<T>): Promise<T[]> {
  return (await query.execute(sql)).rows;
}

export async function count(sql: Sql, table: string): Promise<number> {
  const [row] = await rows(sql, raw<{ n: number }>`select count(*) as n from ${raw.table(table)}`);
  return row?.n ?? Number.NaN;
}

/** The act fails with this code; its error. */
export async function refusal(act: Promise<unknown>, code: ErrorCode): Promise<DistGitError> {
  const error = await act.then(
    () => new Error('It was not refused'),
    (raw: unknown) => raw,
  );
  if (!(error instanceof DistGitError)) throw error;
  expect(error.code).toBe(code);
  return error;
}
