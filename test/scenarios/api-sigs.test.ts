import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import { withDatabase } from '../support/database.ts';
import { push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const status = async (answer: Promise<{ status: number }>): Promise<number> =>
  (await answer).status;
const upload = (token: string, component = 'python'): Promise<number> =>
  put(scenario.server, token, component, 'a.tar', `${token}${component}`);

async function person(name: string): Promise<string> {
  await scenario.server.must('createUser', { name });
  return (await scenario.server.must('createToken', { user: name })).token;
}

describe('SIGs', () => {
  it('are created by admins, with the policies of the proposal, and shown to everybody', async () => {
    const { server, people } = scenario;
    const refused = server.call('createSig', { name: 'mine' }, people.chair);
    expect(await status(refused)).toBe(403);
    const made = await server.must('createSig', { name: 'webstack', title: 'Web stack' });
    expect(made).toMatchObject({ title: 'Web stack', commit: 'approved', koji: 'members' });
    expect(await server.must('showSig', { sig: 'webstack' }, null)).toEqual({
      ...made,
      members: [],
      approvals: [],
    });
    const { items } = await server.must('listSigs', {}, null);
    expect(items.map(({ name }) => name)).toEqual(['sclo', 'webstack']);
  });

  it('are changed by their chairs, and by no other SIG', async () => {
    const { server, people } = scenario;
    const zoe = await person('zoe');
    await server.must('setMember', { sig: 'webstack', user: 'zoe', role: 'chair' });
    const change = { sig: 'sclo', title: 'Software Collections' };
    expect(await status(server.call('updateSig', change, zoe))).toBe(403);
    expect(await status(server.call('updateSig', change, people.committer))).toBe(403);
    expect(await status(server.call('updateSig', change, people.chair))).toBe(200);
    const approve = { sig: 'sclo', user: 'sam' };
    expect(await status(server.call('approveUser', approve, zoe))).toBe(403);
    const release = { collection: 'python33', release: '8' };
    expect(await status(server.call('addRelease', release, zoe))).toBe(403);
  });

  it('have members, whom admins set and remove', async () => {
    const { server, people } = scenario;
    const nina = await person('nina');
    const set = { sig: 'sclo', user: 'nina', role: 'member' } as const;
    expect(await status(server.call('setMember', set, people.chair))).toBe(403);
    expect(await server.must('setMember', set)).toEqual(set);
    const create = { name: 'made-by-nina', collections: ['python33'] };
    expect(await status(server.call('createComponent', create, nina))).toBe(201);
    expect(await status(server.call('updateSig', { sig: 'sclo', title: 'x' }, nina))).toBe(403);
    await server.must('setMember', { ...set, role: 'chair' });
    expect(await status(server.call('updateSig', { sig: 'sclo', title: 'x' }, nina))).toBe(200);
    await server.must('removeMember', { sig: 'sclo', user: 'nina' });
    const next = { name: 'next-by-nina', collections: ['python33'] };
    expect(await status(server.call('createComponent', next, nina))).toBe(403);
    expect(await status(server.call('removeMember', { sig: 'sclo', user: 'nina' }))).toBe(404);
    expect(await status(server.call('setMember', { sig: 'no', user: 'nina' }))).toBe(404);
    expect(await status(server.call('setMember', { sig: 'sclo', user: 'nobody' }))).toBe(404);
  });

  it('whose commit policy is "members" let every member push, and nobody else', async () => {
    const { server, people } = scenario;
    const mia = await person('mia');
    await server.must('setMember', { sig: 'sclo', user: 'mia', role: 'member' });
    expect(await upload(mia)).toBe(403);
    await server.must('updateSig', { sig: 'sclo', commit: 'members' }, people.chair);
    expect(await upload(mia)).toBe(201);
    const copy = await workingCopy(server, scenario.path(), mia);
    expect((await push(copy, ['HEAD'])).code).toBe(0);
    // Ann is approved, which counts for nothing under this policy.
    expect(await upload(people.committer)).toBe(403);
    await server.must('updateSig', { sig: 'sclo', commit: 'approved' }, people.chair);
    expect([await upload(mia), await upload(people.committer)]).toEqual([403, 201]);
  });
});

describe('approvals', () => {
  it('are given by chairs, listed with all that was said, and taken back at once', async () => {
    const { server, people } = scenario;
    const otto = await person('otto');
    expect(await upload(otto)).toBe(403);
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const input = { sig: 'sclo', user: 'otto', reason: 'knows Python', until };
    const made = await server.must('approveUser', input, people.chair);
    expect(made).toMatchObject({
      user: 'otto',
      components: null,
      reason: 'knows Python',
      approvedBy: 'carol',
      until,
    });
    expect((await server.must('showSig', { sig: 'sclo' })).approvals).toContainEqual(made);
    expect(await upload(otto)).toBe(201);
    await server.must('revokeApproval', { sig: 'sclo', user: 'otto' }, people.chair);
    expect(await put(server, otto, 'python', 'b.tar', 'b')).toBe(403);
    const twice = server.call('revokeApproval', { sig: 'sclo', user: 'otto' }, people.chair);
    expect(await status(twice)).toBe(404);
  });

  it('for named components open those and no others', async () => {
    const { server, people } = scenario;
    const paul = await person('paul');
    for (const name of ['ruby', 'python-setuptools', 'ruby-devel'])
      await server.must('createComponent', { name, collections: ['python33'] });
    const components = ['python-setuptools', 'ruby'];
    await server.must('approveUser', { sig: 'sclo', user: 'paul', components }, people.chair);
    const answers = ['ruby', 'python-setuptools', 'python', 'ruby-devel'].map((name) =>
      upload(paul, name),
    );
    expect(await Promise.all(answers)).toEqual([201, 201, 403, 403]);
    await server.must('approveUser', { sig: 'sclo', user: 'paul', components: ['python'] });
    expect([await upload(paul), await upload(paul, 'ruby-devel')]).toEqual([201, 403]);
    expect(await put(server, paul, 'ruby', 'c.tar', 'c')).toBe(403);
  });

  it('end when they were said to end, and can not begin ended', async () => {
    const { server } = scenario;
    const quinn = await person('quinn');
    const past = server.call('approveUser', {
      sig: 'sclo',
      user: 'quinn',
      until: '2020-01-01T00:00:00Z',
    });
    expect(await status(past)).toBe(400);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await server.must('approveUser', { sig: 'sclo', user: 'quinn', until });
    expect(await upload(quinn)).toBe(201);
    await withDatabase(server, (db) =>
      raw`update sig_approvals set until = now() - interval '1 second' where user_name = 'quinn'`.execute(
        db.sql,
      ),
    );
    expect(await put(server, quinn, 'python', 'd.tar', 'd')).toBe(403);
  });

  it('end by the clock, while the server runs', async () => {
    const { server } = scenario;
    const rosa = await person('rosa');
    // Longer where the machine is too busy for an upload in that time.
    for (let lasts = 4000; ; lasts *= 2) {
      const until = Date.now() + lasts;
      const input = { sig: 'sclo', user: 'rosa', until: new Date(until).toISOString() };
      await server.must('approveUser', input);
      const before = await upload(rosa);
      const left = until - Date.now();
      if (left < 0) continue;
      expect(before).toBe(201);
      await new Promise((resolve) => setTimeout(resolve, left + 500));
      break;
    }
    expect(await put(server, rosa, 'python', 'e.tar', 'e')).toBe(403);
  });

  it('of unknown users or SIGs are 404', async () => {
    const { server } = scenario;
    expect(await status(server.call('approveUser', { sig: 'sclo', user: 'nobody' }))).toBe(404);
    expect(await status(server.call('approveUser', { sig: 'nothing', user: 'ann' }))).toBe(404);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
