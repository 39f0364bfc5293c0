import { sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../../core/access/principal.ts';
import { recordAudit } from '../../../server/access/audit.ts';
import { authorize } from '../../../server/access/authorize.ts';
import { listAudit } from '../../../server/access/list-audit.ts';
import {
  BY_ADMIN,
  byUser,
  contextOf,
  type DatabaseUnderTest,
  parsed,
  refusal,
  rows,
  world,
} from './world.ts';

const ALLOWED = { allowed: true, rule: 'site-admin', reason: '' } as const;

export function auditLogContract(under: DatabaseUnderTest): void {
  describe('the audit log', () => {
    const here = world(under);
    const all = () => rows(here.db.sql, raw`select * from audit_log order by id`);
    beforeAll(async () => {
      for (const subject of ['one', 'two', 'three'])
        await recordAudit(here.db.sql, BY_ADMIN, {
          action: 'test',
          subject,
          decision: ALLOWED,
          detail: { subject },
        });
    });

    it.each([
      ['changed', `update audit_log set subject = 'other' where subject = 'one'`],
      ['changed without a difference', `update audit_log set subject = subject`],
      ['deleted', `delete from audit_log where subject = 'one'`],
      ['emptied', `truncate audit_log`],
      ['emptied with everything else', `truncate audit_log, jobs cascade`],
      [
        'overwritten',
        `insert into audit_log overriding system value
          select * from audit_log on conflict (id) do update set subject = 'other'`,
      ],
    ])('can not be %s', async (_, statement) => {
      const before = await all();
      await expect(raw.raw(statement).execute(here.db.sql)).rejects.toThrow(
        'the audit log is append-only',
      );
      expect(await all()).toEqual(before);
    });

    it('holds who asked, from where, for what, and what was decided', async () => {
      const [newest] = (await listAudit(here.db, BY_ADMIN, parsed('listAudit', { limit: 1 })))
        .items;
      expect(newest).toEqual({
        id: expect.any(Number),
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        actor: 'admin',
        credential: 'token:000000000000',
        address: '127.0.0.1',
        requestId: 'request',
        action: 'test',
        subject: 'three',
        allowed: true,
        rule: 'site-admin',
        detail: { subject: 'three' },
      });
    });

    it('is listed newest first, page by page', async () => {
      const first = await listAudit(here.db, BY_ADMIN, parsed('listAudit', { limit: 2 }));
      expect(first.items.map(({ subject }) => subject)).toEqual(['three', 'two']);
      const before = first.items.at(-1)?.id;
      const second = await listAudit(here.db, BY_ADMIN, parsed('listAudit', { limit: 2, before }));
      expect(second.items.map(({ subject }) => subject)).toEqual(['one']);
    });

    it('holds refusals', async () => {
      const act = authorize(here.db, byUser('ann'), { action: 'administer' }, 'the subject');
      const error = await refusal(act, 'not_allowed');
      expect(error.detail.rule).toBe('site-admin');
      const [newest] = await rows(
        here.db.sql,
        raw`select actor, action, subject, allowed, rule from audit_log order by id desc limit 1`,
      );
      expect(newest).toEqual({
        actor: 'ann',
        action: 'administer',
        subject: 'the subject',
        allowed: false,
        rule: 'site-admin',
      });
    });

    it('holds refusals of those who have not logged in', async () => {
      const anonymous = contextOf(ANONYMOUS);
      await refusal(
        authorize(here.db, anonymous, { action: 'administer' }, 'secret things'),
        'authentication_required',
      );
      const [newest] = await rows(
        here.db.sql,
        raw`select actor, credential, allowed, rule from audit_log order by id desc limit 1`,
      );
      expect(newest).toEqual({
        actor: 'anonymous',
        credential: '',
        allowed: false,
        rule: 'login-required',
      });
    });

    it('loses an entry together with the transaction that it tells of', async () => {
      const before = await all();
      const act = here.db.transaction(async (sql) => {
        await recordAudit(sql, BY_ADMIN, { action: 'test', subject: 'x', decision: ALLOWED });
        throw new Error('not done');
      });
      await expect(act).rejects.toThrow('not done');
      expect(await all()).toEqual(before);
    });

    it('is shown to site admins only', async () => {
      await refusal(listAudit(here.db, byUser('ann'), parsed('listAudit', {})), 'not_allowed');
    });
  });
}
