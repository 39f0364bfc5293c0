import { writeFile } from 'node:fs/promises';
import { parseUserName } from '../../core/domain/sig.ts';
import type { Database } from '../db/database.ts';
import { newToken } from '../identity/token.ts';
import { insertToken } from './tokens.ts';

/**
 * The first start: a user `admin` with a token, which is written to `file` (mode 0600) before the
 * database knows of it, so that no start ends with a token that nobody has.
 * @returns the token, to be shown once; null where there are users already
 */
export async function createFirstAdmin(db: Database, file: string): Promise<string | null> {
  const anybody = await db.sql.selectFrom('users').select('name').limit(1).execute();
  if (anybody.length > 0) return null;
  const { id, token, secretHash } = newToken();
  await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'w' });
  const admin = parseUserName('admin');
  return db.transaction(async (sql) => {
    const made = await sql
      .insertInto('users')
      .values({ name: admin, full_name: 'Site admin', email: '', admin: true })
      .onConflict((conflict) => conflict.doNothing())
      .returning('name')
      .executeTakeFirst();
    if (made === undefined) return null;
    await insertToken(sql, {
      id,
      secretHash,
      user: admin,
      label: 'first start',
      robot: null,
      createdBy: admin,
      expiresInDays: null,
      verbs: null,
      sigs: null,
      collections: null,
      components: null,
    });
    return token;
  });
}
