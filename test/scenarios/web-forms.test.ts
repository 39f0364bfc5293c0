import { beforeAll, describe, expect, it } from 'vitest';
import { BrowserSession } from '../support/browser-session.ts';
import { faultsOfPage } from '../support/page-check.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';

const scenario = scloScenario();
let ann: BrowserSession;
let carol: BrowserSession;
const as = (user: string, token: string) =>
  new BrowserSession(scenario.server).mustLogIn(user, token);
beforeAll(async () => {
  ann = await as('ann', scenario.people.committer);
  carol = await as('carol', scenario.people.chair);
});
type Fields = Readonly<Record<string, string | readonly string[]>>;
const send = async (session: BrowserSession, path: string, fields: Fields) => {
  const answer = await session.post(path, { csrf: await session.csrf('/account'), ...fields });
  if (answer.text !== '') expect(faultsOfPage(answer.text)).toEqual([]);
  return answer;
};
const approvals = async () => (await scenario.server.must('showSig', { sig: 'sclo' })).approvals;
const tokensOf = async (user: string) =>
  (await scenario.server.must('listTokens', { user })).items.filter(
    (one) => one.revokedAt === null,
  );
const NEW = '/account/tokens';

describe('approvals', () => {
  const SIG = '/sigs/sclo';

  it('are given by a chair, for named components and until a day', async () => {
    await scenario.server.must('createComponent', {
      name: 'python-setuptools',
      collections: ['python33'],
    });
    expect((await carol.get(SIG)).text).toContain('<h3>Approve a user</h3>');
    const { status, location } = await send(carol, `${SIG}/approvals`, {
      user: ' sam ',
      components: ' python, python-setuptools\t',
      reason: 'helps out',
      until: '2999-02-28',
    });
    expect([status, location]).toEqual([303, SIG]);
    expect((await approvals()).find(({ user }) => user === 'sam')).toMatchObject({
      components: ['python', 'python-setuptools'],
      reason: 'helps out',
      approvedBy: 'carol',
      until: '2999-02-28T23:59:59.000Z',
    });
    expect((await carol.get(SIG)).text).toContain('Revoke the approval of sam');
    const { items } = await scenario.server.must('listAudit', { limit: 1 });
    expect(items[0]).toMatchObject({ actor: 'carol', action: 'sig.approve', rule: 'sig-chair' });
  });

  it('are taken back by a chair, and count no more', async () => {
    expect((await send(carol, `${SIG}/approvals/revoke`, { user: 'sam' })).status).toBe(303);
    expect((await approvals()).map(({ user }) => user)).toEqual(['ann']);
    const again = await send(carol, `${SIG}/approvals/revoke`, { user: 'sam' });
    expect(again.status).toBe(404);
    expect(again.text).toContain('SIG sclo has not approved sam.');
  });

  it.each([
    ['no such user', { user: 'nobody' }, 404, 'There is no such user.'],
    ['no user', { user: '' }, 400, 'User name &quot;&quot; is not valid.'],
    ['a day of the past', { user: 'sam', until: '2001-01-01' }, 400, 'would end in the past'],
    ['what is no day', { user: 'sam', until: '2999-02-30' }, 400, 'body.until'],
    ['a bad component', { user: 'sam', components: 'a b..c' }, 400, 'body.components.1'],
    ['two users', { user: ['sam', 'ann'] }, 400, 'user came more than once.'],
  ])('are refused for %s', async (_, fields, status, words) => {
    const before = await approvals();
    const answer = await send(carol, `${SIG}/approvals`, fields);
    expect([answer.status, await approvals()]).toEqual([status, before]);
    expect(answer.text).toContain(words);
  });

  it('of a SIG that is not there are a page that says so', async () => {
    expect((await send(carol, '/sigs/none/approvals', { user: 'sam' })).status).toBe(404);
  });

  it('are not for others: no form is shown, and a form that is sent is refused and audited', async () => {
    expect((await ann.get(SIG)).text).not.toContain('<h3>Approve a user</h3>');
    expect((await ann.get(SIG)).text).not.toContain('>Revoke<');
    const before = await approvals();
    for (const [path, user] of [
      [`${SIG}/approvals`, 'sam'],
      [`${SIG}/approvals/revoke`, 'ann'],
    ] as const) {
      const { status, text } = await send(ann, path, { user });
      expect(status).toBe(403);
      expect(text).toContain('ann is not a chair of SIG sclo.');
      expect(text).toContain('Rule: <code>sig-chair</code>');
      const { items } = await scenario.server.must('listAudit', { limit: 1 });
      expect(items[0]).toMatchObject({ actor: 'ann', allowed: false, rule: 'sig-chair' });
    }
    expect(await approvals()).toEqual(before);
  });

  it('are not for a session of a token without the verb, be the user a chair', async () => {
    const { token } = await scenario.server.must('createToken', { user: 'carol', verbs: ['push'] });
    const limited = await as('carol', token);
    expect((await limited.get(SIG)).text).not.toContain('<h3>Approve a user</h3>');
    const { status, text } = await send(limited, `${SIG}/approvals`, { user: 'sam' });
    expect(status).toBe(403);
    expect(text).toContain('Rule: <code>token-scope</code>');
    const page = await limited.get('/account');
    expect(page.text).toContain('The token is not for the verb admin.');
    expect(page.text).not.toContain('<h3>New token</h3>');
    expect((await send(limited, NEW, { verbs: 'push', expiresInDays: '1' })).status).toBe(403);
  });
});

describe('requests', () => {
  const SIG = '/sigs/sclo';
  const REQUESTS = `${SIG}/requests`;
  let sam: BrowserSession;
  beforeAll(async () => {
    const { token } = await scenario.server.must('createToken', { user: 'sam' });
    sam = await as('sam', token);
  });
  const open = async () => (await scenario.server.must('listRequests', { sig: 'sclo' })).items;
  const askFor = async (components: string): Promise<string> => {
    const { status, location } = await send(sam, REQUESTS, { components, reason: 'a patch' });
    expect([status, location]).toEqual([303, SIG]);
    const [newest] = await open();
    expect(newest).toMatchObject({ user: 'sam', reason: 'a patch' });
    return String(newest?.id);
  };

  it('are made by who may not commit yet, and seen by them and by chairs', async () => {
    expect((await sam.get(SIG)).text).toContain('<h3>Ask for an approval</h3>');
    for (const other of [ann, carol])
      expect((await other.get(SIG)).text).not.toContain('<h3>Ask for an approval</h3>');
    await askFor('python');
    expect((await sam.get(SIG)).text).toContain('Take back the request of sam');
    expect((await sam.get(SIG)).text).not.toContain('Approve the request of sam');
    const { text } = await carol.get(SIG);
    expect(text).toContain('Approve the request of sam');
    expect(text).toContain('commits to python');
    expect((await ann.get(SIG)).text).not.toContain('request of sam');
    expect((await new BrowserSession(scenario.server).get(SIG)).text).not.toContain('request of');
  });

  it('are granted by a chair until a day, and may be denied with a reason, or taken back', async () => {
    const [first] = await open();
    const granted = { request: String(first?.id), until: '2999-03-01' };
    expect((await send(carol, `${REQUESTS}/approve`, granted)).status).toBe(303);
    expect((await approvals()).find(({ user }) => user === 'sam')).toMatchObject({
      components: ['python'],
      until: '2999-03-01T23:59:59.000Z',
    });
    const second = await askFor('');
    const denied = { request: second, reason: 'patches first' };
    expect((await send(carol, `${REQUESTS}/deny`, denied)).status).toBe(303);
    const third = await askFor('');
    expect((await send(sam, `${REQUESTS}/cancel`, { request: third })).status).toBe(303);
    const { items } = await scenario.server.must('listRequests', { sig: 'sclo', state: 'any' });
    expect(items.slice(0, 3).map(({ state, answer }) => [state, answer])).toEqual([
      ['cancelled', null],
      ['denied', 'patches first'],
      ['approved', null],
    ]);
    expect(await open()).toEqual([]);
  });

  it.each([
    ['approve', {}],
    ['deny', { reason: 'no' }],
    ['cancel', {}],
  ])('of others are not theirs to %s', async (verb, fields) => {
    const request = await askFor('python-setuptools');
    const { status, text } = await send(ann, `${REQUESTS}/${verb}`, { request, ...fields });
    expect(status).toBe(403);
    expect(text).toContain('Rule: <code>');
    expect((await open()).map(({ id }) => String(id))).toEqual([request]);
    await send(sam, `${REQUESTS}/cancel`, { request });
  });

  it.each([
    ['a component of no collection of it', REQUESTS, { components: 'ruby' }, 404],
    ['a bad name', REQUESTS, { components: 'a..b' }, 400],
    ['no such request', `${REQUESTS}/cancel`, { request: '999999' }, 404],
    ['what is no request', `${REQUESTS}/cancel`, { request: '1;2' }, 400],
  ])('are refused for %s, with a page that says so', async (_, path, fields, status) => {
    const answer = await send(sam, path, fields);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('<h1>');
    expect(await open()).toEqual([]);
  });
});

describe('tokens', () => {
  it('are made with scopes and an end, and shown once', async () => {
    const { status, text, headers } = await send(ann, NEW, {
      label: 'robot',
      verbs: ['push', 'upload'],
      sigs: 'sclo',
      collections: '',
      components: 'python',
      expiresInDays: '30',
    });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    const token = /sclt_[0-9a-f]{12}_[\w-]{43}_[0-9a-f]{8}/.exec(text)?.[0] ?? '';
    const made = (await tokensOf('ann')).find(({ label }) => label === 'robot');
    expect(made).toMatchObject({
      verbs: ['push', 'upload'],
      sigs: ['sclo'],
      collections: null,
      components: ['python'],
    });
    const days =
      (Date.parse(made?.expiresAt ?? '') - Date.parse(made?.createdAt ?? '')) / 86_400_000;
    expect(days).toBeCloseTo(30);
    expect(await scenario.server.must('whoami', {}, token)).toMatchObject({ user: 'ann' });
    const account = await ann.get('/account');
    expect(account.text).toContain(`<code>${made?.id}</code>`);
    expect(account.text).not.toContain(token);
    expect(scenario.server.log).not.toContain(token);
  });

  it('are revoked at once', async () => {
    const { id, token } = await scenario.server.must('createToken', { user: 'ann' });
    expect((await send(ann, `${NEW}/revoke`, { token: id })).location).toBe('/account');
    expect((await scenario.server.call('whoami', {}, token)).status).toBe(401);
    expect((await ann.get('/account')).text).not.toContain(id);
  });

  it('end the session that they opened, too', async () => {
    const { id, token } = await scenario.server.must('createToken', { user: 'ann' });
    const own = await as('ann', token);
    expect((await send(own, `${NEW}/revoke`, { token: id })).status).toBe(303);
    expect((await own.get('/account')).location).toBe('/login?next=%2Faccount');
  });

  it("of others are not one's own to revoke, nor to make", async () => {
    const [theirs] = await tokensOf('carol');
    const { status, text } = await send(ann, `${NEW}/revoke`, { token: theirs?.id ?? '' });
    expect(status).toBe(403);
    expect(text).toContain('Rule: <code>site-admin</code>');
    const before = await tokensOf('carol');
    const fields = { user: 'carol', verbs: 'push', expiresInDays: '1', label: 'mine' };
    expect((await send(ann, NEW, fields)).status).toBe(201);
    expect(await tokensOf('carol')).toEqual(before);
    expect((await tokensOf('ann')).map(({ label }) => label)).toContain('mine');
  });

  it.each([
    ['nothing', { expiresInDays: '1' }, 'Tick what it is for.'],
    ['another verb', { verbs: ['push', 'root'], expiresInDays: '1' }, 'body.verbs.1'],
    ['no end', { verbs: 'push' }, 'body.expiresInDays'],
    ['an end that is no number', { verbs: 'push', expiresInDays: 'x' }, 'body.expiresInDays'],
    ['an end too far', { verbs: 'push', expiresInDays: '3651' }, 'body.expiresInDays'],
    ['a bad SIG', { verbs: 'push', expiresInDays: '1', sigs: 'SCLO' }, 'body.sigs.0'],
    ['a bad label', { verbs: 'push', expiresInDays: '1', label: 'a\u0007' }, 'body.label'],
  ])('are not made for %s', async (_, fields, words) => {
    const before = await tokensOf('ann');
    const { status, text } = await send(ann, NEW, fields);
    expect([status, await tokensOf('ann')]).toEqual([400, before]);
    expect(text).toContain(words);
  });

  it('are no wider than the one that opened the session', async () => {
    const { token } = await scenario.server.must('createToken', {
      user: 'ann',
      verbs: ['admin', 'push'],
    });
    const narrow = await as('ann', token);
    expect((await narrow.get('/account')).text).not.toContain('value="upload"');
    const wider = await send(narrow, NEW, { verbs: ['push', 'upload'], expiresInDays: '1' });
    expect(wider.status).toBe(403);
    expect(wider.text).toContain('can not issue one that is');
  });
});

describe('a form that is none', () => {
  it('is refused when it is too large, or has too many fields', async () => {
    const large = await ann.post(NEW, { label: 'x'.repeat(70_000) });
    expect(large.status).toBe(413);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, '']));
    expect((await ann.post(NEW, many)).status).toBe(413);
  });

  it('takes no field for more than text', async () => {
    const csrf = await ann.csrf('/account');
    const fields = {
      csrf,
      'user[name]': 'carol',
      ['__proto__']: 'x',
      'label[]': 'x',
      verbs: 'push',
    };
    const { status } = await ann.post(NEW, { ...fields, expiresInDays: '1' });
    expect(status).toBe(201);
    expect((await tokensOf('ann')).at(-1)?.label).toBe('');
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
