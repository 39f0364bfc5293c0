import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../server/access/audit.ts';
import { VersionedCache } from '../../../server/db/versioned-cache.ts';
import { Principals } from '../../../server/identity/principals.ts';
import { approveRequest, cancelRequest, denyRequest } from '../../../server/sigs/answer-request.ts';
import { approveUser, revokeApproval } from '../../../server/sigs/approvals.ts';
import { listRequests, requestAccess, requestKoji } from '../../../server/sigs/requests.ts';
import { setMember, showSig, updateSig } from '../../../server/sigs/sigs.ts';
import { componentRows, newCollection, newSig, newUser } from './rows.ts';
import {
  ADMIN,
  BY_ADMIN,
  contextOf,
  type DatabaseUnderTest,
  parsed,
  refusal,
  rows,
  sharedWorld,
  unique,
} from './world.ts';

export function requestContract(under: DatabaseUnderTest): void {
  describe('requests', () => {
    const here = sharedWorld(under);
    /** Somebody as the server knows it now. */
    const as = async (name: string): Promise<RequestContext> => {
      const known = await new Principals(here.db, new VersionedCache(here.db)).find(name as never);
      if (known === null) throw new Error(`${name} is not known`);
      return contextOf({ ...ADMIN, ...known });
    };
    const ask = async (user: string, input: { sig: string; components?: string[] }) =>
      requestAccess(here.db, await as(user), parsed('requestAccess', { reason: 'why', ...input }));
    const setUp: unknown[] = [];
    const granting = {
      get db() {
        return here.db;
      },
      requestKojiSetUp: async (_sql: unknown, collection: string, user: string) => {
        setUp.push([collection, user]);
      },
    };
    const approve = async (user: string, request: number, until?: string) =>
      approveRequest(granting, await as(user), parsed('approveRequest', { request, until }));
    const deny = async (user: string, request: number) =>
      denyRequest(here.db, await as(user), parsed('denyRequest', { request, reason: 'not yet' }));
    const cancel = async (user: string, request: number) =>
      cancelRequest(here.db, await as(user), request);
    const list = async (user: string, input: object = {}) =>
      (await listRequests(here.db, await as(user), parsed('listRequests', input))).items;
    const approvalOf = async (sig: string, user: string) =>
      (await showSig(here.db, sig as never)).approvals.find((one) => one.user === user);

    /** A SIG with a chair and somebody who has no right. */
    async function people() {
      const sig: string = await newSig(here.db);
      const [chair, user] = [await newUser(here.db), await newUser(here.db)];
      await setMember(here.db, BY_ADMIN, parsed('setMember', { sig, user: chair, role: 'chair' }));
      return { sig, chair, user };
    }

    it('are there once, however often they are made, and become an approval', async () => {
      const { sig, chair, user } = await people();
      const [one, two] = await Promise.all([ask(user, { sig }), ask(user, { sig })]);
      expect(two).toEqual(one);
      expect(one).toMatchObject({ kind: 'access', user, sig, components: null, state: 'open' });
      const id = one?.id ?? 0;
      expect(await list(chair, { sig })).toEqual([one]);
      const until = new Date(Date.now() + 60_000).toISOString();
      const done = await approve(chair, id, until);
      expect(done).toMatchObject({ state: 'approved', answeredBy: chair });
      expect(await approve(chair, id, until)).toEqual(done);
      expect(await approvalOf(sig, user)).toMatchObject({
        components: null,
        approvedBy: chair,
        reason: 'why',
        until,
      });
      await refusal(deny(chair, id), 'conflict');
      await refusal(cancel(user, id), 'conflict');
      await refusal(ask(user, { sig }), 'conflict');
      const audit = await rows(
        here.db.sql,
        raw<{ action: string; actor: string; rule: string }>`select action, actor, rule
          from audit_log where subject = ${sig} and action like 'request.%' order by id`,
      );
      expect(audit).toEqual([
        { action: 'request.access', actor: user, rule: 'own-request' },
        { action: 'request.approved', actor: chair, rule: 'sig-chair' },
      ]);
    });

    it('for components are for components of that SIG, and add to what is approved', async () => {
      const { sig, chair, user } = await people();
      const [a, b] = [unique('a'), unique('b')];
      for (const name of [a, b]) await componentRows(here.db, name, sig);
      const alien = await componentRows(here.db);
      const error = await refusal(ask(user, { sig, components: [alien, a] }), 'not_found');
      expect(error.message).toBe(`No collection of SIG ${sig} has ${alien}.`);
      const first = await ask(user, { sig, components: [a, a] });
      expect(first.components).toEqual([a]);
      expect((await ask(user, { sig, components: [b] })).id).not.toBe(first.id);
      await approve(chair, first.id);
      await refusal(ask(user, { sig, components: [a] }), 'conflict');
      const [second] = await list(user, { mine: 'true' });
      // One approval has one end.
      const until = new Date(Date.now() + 60_000).toISOString();
      await refusal(approve(chair, second?.id ?? 0, until), 'conflict');
      expect((await list(user, { mine: 'true' })).map(({ id }) => id)).toEqual([second?.id]);
      await approve(chair, second?.id ?? 0);
      expect((await approvalOf(sig, user))?.components).toEqual([a, b].toSorted());
    });

    it('are answered by chairs of that SIG and site admins, and taken back by who asked', async () => {
      const { sig, user } = await people();
      const { chair: stranger } = await people();
      const { id } = await ask(user, { sig });
      await refusal(approve(user, id), 'not_allowed');
      await refusal(deny(stranger, id), 'not_allowed');
      await refusal(cancel(stranger, id), 'not_allowed');
      await refusal(cancelRequest(here.db, BY_ADMIN, id), 'not_allowed');
      expect(await list(stranger)).toEqual([]);
      expect(await cancel(user, id)).toMatchObject({ state: 'cancelled', answeredBy: user });
      expect(await cancel(user, id)).toMatchObject({ state: 'cancelled' });
      const again = await ask(user, { sig });
      expect(again.id).not.toBe(id);
      const input = parsed('denyRequest', { request: again.id, reason: 'no' });
      const denied = await denyRequest(here.db, BY_ADMIN, input);
      expect(denied).toMatchObject({ state: 'denied', answer: 'no', answeredBy: 'admin' });
      expect(await approvalOf(sig, user)).toBeUndefined();
      expect((await list(user, { state: 'any' })).map(({ state }) => state)).toEqual([
        'denied',
        'cancelled',
      ]);
      await refusal(cancel(user, 2 ** 40), 'not_found');
    });

    it('are answered by an approval that a chair gives unasked', async () => {
      const { sig, chair, user } = await people();
      const name = await componentRows(here.db, unique('c'), sig);
      const one = await ask(user, { sig, components: [name] });
      const all = await ask(user, { sig });
      const by = await as(chair);
      await approveUser(here.db, by, parsed('approveUser', { sig, user, components: [name] }));
      const open = await list(user);
      expect(open.map(({ id }) => id)).toEqual([all.id]);
      expect((await list(user, { state: 'approved' })).map(({ id }) => id)).toEqual([one.id]);
      await approveUser(here.db, by, parsed('approveUser', { sig, user }));
      expect(await list(user)).toEqual([]);
      await revokeApproval(here.db, by, { sig: sig as never, user });
      expect((await ask(user, { sig })).state).toBe('open');
    });

    it('have no place where members commit, also if that is decided later', async () => {
      const { sig, chair, user } = await people();
      const { id } = await ask(user, { sig });
      await updateSig(here.db, BY_ADMIN, parsed('updateSig', { sig, commit: 'members' }));
      const late = await refusal(approve(chair, id), 'conflict');
      expect(late.detail.remedy).toContain(`sig-${sig}`);
      expect((await list(user))[0]?.state).toBe('open');
      const other = await newUser(here.db);
      await refusal(ask(other, { sig }), 'conflict');
      await refusal(ask(other, { sig: 'none' }), 'not_found');
    });

    it('are not made without end', async () => {
      const { sig, user } = await people();
      const names = Array.from({ length: 51 }, () => unique('many'));
      for (const name of names) await componentRows(here.db, name, sig);
      for (const name of names.slice(0, 50)) await ask(user, { sig, components: [name] });
      const last = ask(user, { sig, components: names.slice(50) });
      expect((await refusal(last, 'conflict')).message).toContain('50 open requests');
    });

    it('for Koji are for SIGs that leave it to the site admins, who answer', async () => {
      const { name: collection, sig } = await newCollection(here.db);
      const [member, stranger] = [await newUser(here.db), await newUser(here.db)];
      await setMember(here.db, BY_ADMIN, parsed('setMember', { sig, user: member }));
      const koji = async (user: string) =>
        requestKoji(here.db, await as(user), parsed('requestKoji', { collection }));
      await refusal(koji(member), 'conflict');
      await updateSig(here.db, BY_ADMIN, parsed('updateSig', { sig, koji: 'admins' }));
      await refusal(koji(stranger), 'not_allowed');
      const made = await koji(member);
      expect(made).toMatchObject({ kind: 'koji', collection, sig, components: null });
      expect(await koji(member)).toEqual(made);
      await setMember(here.db, BY_ADMIN, parsed('setMember', { sig, user: member, role: 'chair' }));
      await refusal(approve(member, made.id), 'not_allowed');
      const ending = parsed('approveRequest', { request: made.id, until: '2999-01-01T00:00:00Z' });
      await refusal(approveRequest(granting, BY_ADMIN, ending), 'input_invalid');
      const input = parsed('approveRequest', { request: made.id });
      const done = await approveRequest(granting, BY_ADMIN, input);
      expect(done).toMatchObject({ state: 'approved', answeredBy: 'admin' });
      expect(await approvalOf(sig, member)).toBeUndefined();
      expect(setUp).toEqual([[collection, member]]);
    });
  });
}
