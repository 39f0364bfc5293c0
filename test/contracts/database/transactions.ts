import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseUserName } from '../../../core/domain/sig.ts';
import type { Sql } from '../../../server/db/database.ts';
import { type DatabaseUnderTest, sharedWorld, unique } from './world.ts';

const insertUser = (sql: Sql, name: string) =>
  sql
    .insertInto('users')
    .values({ name: parseUserName(name), full_name: '', email: '', admin: false })
    .execute();

export function transactionContract(under: DatabaseUnderTest): void {
  describe('transactions', () => {
    const here = sharedWorld(under);
    const names = async (prefix: string): Promise<string[]> => {
      const found = await here.db.sql.selectFrom('users').select('name').orderBy('name').execute();
      return found.map(({ name }) => name as string).filter((name) => name.startsWith(prefix));
    };

    it('commit all that was done through their handle, and give back what the act gives', async () => {
      const prefix = unique('commit');
      const result = await here.db.transaction(async (sql) => {
        await insertUser(sql, `${prefix}-a`);
        await insertUser(sql, `${prefix}-b`);
        return 42;
      });
      expect(result).toBe(42);
      expect(await names(prefix)).toEqual([`${prefix}-a`, `${prefix}-b`]);
    });

    it('commit nothing when the act throws, and throw just that on', async () => {
      const prefix = unique('rollback');
      const error = new Error('after the insert');
      const act = here.db.transaction(async (sql) => {
        await insertUser(sql, prefix);
        throw error;
      });
      await expect(act).rejects.toBe(error);
      expect(await names(prefix)).toEqual([]);
    });

    it('commit nothing when a statement fails, and leave the database usable', async () => {
      const prefix = unique('twice');
      const act = here.db.transaction(async (sql) => {
        await insertUser(sql, prefix);
        await insertUser(sql, prefix);
      });
      await expect(act).rejects.toMatchObject({ constraint: 'users_pkey' });
      expect(await names(prefix)).toEqual([]);
      await here.db.transaction((sql) => insertUser(sql, prefix));
      expect(await names(prefix)).toEqual([prefix]);
    });

    it('do not end well for an act that hid the failure of a statement: nothing was done', async () => {
      const prefix = unique('hidden');
      const act = here.db.transaction(async (sql) => {
        await insertUser(sql, prefix);
        await insertUser(sql, prefix).catch(() => {});
      });
      await expect(act).rejects.toThrow();
      expect(await names(prefix)).toEqual([]);
    });

    it('refuse a query on the outer handle at once, instead of waiting for ever', async () => {
      const prefix = unique('outer');
      const act = here.db.transaction(async (sql) => {
        await insertUser(sql, prefix);
        await pause(1);
        await insertUser(here.db.sql, `${prefix}-outer`);
      });
      await expect(act).rejects.toThrow('A query outside of the transaction that is open');
      expect(await names(prefix)).toEqual([]);
    });

    it('refuse a transaction inside of a transaction', async () => {
      const act = here.db.transaction(() => here.db.transaction(async () => 'inner'));
      await expect(act).rejects.toThrow('A query outside of the transaction that is open');
    });

    it('let others use the outer handle at the same time, and again after themselves', async () => {
      const prefix = unique('beside');
      let outside: Promise<unknown> | undefined;
      const inside = here.db.transaction(async (sql) => {
        await insertUser(sql, `${prefix}-inside`);
        await pause(50);
        throw new Error('rolled back');
      });
      // Begins when the transaction is open, and is none of its doing.
      await pause(10);
      outside = insertUser(here.db.sql, `${prefix}-outside`);
      await expect(inside).rejects.toThrow('rolled back');
      await outside;
      expect(await names(prefix)).toEqual([`${prefix}-outside`]);
    });

    it('do not mix when many run at once', async () => {
      const prefix = unique('many');
      const acts = Array.from({ length: 40 }, (_, n) =>
        here.db.transaction(async (sql) => {
          await insertUser(sql, `${prefix}-${n}-a`);
          if (n % 2 === 1) throw new Error('odd');
          await insertUser(sql, `${prefix}-${n}-b`);
        }),
      );
      const ended = await Promise.allSettled(acts);
      expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
      const even = Array.from({ length: 20 }, (_, n) => n * 2);
      const wanted = even.flatMap((n) => [`${prefix}-${n}-a`, `${prefix}-${n}-b`]);
      expect((await names(prefix)).sort()).toEqual(wanted.sort());
    });
  });
}
