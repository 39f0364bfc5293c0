import * as fc from 'fast-check';
import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import { parseUserName } from '../../../core/domain/sig.ts';
import { hashSecret } from '../../../server/identity/token.ts';
import { type DatabaseUnderTest, rows, unique, world } from './world.ts';

/** What an uploaded file's time can be: from 1970 on, in years of four digits. */
const FIRST = new Date(0);
const LAST = new Date('9999-12-31T23:59:59.999Z');

export function valueContract(under: DatabaseUnderTest): void {
  describe('values', () => {
    const here = world(under);

    it('of bigint columns and counts are numbers', async () => {
      await raw`insert into components values ('big', false, 'active', 'ann')`.execute(here.db.sql);
      for (const size of [0, 2 ** 31, 20 * 2 ** 30, Number.MAX_SAFE_INTEGER]) {
        const [row] = await rows(
          here.db.sql,
          raw`insert into sources values
            ('big', 'f', 'sha512', ${String(size)}, ${size}, now(), 'ann') returning size`,
        );
        expect(row).toEqual({ size });
      }
      const counted = await rows(here.db.sql, raw`select count(*) as n from sources`);
      expect(counted).toEqual([{ n: 4 }]);
      const job = await here.db.sql
        .insertInto('jobs')
        .values({ kind: 'k', subject: 's' })
        .returning('id')
        .executeTakeFirstOrThrow();
      expect(job.id).toBeTypeOf('number');
    });

    it('of time are dates, to the millisecond', async () => {
      await fc.assert(
        fc.asyncProperty(fc.date({ min: FIRST, max: LAST, noInvalidDate: true }), async (time) => {
          const [row] = await rows(here.db.sql, raw<{ t: Date }>`select ${time}::timestamptz as t`);
          expect(row?.t).toBeInstanceOf(Date);
          expect(row?.t.getTime()).toBe(time.getTime());
        }),
        { numRuns: 200, examples: [[FIRST], [LAST], [new Date('2038-01-19T03:14:08Z')]] },
      );
    });

    it('of created_at are set by the database, now', async () => {
      const name = parseUserName(unique('now'));
      const row = await here.db.sql
        .insertInto('users')
        .values({ name, full_name: '', email: '', admin: false })
        .returning(['created_at', 'disabled'])
        .executeTakeFirstOrThrow();
      expect(row.disabled).toBe(false);
      expect(Math.abs(row.created_at.getTime() - Date.now())).toBeLessThan(60_000);
    });

    it('of text, lists of text, JSON and bytes come back as they went in', async () => {
      // PGlite takes a byte order mark off the front; a text from outside is trimmed, which does too.
      const text = fc
        .string({ unit: 'binary', maxLength: 50 })
        .filter((s) => !s.includes('\0') && !s.startsWith('\uFEFF'));
      const name = parseUserName(unique('values'));
      await here.db.sql
        .insertInto('users')
        .values({ name, full_name: '', email: '', admin: false })
        .execute();
      await fc.assert(
        fc.asyncProperty(text, fc.array(text), text, async (label, sigs, secret) => {
          const hash = hashSecret(secret);
          const row = await here.db.sql
            .insertInto('tokens')
            .values({
              id: unique('t'),
              user_name: name,
              label,
              secret_hash: hash,
              sigs,
              created_by: name,
            })
            .returning(['label', 'sigs', 'verbs', 'secret_hash'])
            .executeTakeFirstOrThrow();
          expect({ ...row, secret_hash: Buffer.from(row.secret_hash).toString('hex') }).toEqual({
            label,
            sigs,
            verbs: null,
            secret_hash: hash.toString('hex'),
          });
          const detail = { [label]: sigs, nested: { secret } };
          const [json] = await rows(
            here.db.sql,
            raw<{ detail: unknown }>`select ${JSON.stringify(detail)}::jsonb as detail`,
          );
          expect(json?.detail).toEqual(detail);
        }),
        { numRuns: 100 },
      );
    });
  });
}
