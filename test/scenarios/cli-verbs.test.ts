import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { deadUrl } from '../support/faulty-proxy.ts';
import { specOf } from '../support/sclo.ts';

const scenario = cliScenario();
const EL7 = 'scl-python33-el7';
const EL6 = 'scl-python33-el6';
const NOW = 'Mon Jan 05 2026 Ann <ann@example.org>';
const BEFORE = 'Fri Jan 02 2026 Ann <ann@example.org>';
const CHANGELOG = `%changelog
* ${NOW} - 1-2
- Fix a crash - once and for all
- 100%% of the tests pass
  on two lines

* ${BEFORE} - 1-1
- First build
`;
const CLOG = 'Fix a crash - once and for all\n\n100% of the tests pass\n  on two lines\n';
const nobody = await deadUrl();

/** Ann's clone of a new component with a spec in its last commit, which is pushed. */
async function pushedCopy(spec = '') {
  const { folder: cwd, component } = await scenario.annCopy();
  const { ann } = scenario;
  await writeFile(join(cwd, `${component}.spec`), specOf(component) + spec);
  await ann.git(cwd, 'add', '--all');
  await ann.must(['commit', '--push', '-m', 'Add the spec'], { cwd });
  const head = async (ref = 'HEAD') => (await ann.git(cwd, 'rev-parse', ref)).trim();
  return { cwd, component, ann, head };
}

const onServer = async (component: string, ref = `refs/heads/${EL7}`): Promise<string> => {
  const { ann, server } = scenario;
  const url = `${server.url}/scls/${component}.git`;
  return (await ann.git(ann.home, 'ls-remote', url, ref)).split('\t')[0] ?? '';
};

describe('clone, as users of fedpkg type it:', () => {
  it('co is clone; a namespace and .git are passed over', async () => {
    const { ann } = scenario;
    for (const name of ['scls/python', 'python.git'])
      expect(await ann.must(['co', '-b', EL6, name, name.replace('/', '-')])).toContain(EL6);
  });

  it('--branches makes a folder with a clone of each branch', async () => {
    const component = await scenario.component();
    const { ann } = scenario;
    const branches = [EL6, EL7, 'scl-rh-python34-el6', 'scl-rh-python34-el7'];
    expect(await ann.json(['clone', '-B', component])).toEqual({
      component,
      folder: join(ann.home, component),
      branches,
    });
    for (const name of branches) {
      const cwd = join(ann.home, component, name);
      expect(await ann.git(cwd, 'symbolic-ref', '--short', 'HEAD')).toBe(`${name}\n`);
      expect(await ann.must(['giturl'], { cwd })).toContain(`/scls/${component}.git#`);
    }
    const again = await ann.run(['clone', '--branches', component]);
    expect({ code: again.code, stderr: again.stderr }).toEqual({
      code: 5,
      stderr: expect.stringContaining('to do: Name another folder.') as string,
    });
  });

  it('--anonymous keeps no way to log in; --depth fetches no more than that', async () => {
    const { component, ann } = await pushedCopy();
    await ann.must(['clone', '-a', '--depth', '1', '-b', EL7, component, `${component}-a`]);
    const cwd = join(ann.home, `${component}-a`);
    expect(await readFile(join(cwd, '.git/config'), 'utf8')).not.toContain('credential');
    expect(await ann.git(cwd, 'rev-list', '--count', 'HEAD')).toBe('1\n');
    expect(await ann.must(['switch-branch', EL6], { cwd })).toBe(`On branch ${EL6}.\n`);
  });

  it.each([
    [['clone', 'https://git.example.org/scls/python.git'], 'A component is named, not a URL.'],
    [['clone', '-b', EL7, '-B', 'python'], 'Both --branch and --branches were given.'],
    [['clone', '--depth', 'all', 'python'], '--depth all is not a number of commits.'],
    [['clone', '-a', '--ssh', 'python'], 'There is no anonymous SSH.'],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await scenario.ann.run(args);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^error: [^\n]+\nto do: [^\n]+\n$/) as string,
    });
    expect(stderr).toContain(message);
  });
});

describe('clog and commit', () => {
  it('clog writes the newest entry in the form of rpkg; --raw leaves the dashes', async () => {
    const { cwd, ann } = await pushedCopy(CHANGELOG);
    await ann.must(['clog'], { cwd });
    expect(await readFile(join(cwd, 'clog'), 'utf8')).toBe(CLOG);
    await ann.must(['clog', '--raw'], { cwd });
    expect(await readFile(join(cwd, 'clog'), 'utf8')).toBe(
      '- Fix a crash - once and for all\n\n- 100% of the tests pass\n  on two lines\n',
    );
  });

  it.each([
    [['ci', '--clog'], CLOG],
    [
      ['commit', '-m', 'Rebuild', '--with-changelog', '--raw'],
      'Rebuild\n\n- Fix a crash - once and for all\n- 100% of the tests pass\n  on two lines\n',
    ],
    [['ci', '-s', '-F', 'message'], 'From a file\n\nSigned-off-by: ann <ann@example.org>\n'],
  ])('%j takes its message from there', async (args, message) => {
    const { cwd, ann, component } = await pushedCopy();
    await writeFile(join(cwd, 'message'), 'From a file\n');
    await writeFile(join(cwd, `${component}.spec`), specOf(component) + CHANGELOG);
    await ann.must(args, { cwd });
    expect(await ann.git(cwd, 'log', '-1', '--format=%B')).toBe(`${message}\n`);
  });

  it.each([
    ['without a changelog', '', 3, 'has no entry in its %changelog.'],
    ['with one that is generated', '%changelog\n%autochangelog\n', 6, 'has %autochangelog.'],
  ])('%s nothing is committed', async (_, spec, code, words) => {
    const { cwd, ann, head } = await pushedCopy(spec);
    const before = await head();
    await writeFile(join(cwd, 'sources'), '');
    const done = await ann.run(['commit', '-c'], { cwd });
    expect({ code: done.code, stderr: done.stderr }).toEqual({
      code,
      stderr: expect.stringMatching(/^error: .*\nto do: .*-m or -F\.\n$/) as string,
    });
    expect(done.stderr).toContain(words);
    expect(await head()).toBe(before);
  });

  it('needs no server, and with -q says nothing', async () => {
    const { cwd, ann, component } = await pushedCopy();
    await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}# more\n`);
    await ann.git(cwd, 'config', 'centpkg.url', nobody);
    expect(await ann.run(['-q', 'commit', '-m', 'More'], { cwd })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});

describe('pull, push, diff, new, giturl, clean', () => {
  it('pull --rebase puts own commits on top of those of others', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    await ann.must(['clone', '-b', EL7, component, `${component}-2`]);
    const other = join(ann.home, `${component}-2`);
    await writeFile(join(other, 'a.patch'), 'a\n');
    await ann.git(other, 'add', 'a.patch');
    await ann.must(['commit', '-p', '-m', 'A patch'], { cwd: other });
    await writeFile(join(cwd, 'b.patch'), 'b\n');
    await ann.git(cwd, 'add', 'b.patch');
    await ann.must(['commit', '-m', 'Another'], { cwd });
    for (const [args, words] of [
      [['push'], 'to do: Put yours on top of them: centpkg pull --rebase, then: centpkg push\n'],
      [['pull'], 'to do: Put yours on top: centpkg pull --rebase; or merge: '],
    ] as const) {
      const { code, stderr } = await ann.run(args, { cwd });
      expect({ code, stderr }).toEqual({
        code: 5,
        stderr: expect.stringContaining(words) as string,
      });
    }
    await writeFile(join(cwd, 'b.patch'), 'c\n');
    const dirty = await ann.run(['pull', '--rebase'], { cwd });
    expect(dirty.stderr).toContain('You have unstaged changes.');
    expect(dirty.stderr).not.toContain('centpkg pull --rebase');
    await ann.git(cwd, 'checkout', '--quiet', 'b.patch');
    await ann.must(['pull', '--rebase'], { cwd });
    expect(await ann.git(cwd, 'log', '-2', '--format=%s')).toBe('Another\nA patch\n');
    expect(await ann.json(['pull'], { cwd })).toEqual({
      branch: EL7,
      commit: await head(),
      changed: false,
    });
    await ann.must(['push'], { cwd });
    expect(await ann.must(['pull', '--no-rebase'], { cwd: other })).toContain(`${EL7} is at `);
  });

  it('push --dry-run, behind the verb or before it, changes nothing on the server', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    const before = await head();
    expect(await ann.must(['push', '--dry-run'], { cwd })).toBe(
      `${EL7} is there already: ${before.slice(0, 10)}. Nothing was changed.\n`,
    );
    await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}# more\n`);
    await writeFile(join(cwd, 'forgotten.patch'), 'x\n');
    await ann.must(['commit', '-m', 'More'], { cwd });
    for (const args of [
      ['push', '--dry-run'],
      ['--dry-run', 'push'],
    ]) {
      const { code, stdout, stderr } = await ann.run(args, { cwd });
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `Would push ${(await head()).slice(0, 10)} to ${EL7}. Nothing was changed.\n`,
      });
      expect(stderr).toContain('warning: forgotten.patch: neither in git nor in sources.');
    }
    expect(await onServer(component)).toBe(before);
    const refused = await ann.run(['--dry-run', 'giturl'], { cwd });
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('centpkg giturl has no --dry-run.');
  });

  it('push tells what is not committed; commit, that no branch has it; giturl, that there is none', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}# more\n`);
    await ann.git(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'Nothing');
    const { code, stderr } = await ann.run(['push'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain(`warning: not committed, and not pushed: ${component}.spec\n`);
    await ann.git(cwd, 'checkout', '--quiet', '--detach');
    const detached = await ann.run(['commit', '-m', 'Lost'], { cwd });
    const short = (await head()).slice(0, 10);
    expect(detached).toMatchObject({ code: 0, stdout: `Committed ${short}.\n` });
    expect(detached.stderr).toContain(
      `warning: no branch has this commit. centpkg switch-branch BRANCH && git cherry-pick ${short}\n`,
    );
    await ann.git(cwd, 'checkout', '--quiet', '--orphan', 'new');
    expect(await ann.run(['giturl'], { cwd })).toMatchObject({
      code: 3,
      stderr:
        'error: There is no commit yet.\nto do: Check out a branch: centpkg switch-branch -l\n',
    });
  });

  it('push --force is refused by the server, and says why', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    const before = await head();
    await ann.git(cwd, 'commit', '--quiet', '--amend', '-m', 'Rewritten');
    const { code, stderr } = await ann.run(['push', '-f'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining('(forward-only)') as string,
    });
    expect(await onServer(component)).toBe(before);
  });

  it('--release pushes to that branch, whatever is checked out, by its alias too', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    await ann.must(['--release', 'sig-sclo6-python33-rh', 'push'], { cwd });
    expect(await onServer(component, `refs/heads/${EL6}`)).toBe(await head());
    const twice = await ann.run(['--release', EL6, '--dist', EL7, 'push'], { cwd });
    expect(twice).toMatchObject({ code: 2 });
    expect(twice.stderr).toContain('--release and --dist name two branches.');
  });

  it('diff prints what git prints, byte by byte, from --path too', async () => {
    const { cwd, ann, component } = await pushedCopy();
    await writeFile(join(cwd, 'sources'), '\u0000\u000cfeed\n');
    await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}\u000cfeed\n`);
    const wanted = await ann.git(cwd, 'diff');
    expect(wanted).toContain('\u000c');
    expect(await ann.must(['diff'], { cwd })).toBe(wanted);
    expect(await ann.must(['--path', cwd, 'diff'])).toBe(wanted);
    const nowhere = await ann.run(['--path', 'nowhere', 'diff'], { cwd });
    expect(nowhere).toMatchObject({ code: 2 });
    expect(nowhere.stderr).toContain('There is no folder nowhere.');
    expect(await ann.json(['diff', 'sources'], { cwd })).toEqual({
      diff: await ann.git(cwd, 'diff', 'sources'),
    });
    await ann.git(cwd, 'add', 'sources');
    expect(await ann.must(['diff', '--cached'], { cwd })).toBe(
      await ann.git(cwd, 'diff', '--cached'),
    );
  });

  it('new shows what came after the last tag, committed or not', async () => {
    const { cwd, ann, component } = await pushedCopy();
    const without = await ann.run(['new'], { cwd });
    expect({ code: without.code, stderr: without.stderr }).toEqual({
      code: 3,
      stderr: 'error: There are no tags on this branch.\nto do: Tag a commit: centpkg tag\n',
    });
    await ann.must(['tag', '-m', 'first', 'v1'], { cwd });
    await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}# committed\n`);
    await ann.must(['commit', '-m', 'More'], { cwd });
    await writeFile(join(cwd, 'sources'), '# not committed\n');
    const shown = await ann.must(['new'], { cwd });
    expect(shown).toContain('+# committed');
    expect(shown).toContain('+# not committed');
  });

  it('giturl is what a build clones', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    const url = `${scenario.server.url}/scls/${component}.git`;
    expect(await ann.must(['giturl'], { cwd })).toBe(`${url}#${await head()}\n`);
  });

  it('clean removes what git does not know; -x what is ignored, too; -n nothing', async () => {
    const { cwd, ann } = await pushedCopy();
    await writeFile(join(cwd, '.git/info/exclude'), '/ignored\n');
    const untracked = async () =>
      (await readdir(cwd)).filter((name) => /^(new|ignored|folder)$/.test(name)).sort();
    await writeFile(join(cwd, 'ignored'), '');
    await writeFile(join(cwd, 'new'), '');
    await mkdir(join(cwd, 'folder'));
    await writeFile(join(cwd, 'folder/a'), '');
    for (const args of [
      ['clean', '-n'],
      ['clean', '--dry-run', '-x'],
      ['--dry-run', 'clean'],
    ])
      expect(await ann.must(args, { cwd })).toContain('Would remove new\n');
    expect(await untracked()).toEqual(['folder', 'ignored', 'new']);
    expect(await ann.must(['clean'], { cwd })).toBe('Removing folder/\nRemoving new\n');
    expect(await untracked()).toEqual(['ignored']);
    expect(await ann.must(['clean', '-x'], { cwd })).toBe('Removing ignored\n');
    expect(await ann.must(['clean', '-x'], { cwd })).toBe('There is nothing to remove.\n');
  });
});

it('clean leaves a repository alone that is no clone of a component; -q hides no list', async () => {
  const { cwd, ann } = await pushedCopy();
  await writeFile(join(cwd, 'new'), '');
  const listed = await ann.must(['-q', 'clean', '--dry-run'], { cwd });
  expect(listed).toBe('Would remove new\n');
  expect(await ann.must(['-q', 'clean'], { cwd })).toBe('Removing new\n');
  const other = scenario.path('dotfiles');
  await mkdir(other);
  await ann.git(other, 'init', '--quiet');
  await writeFile(join(other, 'letter'), 'mine\n');
  const refused = await ann.run(['clean'], { cwd: other });
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(await readFile(join(other, 'letter'), 'utf8')).toBe('mine\n');
});

describe('--release', () => {
  it.each([['pull'], ['import', 'any.src.rpm']])(
    'is refused by %s for a branch that is not checked out',
    async (...args) => {
      const { cwd, ann, head } = await pushedCopy();
      const before = await head();
      const { code, stderr } = await ann.run(['--release', EL6, ...args], { cwd });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `error: --release is ${EL6}, and ${EL7} is checked out.\nto do: Check it out first: centpkg switch-branch ${EL6}\n`,
      });
      expect(await head()).toBe(before);
    },
  );

  it('may name the one that is', async () => {
    const { cwd, ann } = await pushedCopy();
    expect(await ann.must(['--release', EL7, 'pull'], { cwd })).toBe(`${EL7} is up to date.\n`);
  });
});

describe('tag', () => {
  it('makes annotated tags, lists them by pattern, replaces and deletes them', async () => {
    const { cwd, ann, head } = await pushedCopy(CHANGELOG);
    expect(await ann.must(['tag', '-m', 'One', 'v1'], { cwd })).toBe('Tag v1 is made.\n');
    await ann.must(['tag', '--clog', 'v2'], { cwd });
    expect(await ann.git(cwd, 'tag', '-l', '--format=%(contents)', 'v2')).toBe(`${CLOG}\n`);
    expect(await ann.must(['tag', '-l'], { cwd })).toBe('v1\nv2\n');
    expect(await ann.must(['tag', '--list', '*1'], { cwd })).toBe('v1\n');
    const twice = await ann.run(['tag', '-m', 'x', 'v1'], { cwd });
    expect(twice).toMatchObject({ code: 5 });
    expect(twice.stderr).toContain('to do: Push it: centpkg tag --push v1');
    await writeFile(join(cwd, 'sources'), '# more\n');
    await ann.must(['commit', '-m', 'More'], { cwd });
    await ann.must(['tag', '-f', '-m', 'x', 'v1'], { cwd });
    expect(await head('v1^{commit}')).toBe(await head());
    await ann.must(['tag', '-d', 'v1'], { cwd });
    const gone = await ann.run(['tag', '-d', 'v1'], { cwd });
    expect({ code: gone.code, stderr: gone.stderr }).toEqual({
      code: 3,
      stderr: 'error: There is no tag v1.\nto do: centpkg tag --list shows them.\n',
    });
    expect(await ann.json(['tag', '-l'], { cwd })).toEqual({ tags: ['v2'] });
  });

  it('--dry-run deletes none', async () => {
    const { cwd, ann } = await pushedCopy();
    await ann.must(['tag', '-m', 'One', 'v1'], { cwd });
    for (const args of [
      ['tag', '-d', '--dry-run', 'v1'],
      ['--dry-run', 'tag', '-d', 'v1'],
      ['tag', '-d', '--dry-run', '--push', 'v1'],
      ['tag', '-l', '--dry-run'],
    ])
      expect(await ann.run(args, { cwd })).toMatchObject({ code: 2, stdout: '' });
    expect(await ann.must(['tag', '-l'], { cwd })).toBe('v1\n');
  });

  it('--push sends one to the server; --dry-run does not', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    await ann.must(['tag', '-p', '--dry-run', '-m', 'One', 'v1'], { cwd });
    expect(await ann.must(['tag', '-l'], { cwd })).toBe('');
    await ann.must(['tag', '-p', '-m', 'One', 'v1'], { cwd });
    expect(await onServer(component, 'refs/tags/v1')).toBe(await head('v1'));
  });

  it.each(['-x', 'a b', 'a..b', 'a~1'])('%j is no name for a tag', async (name) => {
    const { cwd, ann } = await pushedCopy();
    const { code, stderr } = await ann.run(['tag', '-m', 'x', '--', name], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('is no name for a tag.\nto do: ') as string,
    });
  });
});

describe('with the server down', () => {
  it.each([
    ['giturl'],
    ['diff'],
    ['clog'],
    ['switch-branch', '-l'],
    ['switch-branch', EL6],
    ['tag', '-l'],
    ['tag', '-m', 'x', 'v1'],
    ['clean'],
    ['new'],
    ['config'],
    ['remote'],
    ['commit', '-c'],
    ['upload', '--offline', '../a.tar'],
  ])('works: centpkg %s %s', async (...args) => {
    const { cwd, ann, component } = await pushedCopy(CHANGELOG);
    await ann.git(cwd, 'tag', '-m', 'base', 'base');
    await writeFile(join(ann.home, 'a.tar'), 'content');
    if (args[0] === 'commit')
      await writeFile(join(cwd, `${component}.spec`), `${specOf(component)}${CHANGELOG}\n`);
    // The clone is that of a server which is not there any more.
    const { url } = scenario.server;
    const config = await readFile(join(cwd, '.git/config'), 'utf8');
    await writeFile(join(cwd, '.git/config'), config.replaceAll(url, nobody));
    const { code, stderr } = await ann.run(args, { cwd });
    expect({ code, stderr: stderr.replace(/^\[.*\n .*\n/, '') }).toMatchObject({ code: 0 });
  });
});

describe('retire', () => {
  it('leaves the reason alone on the branch, which the server takes; others stay', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    const before = await head();
    const dry = await ann.must(['retire', '--dry-run', 'Renamed to x'], { cwd });
    expect(dry).toContain('3 files would be removed');
    expect(await head()).toBe(before);
    expect(await ann.must(['retire', 'Renamed to x'], { cwd })).toBe(
      `${component} is retired on ${EL7}.\n` +
        'Koji still lists its package. When no branch of the collection is built any more, a member ' +
        `of the SIG has it blocked: centpkg component retire ${component} --collection python33\n`,
    );
    expect(await ann.git(cwd, 'ls-tree', '--name-only', 'HEAD')).toBe('dead.package\n');
    expect(await readFile(join(cwd, 'dead.package'), 'utf8')).toBe('Renamed to x\n');
    expect(await ann.git(cwd, 'log', '-1', '--format=%s')).toBe('Renamed to x\n');
    expect(await onServer(component)).toBe(await head());
    const twice = await ann.run(['retire', 'again'], { cwd });
    expect(twice).toMatchObject({ code: 5 });
    expect(twice.stderr).toContain('dead.package is there: it is retired.');
  });

  it('puts the files back where the reason can not be added', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    const before = await head();
    await writeFile(join(cwd, '.git/info/exclude'), '/dead.package\n');
    expect((await ann.run(['retire', 'x'], { cwd })).code).toBe(6);
    expect(await ann.git(cwd, 'status', '--porcelain', '--ignored')).toBe('');
    expect(await readdir(cwd)).toContain(`${component}.spec`);
    expect(await head()).toBe(before);
  });

  it('a branch with more than the reason is no retired one', async () => {
    const { cwd, ann, component } = await pushedCopy();
    await writeFile(join(cwd, 'dead.package'), 'x\n');
    await rm(join(cwd, `${component}.spec`));
    await ann.git(cwd, 'add', '--all');
    await ann.must(['commit', '-m', 'Without a spec'], { cwd });
    const { code, stderr } = await ann.run(['push'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 6 });
    expect(stderr).toContain(`${component}.spec is missing (spec-file)`);
  });

  it('does nothing with changes that are not committed, without a reason, or without the right', async () => {
    const { cwd, ann, component, head } = await pushedCopy();
    const before = await head();
    const { sam } = scenario;
    await sam.must(['clone', '-b', EL7, component]);
    const refused = await sam.run(['retire', 'mine'], { cwd: join(sam.home, component) });
    expect(refused).toMatchObject({ code: 4 });
    expect(await readdir(join(sam.home, component))).toContain(`${component}.spec`);
    expect((await ann.run(['retire'], { cwd })).code).toBe(2);
    expect((await ann.run(['--release', EL6, 'retire', 'x'], { cwd })).code).toBe(2);
    const nameless = { GIT_COMMITTER_NAME: ' ', GIT_AUTHOR_NAME: ' ' };
    expect((await ann.run(['retire', 'x'], { cwd, env: nameless })).code).toBe(6);
    expect(await ann.git(cwd, 'status', '--porcelain')).toBe('');
    await writeFile(join(cwd, 'sources'), '# mine\n');
    expect((await ann.run(['retire', 'x'], { cwd })).code).toBe(5);
    expect(await readFile(join(cwd, 'sources'), 'utf8')).toBe('# mine\n');
    expect(await head()).toBe(before);
  });
});

it('a reader of rpkg finds the branches where they were', async () => {
  const { cwd, ann } = await pushedCopy();
  expect(await ann.must(['switch-branch', '-l'], { cwd })).toBe(
    [
      'Locals:',
      `* ${EL7}`,
      'Remotes:',
      ...[EL6, EL7, 'scl-rh-python34-el6', 'scl-rh-python34-el7'].map((one) => `  origin/${one}`),
      '',
    ].join('\n'),
  );
});
