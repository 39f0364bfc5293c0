import { join } from 'node:path';
import { type Database, openPglite } from '../../server/db/database.ts';
import type { TestServer } from './test-server.ts';

/** Stops the server, does something to its database that no client could, and starts it again. */
export async function withDatabase<T>(
  server: TestServer,
  act: (db: Database) => Promise<T>,
): Promise<T> {
  await server.stop();
  const db = await openPglite(join(server.data, 'database'));
  try {
    return await act(db);
  } finally {
    await db.close();
    await server.start();
  }
}
