import { sql as raw } from 'kysely';
import { expect, it } from 'vitest';
import { openPglite } from '../../server/db/database.ts';

it('a database closes when what nobody else waits for has been written, or has failed', async () => {
  const db = await openPglite(null);
  await db.migrate();
  const { promise: begin, resolve } = Promise.withResolvers<void>();
  const written = begin.then(() => raw<{ one: number }>`select 1 as one`.execute(db.sql));
  db.closesAfter(written);
  db.closesAfter(Promise.reject(new Error('of the writer')));
  const closing = db.close();
  resolve();
  expect((await written).rows).toEqual([{ one: 1 }]);
  await closing;
  await expect(raw`select 1`.execute(db.sql)).rejects.toThrow();
});
