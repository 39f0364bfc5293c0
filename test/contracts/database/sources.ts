import { createHash } from 'node:crypto';
import { sql as raw } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ComponentName } from '../../../core/domain/component-name.ts';
import type { SourceAddress } from '../../../core/domain/lookaside-path.ts';
import { parseUserName } from '../../../core/domain/sig.ts';
import { parseSourceFileName } from '../../../core/domain/source-file-name.ts';
import { listSources } from '../../../server/lookaside/list-sources.ts';
import { SourceIndex } from '../../../server/lookaside/source-index.ts';
import { componentRows } from './rows.ts';
import { BY_ADMIN, byUser, type DatabaseUnderTest, rows, sharedWorld } from './world.ts';

const ALLOWED = { allowed: true, rule: 'site-admin', reason: '' } as const;
const MTIME = new Date('2001-02-03T04:05:06.789Z');

export function sourceContract(under: DatabaseUnderTest): void {
  describe('the index of the look-aside cache', () => {
    const here = sharedWorld(under);
    let component: ComponentName;
    let index: SourceIndex;
    beforeAll(async () => {
      component = await componentRows(here.db);
      index = new SourceIndex(here.db);
    });

    const address = (file: string, of: string = component): SourceAddress => ({
      component: of as ComponentName,
      file: parseSourceFileName(file),
      checksum: { type: 'sha512', hex: createHash('sha512').update(file).digest('hex') },
    });
    const record = (file: string, of?: string, size = 7): Promise<boolean> => {
      const source = { size, mtime: MTIME, user: parseUserName('ann') };
      return index.record(BY_ADMIN, address(file, of), source, ALLOWED);
    };
    const entries = (subject: string) =>
      rows(here.db.sql, raw`select detail from audit_log where subject = ${subject}`);

    it('finds what was recorded, and just that', async () => {
      expect(await index.find(address('a.tar'))).toBeNull();
      expect(await record('a.tar', undefined, 20 * 2 ** 30)).toBe(true);
      expect(await index.find(address('a.tar'))).toEqual({ size: 20 * 2 ** 30, mtime: MTIME });
      const { checksum } = address('a.tar');
      const others: SourceAddress[] = [
        address('a.tar', 'other'),
        { ...address('b.tar'), checksum },
        { ...address('a.tar'), checksum: { type: 'sha256', hex: checksum.hex } },
        { ...address('a.tar'), checksum: { type: 'sha512', hex: 'f'.repeat(128) } },
      ];
      const found = await Promise.all(others.map((other) => index.has(other)));
      expect(found).toEqual([false, false, false, false]);
    });

    it('finds a file by its content alone, under any of its names', async () => {
      const content = { component, checksum: address('content.tar').checksum };
      expect(await index.findContent(content)).toBeNull();
      await record('content.tar');
      expect(await index.findContent(content)).toEqual(address('content.tar'));
      const source = { size: 7, mtime: MTIME, user: parseUserName('ann') };
      const second = { ...address('a-second-name.tar'), checksum: content.checksum };
      await index.record(BY_ADMIN, second, source, ALLOWED);
      expect([address('content.tar'), second]).toContainEqual(await index.findContent(content));
      const { hex } = content.checksum;
      for (const other of [
        { ...content, component: 'other' as ComponentName },
        { component, checksum: { type: 'sha256', hex } as const },
        { component, checksum: { type: 'sha512', hex: 'e'.repeat(128) } as const },
      ])
        expect(await index.findContent(other)).toBeNull();
    });

    it('does not find by its content what can not be had', async () => {
      await record('damaged.tar');
      const { checksum } = address('damaged.tar');
      for (const state of ['damaged', 'missing', 'unreferenced', 'deleting'] as const) {
        await here.db.sql
          .updateTable('sources')
          .set({ state })
          .where('hash', '=', checksum.hex)
          .execute();
        expect([state, await index.findContent({ component, checksum })]).toEqual([state, null]);
      }
    });

    it('records a file once, and tells who was late', async () => {
      expect(await record('once.tar')).toBe(true);
      expect(await record('once.tar', undefined, 8)).toBe(false);
      expect(await index.find(address('once.tar'))).toMatchObject({ size: 7 });
    });

    it('records each of many files that come at once, once', async () => {
      const files = Array.from({ length: 150 }, (_, n) => `many ${n % 50}.tar`);
      const isNew = await Promise.all(files.map((file) => record(file)));
      expect(isNew.filter(Boolean)).toHaveLength(50);
      const found = await Promise.all(files.map((file) => index.has(address(file))));
      expect(found).not.toContain(false);
    });

    it('answers each of many questions that come at once', async () => {
      const files = Array.from({ length: 300 }, (_, n) => `question-${n}`);
      for (const file of files.filter((_, n) => n % 3 === 0)) await record(file);
      const found = await Promise.all(files.map((file) => index.has(address(file))));
      expect(found).toEqual(files.map((_, n) => n % 3 === 0));
    });

    it('records with each file what the audit log tells of it', async () => {
      await record('audited.tar');
      const { checksum } = address('audited.tar');
      expect(await entries(`${component}/audited.tar`)).toEqual([
        { detail: { sha512: checksum.hex, size: 7 } },
      ]);
    });

    it('refuses a file of no component, with its entry, and not those beside it', async () => {
      const told = await Promise.allSettled([
        record('beside-1'),
        record('beside-2'),
        record('lost', 'nothing'),
        record('beside-3'),
      ]);
      expect(told.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await entries('nothing/lost')).toEqual([]);
      for (const file of ['beside-1', 'beside-2', 'beside-3'])
        expect(await entries(`${component}/${file}`)).toHaveLength(1);
    });

    it('is listed by component', async () => {
      const other = await componentRows(here.db);
      await record('listed.tar', other);
      expect((await listSources(here.db, BY_ADMIN, { component: other })).items).toEqual([
        {
          file: 'listed.tar',
          hashType: 'sha512',
          hash: address('listed.tar').checksum.hex,
          size: 7,
          mtime: MTIME.toISOString(),
          uploadedBy: 'ann',
          uploadedAt: expect.stringMatching(/Z$/),
          state: 'stored',
          usedBy: [],
          address: '127.0.0.1',
        },
      ]);
    });

    it('is listed with the address of who uploaded first, and to strangers without', async () => {
      const other = await componentRows(here.db);
      await record('twice.tar', other);
      const again = { size: 7, mtime: MTIME, user: parseUserName('ann') };
      const elsewhere = { ...BY_ADMIN, address: '192.0.2.7' };
      await index.record(elsewhere, address('twice.tar', other), again, ALLOWED);
      await index.record(elsewhere, address('other.tar', other), again, ALLOWED);
      const listed = async (by = BY_ADMIN, more = {}) =>
        (await listSources(here.db, by, { component: other, ...more })).items;
      const addresses = (await listed()).map((one) => `${one.file} ${one.address}`);
      expect(addresses.sort()).toEqual(['other.tar 192.0.2.7', 'twice.tar 127.0.0.1']);
      expect((await listed(byUser('sam'))).map((one) => one.address)).toEqual([null, null]);
      expect(await listed(BY_ADMIN, { file: 'twice.tar' })).toHaveLength(1);
      const { hex } = address('other.tar').checksum;
      expect(await listed(BY_ADMIN, { hash: hex })).toMatchObject([{ file: 'other.tar' }]);
      expect(await listed(BY_ADMIN, { file: 'twice.tar', hash: hex })).toEqual([]);
    });
  });
}
