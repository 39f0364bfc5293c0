import { describe, expect, it } from 'vitest';
import type { Centpkg } from '../support/centpkg.ts';
import { cliScenario } from '../support/cli-scenario.ts';
import { put } from '../support/sclo.ts';

const scenario = cliScenario();

type Who = 'admin' | 'carol' | 'ann';
const as = (who: Who): Centpkg => scenario[who];

/** Nothing but one JSON value on standard output, and nothing at all beside it. */
async function jsonOf(who: Who, args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await as(who).run([...args, '--json']);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return JSON.parse(stdout) as unknown;
}
async function textOf(who: Who, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await as(who).run(args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  expect(stdout).toMatch(/[^\n]\n$/);
  expect(stdout).not.toMatch(/[ \t]$/m);
  return stdout;
}

describe('a SIG', () => {
  it('is created by a site admin, listed and shown', async () => {
    expect(await textOf('admin', ['sig', 'create', 'text', '--title', 'Text tools'])).toBe(
      'SIG text is created. Add a chair: centpkg sig members text USER --chair\n',
    );
    expect(
      await jsonOf('admin', ['sig', 'create', 'json', '--commit', 'members', '--koji', 'admins']),
    ).toMatchObject({ name: 'json', title: '', commit: 'members', koji: 'admins' });
    expect(await textOf('ann', ['sig', 'list'])).toMatch(
      /^NAME +COMMIT +KOJI +TITLE\njson +members +admins\n(.+\n)*text +approved +members +Text tools\n$/,
    );
    expect(await jsonOf('ann', ['sig', 'list'])).toContainEqual(
      expect.objectContaining({ name: 'text' }),
    );
    expect(await textOf('ann', ['sig', 'show', 'text'])).toBe(
      'SIG:           text (Text tools)\ncommit policy: approved\nkoji policy:   members\n\n' +
        'No members.\n\nNo approvals.\n',
    );
    expect(await jsonOf('ann', ['sig', 'show', 'text'])).toMatchObject({ members: [] });
  });

  it('has members, policies and approvals that are changed and taken back', async () => {
    await scenario.server.must('createUser', { name: 'ben' });
    expect(await textOf('admin', ['sig', 'members', 'sclo', 'ben', '--chair'])).toBe(
      'ben is a chair of SIG sclo.\n',
    );
    expect(await jsonOf('admin', ['sig', 'members', 'sclo', 'ben'])).toEqual({
      sig: 'sclo',
      user: 'ben',
      role: 'member',
    });
    expect(await jsonOf('carol', ['sig', 'policy', 'sclo', '--title', 'SCLs'])).toMatchObject({
      name: 'sclo',
      title: 'SCLs',
      commit: 'approved',
    });
    expect(await textOf('ann', ['sig', 'members', 'sclo'])).toMatch(/^ben +member$/m);
    const approve = ['sig', 'approve', 'sclo', 'ben', '--component', 'python'];
    expect(await textOf('carol', [...approve, '--until', '2999-01-31'])).toBe(
      'SIG sclo approved ben for python until 2999-01-31 23:59.\n',
    );
    const alien = await scenario.carol.run([...approve, '--component', 'cobol,python-']);
    expect([alien.code, alien.stderr]).toEqual([
      3,
      expect.stringMatching(/^error: No collection of SIG sclo has cobol, python-\.\nto do: /),
    ]);
    expect(
      await jsonOf('carol', [...approve, '--component', 'python', '--reason', 'Rebase']),
    ).toMatchObject({ user: 'ben', components: ['python'], reason: 'Rebase', until: null });
    const shown = await textOf('ann', ['sig', 'show', 'sclo']);
    expect(shown).toMatch(/^ben +member$/m);
    expect(shown).toMatch(/^ben +python +carol +- +Rebase$/m);
    expect(await textOf('carol', ['sig', 'revoke', 'sclo', 'ben'])).toContain('of ben back');
    expect(await jsonOf('admin', ['sig', 'members', 'sclo', 'ben', '--remove'])).toEqual({});
    expect(await textOf('ann', ['sig', 'show', 'sclo'])).not.toContain('ben');
  });
});

describe('a collection', () => {
  it('is created, listed, shown, and built for more releases', async () => {
    const create = ['collection', 'create'];
    const text = await textOf('carol', [...create, 'ror40', '--sig', 'sclo', '--el', '6,7']);
    expect(text).toMatch(/^Collection ror40 is created\.\n\ncollection: +ror40\n/);
    expect(text).toMatch(/^el6 +-\nel7 +-\n/m);
    expect(
      await jsonOf('carol', [
        ...create,
        'rh-ror50',
        '--sig',
        'sclo',
        '--el',
        '6',
        '--el',
        '7',
        '--vendor',
        'sclo',
        '--depends',
        '7:ror40,python33@release',
        '--scl-name',
        'ror50',
        '--meta',
        'ror-meta',
      ]),
    ).toMatchObject({
      name: 'rh-ror50',
      sclName: 'ror50',
      vendor: 'sclo',
      metaComponent: 'ror-meta',
      releases: [
        { release: '6', depends: [{ collection: 'python33', level: 'release' }] },
        {
          release: '7',
          depends: [
            { collection: 'ror40', level: 'candidate' },
            { collection: 'python33', level: 'release' },
          ],
        },
      ],
    });
    expect(await textOf('ann', ['collection', 'list', '--sig', 'sclo'])).toMatch(
      /^NAME +SIG +SCL +EL RELEASES\n(.+\n)*rh-ror50 +sclo +ror50 +6, 7\n(.+\n)*ror40 +sclo +ror40 +6, 7\n$/,
    );
    expect(await jsonOf('ann', ['collection', 'list', '--sig', 'json'])).toEqual([]);
    await textOf('carol', ['collection', 'add-release', 'ror40', '8', '--depends', 'python33']);
    await jsonOf('carol', ['collection', 'depend', 'ror40', '7', '--depends', 'rh-python34']);
    const shown = await textOf('ann', ['collection', 'show', 'ror40']);
    expect(shown).toMatch(/^el6 +-\nel7 +rh-python34\nel8 +python33\n$/m);
    expect(await jsonOf('ann', ['collection', 'show', 'ror40'])).toMatchObject({ components: [] });
  });
});

describe('a component', () => {
  it('is created, added to a collection, listed and shown', async () => {
    const create = ['component', 'create'];
    const text = await textOf('carol', [...create, 'perl', '--collection', 'python33']);
    expect(text).toMatch(/^Component perl is created\.\n\ncomponent: +perl\n/);
    expect(text).toMatch(/^scl-python33-el6 +sclo +python33-perl$/m);
    expect(
      await jsonOf('carol', [...create, 'ruby', '--collection', 'rh-python34', '--exploded']),
    ).toMatchObject({ name: 'ruby', exploded: true, state: 'active' });
    const added = await textOf('carol', ['component', 'add', 'perl', 'rh-python34']);
    expect(added).toMatch(/^scl-rh-python34-el7 +sclo +rh-python34-perl$/m);
    expect(await textOf('ann', ['component', 'list'])).toMatch(
      /^NAME +COLLECTIONS +BRANCHES\nperl +python33, rh-python34 +4\n/,
    );
    expect(await jsonOf('ann', ['component', 'list', '--collection', 'rh-python34'])).toEqual(
      ['perl', 'python', 'ruby'].map((name) => expect.objectContaining({ name }) as unknown),
    );
    expect(await textOf('ann', ['component', 'show', 'ruby'])).toContain('exploded source');
    expect(await jsonOf('ann', ['component', 'show', 'perl'])).toMatchObject({
      gitUrl: scenario.server.gitUrl('perl'),
    });
  });

  it('lists its files in the look-aside cache', async () => {
    expect(await textOf('ann', ['lookaside', 'list', 'python'])).toBe('No files.\n');
    await put(scenario.server, scenario.people.committer, 'python', 'a.tar', 'content');
    expect(await textOf('ann', ['lookaside', 'list', 'python'])).toMatch(
      /^FILE +SIZE +CHECKSUM +BY +UPLOADED +FROM\na\.tar +7 B +sha512 \w{12} +ann +\d{4}-\d\d-\d\d \d\d:\d\d +127\.0\.0\.1\n$/,
    );
    expect(await jsonOf('ann', ['lookaside', 'list', 'python'])).toMatchObject([
      { file: 'a.tar', size: 7 },
    ]);
  });
});

describe('a user', () => {
  it('is created, listed, shown, disabled and made an admin', async () => {
    const create = ['user', 'create'];
    expect(await textOf('admin', [...create, 'eve', '--full-name', 'Eve Example'])).toBe(
      'User eve is created. Issue a token: centpkg token create --user eve\n',
    );
    const email = ['--email', 'ida@example.org'];
    expect(await jsonOf('admin', [...create, 'ida', ...email, '--admin'])).toMatchObject({
      name: 'ida',
      email: 'ida@example.org',
      admin: true,
      disabled: false,
    });
    expect(await jsonOf('admin', ['user', 'edit', 'ida', '--no-admin'])).toMatchObject({
      admin: false,
    });
    const disabled = await textOf('admin', ['user', 'edit', 'eve', '--disable', '--admin']);
    expect(disabled).toMatch(/^site admin: +yes\ndisabled: +yes$/m);
    expect(await textOf('ann', ['user', 'list'])).toMatch(
      /^NAME +FULL NAME +STATE\n(.+\n)*eve +Eve Example +admin, disabled\n/,
    );
    expect(await jsonOf('ann', ['user', 'list'])).toContainEqual(
      expect.objectContaining({ name: 'ida' }),
    );
    expect(await jsonOf('admin', ['user', 'edit', 'eve', '--enable'])).toMatchObject({
      admin: true,
      disabled: false,
    });
    expect(await textOf('ann', ['user', 'show', 'eve'])).toMatch(/^full name: +Eve Example$/m);
    expect(await jsonOf('ann', ['user', 'show', 'eve'])).toMatchObject({ name: 'eve' });
  });
});

describe('a token', () => {
  it('is created with scopes, shown once, listed, and revoked', async () => {
    const scopes = ['--verb', 'push,upload', '--sig', 'sclo', '--component', 'python'];
    const made = await scenario.ann.json<{ id: string; token: string }>([
      'token',
      'create',
      ...scopes,
      '--expires',
      '30d',
    ]);
    expect(made).toMatchObject({ verbs: ['push', 'upload'], sigs: ['sclo'], collections: null });
    const text = await textOf('ann', ['token', 'show', made.id]);
    expect(text).toMatch(/^state: +valid\nverbs: +push, upload\nSIGs: +sclo\ncollections: +all$/m);
    const listed = await textOf('ann', ['token', 'list']);
    expect(listed).toMatch(new RegExp(`^${made.id} .*push, upload`, 'm'));
    expect(text + listed + JSON.stringify(await jsonOf('ann', ['token', 'list']))).not.toContain(
      made.token,
    );
    expect(await textOf('ann', ['token', 'revoke', made.id])).toBe(
      `Token ${made.id} of ann is revoked.\n`,
    );
    expect(await jsonOf('ann', ['token', 'show', made.id])).toMatchObject({
      revokedAt: expect.any(String) as string,
    });
    expect(await textOf('ann', ['token', 'list'])).toMatch(new RegExp(`^${made.id} +revoked`, 'm'));
  });

  it('is the only line on standard output, so that it can be stored', async () => {
    const { code, stdout } = await scenario.ann.run(['token', 'create', '--expires', 'never']);
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 });
  });
});

describe('what happened', () => {
  it('is told by push list, audit list and job list', async () => {
    expect(await textOf('ann', ['push', 'list'])).toBe('No pushes.\n');
    expect(await jsonOf('ann', ['push', 'list', '--component', 'python'])).toEqual([]);
    const audit = await textOf('admin', ['audit', 'list', '--limit', '3']);
    expect(audit).toMatch(/^TIME +ACTOR +ACTION +SUBJECT +DECISION +RULE +ADDRESS\n(.+\n){3}$/);
    expect(await jsonOf('admin', ['audit', 'list', '--limit', '2'])).toHaveLength(2);
    expect(await textOf('admin', ['job', 'list'])).toBe('No jobs.\n');
    expect(await jsonOf('admin', ['job', 'list'])).toEqual([]);
  });
});
