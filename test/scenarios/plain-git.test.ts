import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { git, tryGit } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { specOf, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const version = (n: number): string[] => ['-c', `protocol.version=${n}`];
const head = async (folder: string, ref = 'HEAD'): Promise<string> =>
  (await git(folder, 'rev-parse', ref)).trim();

describe('somebody without an account', () => {
  it('clones, with and without .git, and gets a branch checked out', async () => {
    for (const url of [
      scenario.server.gitUrl('python'),
      scenario.server.gitUrl('python').replace(/\.git$/, ''),
    ]) {
      const copy = scenario.path();
      await git('/', 'clone', '--quiet', url, copy);
      expect(await git(copy, 'symbolic-ref', '--short', 'HEAD')).toMatch(/^scl-.+-el7\n$/);
      expect(await git(copy, 'ls-files')).toBe('.gitignore\nsources\n');
    }
  });

  it.each([0, 1, 2])('lists, clones and fetches by protocol version %i', async (n) => {
    const url = scenario.server.gitUrl('python');
    const refs = await git('/', ...version(n), 'ls-remote', '--heads', url);
    expect(refs.match(/refs\/heads\/\S+/g)).toEqual([
      'refs/heads/scl-python33-el6',
      'refs/heads/scl-python33-el7',
      'refs/heads/scl-rh-python34-el6',
      'refs/heads/scl-rh-python34-el7',
    ]);
    const copy = scenario.path();
    await git('/', ...version(n), 'clone', '--quiet', url, copy);
    const writer = await workingCopy(scenario.server, scenario.path(), scenario.people.committer);
    await commitFiles(writer, { 'a.patch': `version ${n}\n` });
    expect((await push(writer, ['scl-python33-el7'], version(n))).code).toBe(0);
    await git(copy, ...version(n), 'fetch', '--quiet', 'origin');
    expect(await head(copy, 'origin/scl-python33-el7')).toBe(await head(writer));
    expect(await git(copy, 'show', 'origin/scl-python33-el7:a.patch')).toBe(`version ${n}\n`);
  });

  it('is told that the dumb protocol is not served', async () => {
    const { server } = scenario;
    const dumb = await fetch(`${server.gitUrl('python')}/info/refs`);
    expect(dumb.status).toBe(403);
    expect(await dumb.text()).toContain('Only smart HTTP is served here.');
    for (const file of ['HEAD', 'objects/info/packs', 'config', 'description'])
      expect((await fetch(`${server.gitUrl('python')}/${file}`)).status).toBe(404);
  });

  it('is told what there is instead of a component that is not there', async () => {
    const { code, stderr } = await tryGit('/', ['ls-remote', scenario.server.gitUrl('ruby')]);
    expect(code).toBe(128);
    expect(stderr).toContain('remote: There is no repository scls/ruby.\n');
    expect(stderr).toContain('remote: See "centpkg component list" for what there is.\n');
  });
});

describe('a Red Hat engineer with an internal repository', () => {
  let work: string;
  const internal = 'rh-python34-rhel-7';

  beforeAll(async () => {
    const bare = scenario.path('internal.git');
    await git('/', 'init', '--quiet', '--bare', '--initial-branch', internal, bare);
    work = scenario.path('work');
    await git('/', 'clone', '--quiet', bare, work);
    await git(work, 'checkout', '--quiet', '-b', internal);
    await commitFiles(work, { 'python.spec': specOf('python'), sources: '' }, 'Import');
    await git(work, 'push', '--quiet', 'origin', internal);
    await git(work, 'remote', 'add', 'centos', scenario.server.gitUrl('python'));
    await git(work, 'fetch', '--quiet', 'centos');
  });

  /** A credential helper that hands out the token, as git asks it for a password. */
  const withToken = (): string[] => [
    '-c',
    `credential.helper=!f() { echo username=ann; echo password=${scenario.people.committer}; }; f`,
  ];

  it('checks a branch out with --track, commits and pushes with a token as password', async () => {
    await git(work, 'checkout', '--quiet', '--track', 'centos/scl-rh-python34-el7');
    await commitFiles(work, { 'python.spec': specOf('python') }, 'Add the spec');
    await git(work, ...withToken(), 'push', '--quiet', 'centos', 'HEAD');
    const url = scenario.server.gitUrl('python');
    const refs = await git('/', 'ls-remote', url, 'refs/heads/scl-rh-python34-el7');
    expect(refs).toContain(await head(work));
    expect(await git(work, 'status', '--short', '--branch')).toBe(
      '## scl-rh-python34-el7...centos/scl-rh-python34-el7\n',
    );
  });

  it('cherry-picks an internal fix to the branch at CentOS', async () => {
    await git(work, 'checkout', '--quiet', internal);
    await commitFiles(work, { 'fix.patch': 'internal\n' }, 'Fix found inside');
    await git(work, 'checkout', '--quiet', 'scl-rh-python34-el7');
    await git(work, 'cherry-pick', internal);
    await git(work, ...withToken(), 'push', '--quiet', 'centos', 'HEAD');
    expect(await git(work, 'show', 'centos/scl-rh-python34-el7:fix.patch')).toBe('internal\n');
  });

  it("cherry-picks a contributor's fix from CentOS to the internal branch", async () => {
    const { server, people } = scenario;
    const branch = 'scl-rh-python34-el7';
    const contributor = scenario.path();
    await git(
      '/',
      'clone',
      '--quiet',
      '--branch',
      branch,
      server.gitUrl('python', people.committer),
      contributor,
    );
    await commitFiles(contributor, { 'community.patch': 'outside\n' }, 'Fix found outside');
    expect((await push(contributor, ['HEAD'])).code).toBe(0);

    await git(work, 'fetch', '--quiet', 'centos');
    await git(work, 'checkout', '--quiet', internal);
    await git(work, 'cherry-pick', `centos/${branch}`);
    await git(work, 'push', '--quiet', 'origin', internal);
    expect(await git(work, 'show', `origin/${internal}:community.patch`)).toBe('outside\n');
  });

  it('cherry-picks between two collections, both ways', async () => {
    await git(work, 'fetch', '--quiet', 'centos');
    for (const [from, to] of [
      ['scl-rh-python34-el7', 'scl-python33-el6'],
      ['scl-python33-el6', 'scl-rh-python34-el7'],
    ] as const) {
      await git(work, 'checkout', '--quiet', '-B', from, `centos/${from}`);
      await commitFiles(work, { 'python.spec': specOf('python'), [`${from}.patch`]: from });
      await git(work, ...withToken(), 'push', '--quiet', 'centos', from);
      await git(work, 'checkout', '--quiet', '-B', to, `centos/${to}`);
      await git(work, 'cherry-pick', '--strategy-option', 'theirs', '--allow-empty', from);
      await commitFiles(work, { 'python.spec': `${specOf('python')}# ${to}\n` });
      await git(work, ...withToken(), 'push', '--quiet', 'centos', to);
      expect(await git(work, 'show', `centos/${to}:${from}.patch`)).toBe(from);
    }
  });

  it('tags a release, which everybody can fetch', async () => {
    await git(work, 'checkout', '--quiet', 'scl-rh-python34-el7');
    await git(work, 'tag', 'light');
    await git(work, 'tag', '--annotate', '--message', 'Release 1', 'annotated');
    await git(work, ...withToken(), 'push', '--quiet', 'centos', 'light', 'annotated');
    const copy = scenario.path();
    await git(
      '/',
      'clone',
      '--quiet',
      '--branch',
      'annotated',
      scenario.server.gitUrl('python'),
      copy,
    );
    expect(await git(copy, 'tag', '--list')).toBe('annotated\nlight\n');
    expect(await head(copy, 'annotated^{commit}')).toBe(await head(work));
    await git(work, 'tag', '--force', 'light', 'HEAD~');
    for (const refspec of ['+refs/tags/light', ':refs/tags/light']) {
      const { code, stderr } = await tryGit(work, [...withToken(), 'push', 'centos', refspec]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/remote: error: light: tags (never move|can not be deleted)/);
    }
  });

  it('is told to fetch when somebody else was faster, and nothing is lost', async () => {
    const { server, people } = scenario;
    const [mine, theirs] = [
      await workingCopy(server, scenario.path(), people.committer),
      await workingCopy(server, scenario.path(), people.committer),
    ];
    await writeFile(join(theirs, 'theirs.patch'), 'x\n');
    await commitFiles(theirs, {});
    expect((await push(theirs, ['HEAD'])).code).toBe(0);
    const late = await push(mine, ['HEAD']);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('fetch first');
    await git(mine, 'pull', '--quiet', '--rebase');
    await commitFiles(mine, { 'mine.patch': 'y\n' });
    expect((await push(mine, ['HEAD'])).code).toBe(0);
    expect(await readFile(join(mine, 'theirs.patch'), 'utf8')).toBe('x\n');
    expect(faultsIn(server)).toEqual([]);
  });
});
