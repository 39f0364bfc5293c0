import { describe, expect, it } from 'vitest';
import { Centpkg } from '../support/centpkg.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { faultsIn } from '../support/scenario.ts';
import { put } from '../support/sclo.ts';

const scenario = cliScenario();
const upload = (token: string, component = 'python'): Promise<number> =>
  put(scenario.server, token, component, 'a.tar', `${token}${component}`);

describe('who has no rights', () => {
  it('is told how to ask, asks, is answered, and commits', async () => {
    const { sam, carol } = scenario;
    const refused = await sam.run(['explain', 'push', 'python', 'scl-python33-el7']);
    expect(refused.code).toBe(0);
    expect(refused.stdout).toMatch(/^answer: +no\nrule: +commit-approved$/m);
    expect(refused.stdout).toMatch(/^to do: +Ask for it: centpkg request access --sig sclo;/m);
    expect(await sam.must(['whoami'])).toContain('In no SIG may you do anything but read; ask:');

    const asked = await sam.must(['request', 'access', '--sig', 'sclo', '--reason', 'Rebase']);
    const id = /^Request (\d+) of sam to SIG sclo, to commit to all components, is open\./.exec(
      asked,
    )?.[1];
    expect(await sam.must(['request', 'access', '--sig', 'sclo'])).toContain(`Request ${id} `);
    const list = await carol.must(['request', 'list', '--sig', 'sclo']);
    expect(list.split('\n')).toHaveLength(3);
    expect(list).toMatch(new RegExp(`^${id} +sam +sclo +all +open +[-\\d]+ [:\\d]+ +Rebase$`, 'm'));
    expect(await scenario.ann.must(['request', 'list'])).toBe('No requests.\n');

    const alone = await sam.run(['request', 'approve', id ?? '']);
    expect(alone.code).toBe(4);
    expect(alone.stderr).toMatch(/^error: sam is not a chair of SIG sclo\. \[sig-chair\]\nto do: /);
    const done = await carol.must(['request', 'approve', id ?? '', '--until', '2999-01-31']);
    expect(done).toContain('is approved.');
    expect(await upload(scenario.people.stranger)).toBe(201);
    const now = await sam.must(['explain', 'push', 'python']);
    expect(now).toMatch(/^answer: +yes$/m);
    expect(now).toMatch(
      /^sclo +python33 +approved +members +- +all by carol until 2999-01-31 23:59 +yes \[commit-approved\]$/m,
    );
    await carol.must(['sig', 'revoke', 'sclo', 'sam']);
    expect(await upload(scenario.people.stranger, 'python')).toBe(403);
  });

  it('may ask for components, take it back, and be denied with a reason', async () => {
    const { sam, carol } = scenario;
    const ask = ['request', 'access', '--sig', 'sclo', '--component', 'python'];
    const { id } = await sam.json<{ id: number }>(ask);
    expect(await sam.must(['request', 'cancel', String(id)])).toContain('to python, is cancelled.');
    const again = await sam.json<{ id: number }>(ask);
    await carol.must(['request', 'deny', String(again.id), '--reason', 'Send a patch first']);
    expect(await sam.must(['request', 'list', '--mine'])).toBe('No requests.\n');
    expect(await sam.must(['request', 'list', '--mine', '--all'])).toMatch(
      /denied .*carol: Send a patch first$/m,
    );
    const unknown = await sam.run([...ask.slice(0, -1), 'cobol']);
    expect([unknown.code, unknown.stderr]).toEqual([
      3,
      expect.stringContaining('No collection of SIG sclo has cobol.'),
    ]);
    for (const [args, code] of [
      [['request', 'access'], 2],
      [['request', 'approve', 'x'], 2],
      [['request', 'deny', '1'], 2],
      [['request', 'deny', '4000', '--reason', 'x'], 3],
    ] as const)
      expect([args, (await carol.run(args)).code]).toEqual([args, code]);
  });

  it('is sent to the chairs where members commit', async () => {
    const { sam, carol } = scenario;
    await carol.must(['sig', 'policy', 'sclo', '--commit', 'members', '--koji', 'admins']);
    const { code, stderr } = await sam.run(['request', 'access', '--sig', 'sclo']);
    expect(code).toBe(5);
    expect(stderr).toContain('to do: Ask a chair of SIG sclo for membership (group sig-sclo');
    await carol.must(['sig', 'policy', 'sclo', '--commit', 'approved']);
  });
});

describe('Koji, where the SIG leaves it to the site admins', () => {
  it('is asked for by members, and granted by an admin', async () => {
    const { carol, admin } = scenario;
    expect(await carol.must(['explain', 'apply-koji', 'python33'])).toMatch(
      /^rule: +koji-admins\n.*\nto do: +Ask for it: centpkg request koji python33; /m,
    );
    const { id } = await carol.json<{ id: number }>(['request', 'koji', 'python33']);
    expect((await carol.run(['request', 'approve', String(id)])).code).toBe(4);
    expect(await admin.must(['request', 'list'])).toMatch(/Koji for python33 +open/);
    expect(await admin.must(['request', 'approve', String(id)])).toContain(
      'to set up Koji for python33, is approved.',
    );
  });
});

describe('explain', () => {
  it('is asked of others by the chairs of the SIG and by site admins', async () => {
    const { ann, carol, admin, sam } = scenario;
    const about = ['explain', 'upload', 'python', '--user', 'ann'];
    for (const person of [carol, admin, ann])
      expect(await person.must(about)).toMatch(/^user: +ann\n(.*\n)?answer: +yes$/m);
    const refused = await sam.run(about);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('[site-admin]')]);
    expect((await carol.run([...about.slice(0, -1), 'nobody'])).code).toBe(3);
    const anonymous = await (await scenario.visitor()).run(['explain', 'push', 'python'], {
      env: { CENTPKG_URL: scenario.server.url },
    });
    expect(anonymous.stdout).toMatch(/^user: +anonymous\n.*\nanswer: +no\nrule: +login-required$/m);
  });

  it('answers for every action, and says what it needs', async () => {
    const { ann, carol } = scenario;
    for (const [args, rule] of [
      [['read'], 'read-is-public'],
      [['manage-component', 'python'], 'sig-member'],
      [['manage-collection', 'python33'], 'sig-member'],
      [['request-koji', 'python33'], 'sig-member'],
      [['manage-sig', 'sclo'], 'sig-chair'],
      [['request-access', 'sclo'], 'own-request'],
      [['manage-tokens'], 'own-tokens'],
      [['manage-tokens', 'sam'], 'site-admin'],
      [['administer'], 'site-admin'],
    ] as const)
      expect(await carol.json(['explain', ...args])).toMatchObject({ rule });
    for (const args of [['push'], ['fly'], ['administer', 'x'], ['push', 'a', 'b', 'c']])
      expect([args, (await ann.run(['explain', ...args])).code]).toEqual([args, 2]);
    for (const args of [
      ['push', 'python', 'scl-python33-el9'],
      ['upload', 'cobol'],
      ['manage-sig', 'none'],
      ['manage-collection', 'none1'],
    ])
      expect([args, (await ann.run(['explain', ...args])).code]).toEqual([args, 3]);
    expect((await ann.run(['explain', 'push', 'python', 'master'])).code).toBe(2);
  });
});

describe('a robot', () => {
  it('does what it was made for and no more, under its own name', async () => {
    const { ann, server } = { ann: scenario.ann, server: scenario.server };
    const create = ['token', 'create', '--robot', 'rebuild'];
    for (const scopes of [
      [],
      ['--verb', 'upload'],
      ['--component', 'python'],
      ['--verb', 'admin,upload', '--component', 'python'],
    ]) {
      const { code, stderr } = await ann.run([...create, ...scopes]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('to do: For instance: --verb')]);
    }
    const scopes = ['--verb', 'upload', '--component', 'python', '--expires', '30d'];
    const made = await ann.json<{ id: string; token: string }>([...create, ...scopes]);
    expect(await upload(made.token)).toBe(201);
    const other = await scenario.component();
    expect(await upload(made.token, other)).toBe(403);
    const robot = await (await Centpkg.at(scenario.path('robot'), 'robot')).login(
      server.url,
      made.token,
    );
    const shown = await robot.must(['whoami']);
    expect(shown).toMatch(new RegExp(`^credential: +robot:rebuild:${made.id}$`, 'm'));
    expect(shown).toMatch(/^valid until: +\d{4}-\d\d-\d\d \d\d:\d\d$/m);
    expect(shown).toMatch(/^sclo +upload +all +python$/m);
    expect(shown).not.toContain('push');
    for (const args of [
      ['token', 'create'],
      ['token', 'list'],
      ['request', 'access', '--sig', 'sclo'],
    ])
      expect([args, (await robot.run(args)).code]).toEqual([args, 4]);
    expect(await ann.must(['token', 'list'])).toMatch(
      new RegExp(`^${made.id} +rebuild \\(robot\\) +valid +upload`, 'm'),
    );
    const audit = await server.must('listAudit', { limit: 100 });
    expect(audit.items).toContainEqual(
      expect.objectContaining({
        action: 'upload',
        actor: 'ann',
        credential: `robot:rebuild:${made.id}`,
        allowed: true,
      }),
    );
    await ann.must(['token', 'revoke', made.id]);
    expect(await upload(made.token)).toBe(401);
  });
});

describe('whoami', () => {
  it('says what one may do where, and until when', async () => {
    const carol = await scenario.carol.must(['whoami']);
    expect(carol).toMatch(
      /^sclo +manage-component, manage-collection, request-koji, manage-sig +all +all$/m,
    );
    expect(await scenario.ann.must(['whoami'])).toMatch(/^sclo +push, upload +all +all$/m);
    const admin = await scenario.admin.must(['whoami']);
    expect(admin).toMatch(/^valid until: it is taken back$/m);
    expect(admin).toMatch(/\neverywhere: +everything but push and upload\n$/);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
