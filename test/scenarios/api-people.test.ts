import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { describe, expect, it } from 'vitest';
import { withDatabase } from '../support/database.ts';
import { push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, workingCopy } from '../support/sclo.ts';
import { secretOf } from '../support/token-parts.ts';

const scenario = scloScenario();
const status = async (answer: Promise<{ status: number }>): Promise<number> =>
  (await answer).status;
const upload = (token: string, component = 'python'): Promise<number> =>
  put(scenario.server, token, component, 'a.tar', `${token}${component}`);
const whoami = async (token: string): Promise<number> =>
  status(scenario.server.call('whoami', {}, token));

/** A new user's name and token. */
async function person(name: string): Promise<string> {
  await scenario.server.must('createUser', { name });
  return (await scenario.server.must('createToken', { user: name })).token;
}

describe('users', () => {
  it('are created, listed and shown', async () => {
    const { server } = scenario;
    const input = { name: 'bob', fullName: 'Bob B.', email: 'bob@example.org' };
    const made = await server.must('createUser', input);
    expect(made).toEqual({
      ...input,
      admin: false,
      disabled: false,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(await server.must('showUser', { user: 'bob' })).toEqual(made);
    const { items } = await server.must('listUsers', {});
    expect(items.map(({ name }) => name)).toEqual(['admin', 'ann', 'bob', 'carol', 'sam']);
    expect(await status(server.call('createUser', input))).toBe(409);
  });

  it('that are disabled are refused at once, and taken again when enabled', async () => {
    const { server } = scenario;
    const token = await person('dora');
    expect(await whoami(token)).toBe(200);
    await server.must('updateUser', { user: 'dora', disabled: true });
    expect(await whoami(token)).toBe(401);
    await server.must('updateUser', { user: 'dora', disabled: false });
    expect(await whoami(token)).toBe(200);
  });

  it('become admins and are no more; the last admin stays', async () => {
    const { server } = scenario;
    const token = await person('erin');
    expect(await status(server.call('listAudit', {}, token))).toBe(403);
    await server.must('updateUser', { user: 'erin', admin: true });
    expect(await status(server.call('listAudit', {}, token))).toBe(200);
    await server.must('updateUser', { user: 'erin', admin: false });
    expect(await status(server.call('listAudit', {}, token))).toBe(403);
    for (const change of [{ admin: false }, { disabled: true }]) {
      const { status: code } = await server.call('updateUser', { user: 'admin', ...change });
      expect(code).toBe(409);
    }
    expect(await status(server.call('whoami', {}))).toBe(200);
  });
});

describe('tokens', () => {
  it('are shown once, and listed without their secret', async () => {
    const { server } = scenario;
    const { token, ...view } = await server.must('createToken', { user: 'ann', label: 'laptop' });
    expect(token).toMatch(/^sclt_[0-9a-f]{12}_[\w-]{43}_[0-9a-f]{8}$/);
    expect(await server.must('showToken', { token: view.id })).toEqual(view);
    const listed = await server.must('listTokens', { user: 'ann' });
    expect(listed.items).toContainEqual(view);
    expect(JSON.stringify(listed)).not.toContain(secretOf(token));
    const days = (Date.parse(view.expiresAt ?? '') - Date.parse(view.createdAt)) / 86_400_000;
    expect(Math.round(days)).toBe(90);
  });

  it('are nowhere in the database but as a hash', async () => {
    const { server, people } = scenario;
    const secret = secretOf(people.committer);
    const hashes = await withDatabase(server, (db) =>
      db.sql.selectFrom('tokens').select(['secret_hash']).execute(),
    );
    const stored = hashes.map((row) => Buffer.from(row.secret_hash).toString('hex'));
    expect(stored).toContain(createHash('sha256').update(secret).digest('hex'));
    const folder = join(server.data, 'database');
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = await readFile(join(entry.parentPath, entry.name));
      expect(content.includes(secret) ? entry.name : '').toBe('');
    }
    expect(server.log).not.toContain(secret);
  });

  it('that are revoked are refused with the next request, for API, upload and push', async () => {
    const { server, people } = scenario;
    const { id, token } = await server.must('createToken', {}, people.committer);
    const copy = await workingCopy(server, scenario.path(), token);
    expect(await upload(token)).toBe(201);
    const revoked = await server.must('revokeToken', { token: id }, people.committer);
    expect(revoked.revokedAt).not.toBeNull();
    expect(await whoami(token)).toBe(401);
    expect(await upload(token)).toBe(401);
    expect((await push(copy, ['HEAD'])).stderr).toContain('Authentication failed');
    const again = await server.must('revokeToken', { token: id }, people.committer);
    expect(again.revokedAt).toBe(revoked.revokedAt);
  });

  it('that have expired are refused', async () => {
    const { server } = scenario;
    const made = await server.must('createToken', { user: 'ann', expiresInDays: 1 });
    expect(await whoami(made.token)).toBe(200);
    await withDatabase(server, (db) =>
      raw`update tokens set expires_at = now() - interval '1 second' where id = ${made.id}`.execute(
        db.sql,
      ),
    );
    expect(await whoami(made.token)).toBe(401);
    const forever = await server.must('createToken', { user: 'ann', expiresInDays: null });
    expect(forever.expiresAt).toBeNull();
  });

  it('with scopes do that and no more', async () => {
    const { server, people } = scenario;
    await server.must('createComponent', { name: 'ruby', collections: ['python33'] });
    const scoped = async (scopes: object): Promise<string> =>
      (await server.must('createToken', scopes, people.chair)).token;
    await server.must('approveUser', { sig: 'sclo', user: 'carol' });
    const python = await scoped({ components: ['python'] });
    expect([await upload(python), await upload(python, 'ruby')]).toEqual([201, 403]);
    const uploads = await scoped({ verbs: ['upload'] });
    const create = (token: string, name: string) =>
      status(server.call('createComponent', { name, collections: ['python33'] }, token));
    expect([await upload(uploads), await create(uploads, 'perl')]).toEqual([201, 403]);
    const manage = await scoped({ verbs: ['manage'], collections: ['python33'] });
    expect([await create(manage, 'perl'), await upload(manage)]).toEqual([201, 403]);
    const more = { name: 'php', collections: ['python33', 'rh-python34'] };
    expect(await status(server.call('createComponent', more, manage))).toBe(403);
    const other = await scoped({ sigs: ['webstack'] });
    expect([await upload(other), await create(other, 'php')]).toEqual([403, 403]);
  });

  it('that are issued with a token can do no more than that one', async () => {
    const { server, people } = scenario;
    const verbs = ['admin', 'upload'] as const;
    const narrow = await server.must('createToken', { verbs: [...verbs] }, people.committer);
    expect(await server.must('createToken', {}, narrow.token)).toMatchObject({ verbs });
    const less = await server.must('createToken', { verbs: ['upload'] }, narrow.token);
    expect(less.verbs).toEqual(['upload']);
    for (const [wish, token] of [
      [{ verbs: ['push'] }, narrow.token],
      [{ verbs: ['admin', 'push'] }, narrow.token],
      [{}, less.token],
    ] as const) {
      const input = { ...wish, verbs: 'verbs' in wish ? [...wish.verbs] : null };
      expect(await status(server.call('createToken', input, token))).toBe(403);
    }
    // Whose limit is one component has no say over a user's tokens.
    const limited = await server.must('createToken', { components: ['python'] }, people.committer);
    expect(await status(server.call('createToken', {}, limited.token))).toBe(403);
  });

  it('of others are the business of admins only', async () => {
    const { server, people } = scenario;
    const { id } = await server.must('createToken', { user: 'ann' });
    for (const answer of [
      server.call('createToken', { user: 'ann' }, people.stranger),
      server.call('listTokens', { user: 'ann' }, people.stranger),
      server.call('showToken', { token: id }, people.stranger),
      server.call('revokeToken', { token: id }, people.stranger),
    ])
      expect(await status(answer)).toBe(403);
    expect(await status(server.call('revokeToken', { token: id }))).toBe(200);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
