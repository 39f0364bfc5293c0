import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseUserName } from '../../core/domain/sig.ts';
import { type Database, openPglite } from '../../server/db/database.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MODULE = new URL('../../server/db/database.ts', import.meta.url).href;
const insert = (db: Database, name: string) =>
  db.sql
    .insertInto('users')
    .values({ name: parseUserName(name), full_name: '', email: '', admin: false })
    .execute();
const names = async (db: Database): Promise<string[]> => {
  const rows = await db.sql.selectFrom('users').select('name').orderBy('created_at').execute();
  return rows.map(({ name }) => name);
};

describe('PGlite in a folder', () => {
  it('has after a stop what it had before', async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'database');
    const first = await openPglite(folder);
    await first.migrate();
    await insert(first, 'ann');
    await first.close();
    const second = await openPglite(folder);
    await second.migrate();
    expect(await names(second)).toEqual(['ann']);
    await second.close();
  });

  it('loses nothing that it has acknowledged when its process is killed', async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'database');
    const script = `
      const { openPglite } = await import(${JSON.stringify(MODULE)});
      const db = await openPglite(${JSON.stringify(folder)});
      await db.migrate();
      for (let n = 0; ; n++) {
        const values = { name: 'user-' + n, full_name: '', email: '', admin: false };
        if (n % 2) await db.sql.insertInto('users').values(values).execute();
        else await db.transaction((sql) => sql.insertInto('users').values(values).execute());
        process.stdout.write(values.name + '\\n');
      }
    `;
    const program = join(temporary.path, 'program.mjs');
    await writeFile(program, script);
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('The process ended by itself')));
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.split('\n').length > 200) resolve();
      });
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    const acknowledged = said.split('\n').slice(0, -1);
    const db = await openPglite(folder);
    await db.migrate();
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(await names(db)).toEqual(expect.arrayContaining(acknowledged));
    await db.close();
  });

  it('answers nothing any more when it is closed, instead of waiting for ever', async () => {
    const db = await openPglite(null);
    await db.migrate();
    const under = insert(db, 'last');
    await under;
    await db.close();
    await expect(names(db)).rejects.toThrow();
    await expect(db.transaction((sql) => sql.selectFrom('users').execute())).rejects.toThrow();
  });

  it('that can not be opened is told of, and does not hang', async () => {
    await expect(openPglite('/dev/null/database')).rejects.toThrow();
  });
});
