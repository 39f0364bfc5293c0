import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPglite } from '../../server/db/database.ts';

/**
 * For all tests: nothing that one starts may read this machine's git configuration. And one empty
 * database, which `TestServer` begins with a copy of: to make one takes seconds of a processor.
 */
export default async function setup(): Promise<() => Promise<void>> {
  process.env.GIT_CONFIG_NOSYSTEM = '1';
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  process.env.GIT_TERMINAL_PROMPT = '0';
  const folder = await mkdtemp(join(tmpdir(), 'distgit-test-'));
  const database = join(folder, 'database');
  const db = await openPglite(database);
  await db.migrate();
  await db.close();
  process.env.EMPTY_DATABASE = database;
  process.env.COMPILE_CACHE = join(folder, 'compiled');
  return () => rm(folder, { recursive: true, force: true });
}
