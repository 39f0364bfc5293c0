import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, run, tryGit } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { specOf, workingCopy } from '../support/sclo.ts';
import { sshScenario } from '../support/ssh-scenario.ts';
import { makeKey } from '../support/sshd.ts';

const scenario = sshScenario();
const BRANCH = 'scl-python33-el7';

/** Ann's clone over SSH, with a valid spec that is committed and not pushed. */
async function annCopy(): Promise<string> {
  const copy = scenario.path();
  await scenario.git('ann', '/', 'clone', '--quiet', '--branch', BRANCH, scenario.url(), copy);
  await writeFile(join(copy, 'python.spec'), specOf('python'));
  await commitFiles(copy, {}, 'Add the spec').catch(() => {});
  return copy;
}

const remoteLines = (stderr: string): string[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trimEnd());

describe('somebody with a key', () => {
  it('is told who they are, and that there is no shell', async () => {
    const whoami = await scenario.sshd.ssh(scenario.key('ann'), ['whoami']);
    expect(whoami).toMatchObject({ code: 0, stderr: '' });
    expect(whoami.stdout).toMatch(/^user +ann\ncredential +ssh:SHA256:\S{43}\nvalid until +-\n/);
    expect(whoami.stdout).toMatch(/member of +-\napproved by +sclo \(all\)\n$/);
    const bare = await scenario.sshd.ssh(scenario.key('carol'), []);
    expect(bare.code).toBe(1);
    expect(bare.stdout).toMatch(/^user +carol\n[^]*member of +sclo \(chair\)\n/);
    expect(bare.stderr).toBe(
      `There is no shell here; git works: git clone ${scenario.sshd.url}/scls/<component>.git\n`,
    );
  });

  it.each([0, 1, 2])('clones and fetches by protocol version %i', async (n) => {
    const version = ['-c', `protocol.version=${n}`];
    for (const url of [scenario.url(), scenario.url().replace(/\.git$/, '')]) {
      const refs = await scenario.git('sam', '/', ...version, 'ls-remote', '--heads', url);
      expect(refs.match(/scl-\S+/g)).toHaveLength(4);
    }
    const copy = scenario.path();
    await scenario.git('sam', '/', ...version, 'clone', '--quiet', scenario.url(), copy);
    const writer = await annCopy();
    await commitFiles(writer, { [`v${n}.patch`]: `version ${n}\n` });
    await scenario.git('ann', writer, ...version, 'push', '--quiet', 'origin', BRANCH);
    await scenario.git('sam', copy, ...version, 'fetch', '--quiet');
    expect(await git(copy, 'show', `origin/${BRANCH}:v${n}.patch`)).toBe(`version ${n}\n`);
  });

  it('gets the protocol version that was asked for', async () => {
    const trace = scenario.path('trace');
    const env = { ...scenario.sshd.gitEnv(scenario.key('sam')), GIT_TRACE_PACKET: trace };
    await tryGit('/', ['-c', 'protocol.version=2', 'ls-remote', scenario.url()], env);
    expect((await run('cat', [trace])).stdout).toContain('< version 2');
  });

  it('clones without history, and without contents', async () => {
    const shallow = scenario.path();
    const depth = ['--depth', '1', '--branch', BRANCH];
    await scenario.git('sam', '/', 'clone', '--quiet', ...depth, scenario.url(), shallow);
    expect((await git(shallow, 'rev-list', '--count', 'HEAD')).trim()).toBe('1');
    await scenario.git('sam', shallow, 'fetch', '--quiet', '--unshallow');
    const partial = scenario.path();
    const options = ['--filter=blob:none', '--no-checkout'];
    await scenario.git('sam', '/', 'clone', '--quiet', ...options, scenario.url(), partial);
    const missing = await git(partial, 'rev-list', '--objects', '--all', '--missing=print');
    expect(missing).toMatch(/^\?[0-9a-f]{40}$/m);
    await scenario.git('sam', partial, 'checkout', '--quiet', BRANCH);
  });

  it('gets an archive of a branch, and of nothing that is not published', async () => {
    const file = scenario.path('archive.tar');
    const archive = (...args: string[]) =>
      scenario.tryGit('sam', '/', 'archive', `--remote=${scenario.url()}`, '-o', file, ...args);
    expect(await archive('--prefix=x/', BRANCH)).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await run('tar', ['-tf', file]);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['x/sources', 'x/.gitignore']));
    expect((await archive('4b825dc642cb6eb9a060e54bf8d69288fbee4904')).code).not.toBe(0);
    expect((await archive('--add-file=/etc/passwd', BRANCH)).code).not.toBe(0);
  });

  it('is told of a repository that is not there, by an error of git', async () => {
    const done = await scenario.tryGit('sam', '/', 'ls-remote', scenario.url('ruby'));
    expect(done.code).toBe(128);
    expect(done.stderr).toBe(
      'fatal: remote error: There is no repository scls/ruby.\nSee "centpkg component list" for what there is.\n',
    );
    const archive = ['archive', `--remote=${scenario.url('ruby')}`, 'HEAD'];
    expect((await scenario.tryGit('sam', '/', ...archive)).stderr).toContain(
      'There is no repository scls/ruby.',
    );
  });
});

describe('a push over SSH', () => {
  it('moves branches and tags, and is recorded and audited as one over HTTP is', async () => {
    const { server, people } = scenario;
    const overSsh = await annCopy();
    await commitFiles(overSsh, { 'a.patch': 'over ssh\n' });
    await git(overSsh, 'tag', '--annotate', '--message', 'Release', 'over-ssh');
    await scenario.git('ann', overSsh, 'push', '--quiet', 'origin', BRANCH, 'over-ssh');
    const overHttp = await workingCopy(server, scenario.path(), people.committer);
    await commitFiles(overHttp, { 'a.patch': 'over http\n' });
    await git(overHttp, 'tag', '--annotate', '--message', 'Release', 'over-http');
    expect(await push(overHttp, [BRANCH, 'over-http'])).toMatchObject({ code: 0 });

    const pushes = (await server.must('listPushes', { limit: 2 })).items;
    expect(pushes.map(({ state, user, component }) => [state, user, component])).toEqual(
      [1, 2].map(() => ['applied', 'ann', 'python']),
    );
    const oneOf = async (way: string) => {
      const { items } = await server.must('listAudit', { limit: 10 });
      const row = items.find(({ detail }) => JSON.stringify(detail).includes(`tags/over-${way}`));
      if (row === undefined) throw new Error(`no audit entry of the push over ${way}`);
      const { id, at, requestId, credential, detail, ...rest } = row;
      expect([id > 0, at !== '', requestId.length]).toEqual([true, true, 36]);
      expect(detail).toEqual({
        push: expect.stringMatching(/^[0-9a-f-]{36}$/),
        refs: [`refs/heads/${BRANCH}`, `refs/tags/over-${way}`],
      });
      return { rest: { ...rest, address: rest.address.replace('::ffff:', '') }, credential };
    };
    const [ssh, http] = [await oneOf('ssh'), await oneOf('http')];
    expect(ssh.rest).toEqual(http.rest);
    expect(ssh.rest).toMatchObject({
      actor: 'ann',
      action: 'push',
      allowed: true,
      rule: 'commit-approved',
      address: '127.0.0.1',
    });
    expect(http.credential).toMatch(/^token:/);
    const [key] = (await server.must('listKeys', {}, people.committer)).items;
    expect(ssh.credential).toBe(`ssh:${key?.fingerprint}`);
    expect(key?.lastUsedAt).not.toBeNull();
  });

  it('is told every reason of a refusal, as over HTTP', async () => {
    const copy = await annCopy();
    await commitFiles(copy, {
      'python.spec': specOf('python').replace('Release: 1', 'Release: 9'),
      sources: 'SHA512 (a.tar) = 00\n',
    });
    const refspecs = [`HEAD:refs/heads/${BRANCH}`, 'HEAD:refs/heads/main'];
    const ssh = await scenario.tryGit('ann', copy, 'push', 'origin', ...refspecs);
    const url = scenario.server.gitUrl('python', scenario.people.committer);
    const http = await tryGit(copy, ['push', url, ...refspecs]);
    expect(ssh.code).toBe(1);
    const lines = remoteLines(ssh.stderr);
    expect(lines[0]).toMatch(/^Push to python refused: 2 errors\. Nothing was changed\.$/);
    expect(lines).toHaveLength(5);
    expect(lines).toEqual(remoteLines(http.stderr));
    const [row] = (await scenario.server.must('listAudit', { limit: 1 })).items;
    expect(row).toMatchObject({
      actor: 'ann',
      action: 'push',
      allowed: false,
      rule: 'push-checks',
    });
  });

  it('is refused by the rules of branches and tags', async () => {
    const copy = await annCopy();
    await git(copy, 'tag', 'stays', `origin/${BRANCH}`);
    await scenario.git('ann', copy, 'push', '--quiet', 'origin', 'stays');
    await git(copy, 'checkout', '--quiet', '--orphan', 'rewritten');
    await git(copy, 'commit', '--quiet', '--message', 'Rewrite history');
    const refusals: readonly (readonly [string, string])[] = [
      [`+HEAD:refs/heads/${BRANCH}`, 'forward-only'],
      [`:refs/heads/${BRANCH}`, 'forward-only'],
      ['+HEAD:refs/tags/stays', 'forward-only'],
      [':refs/tags/stays', 'forward-only'],
      ['HEAD:refs/tags/new', 'tag-on-branch'],
      ['HEAD:refs/heads/scl-python33-el8', 'branch-provisioned'],
      ['HEAD:refs/notes/commits', 'branch-provisioned'],
    ];
    for (const [refspec, policy] of refusals) {
      const { code, stderr } = await scenario.tryGit('ann', copy, 'push', 'origin', refspec);
      expect([refspec, code]).toEqual([refspec, 1]);
      expect(stderr).toContain(`(${policy})`);
      expect(stderr).toMatch(/remote: {3}to do: /);
    }
  });

  it.each(['sam', 'carol'] as const)(
    'by %s, who may not, is refused before anything is sent, with rule and next step',
    async (person) => {
      const copy = await annCopy();
      const { code, stderr } = await scenario.tryGit(person, copy, 'push', 'origin', BRANCH);
      expect(code).toBe(128);
      expect(stderr).toBe(
        `fatal: remote error: SIG sclo has not approved ${person} for python. [commit-approved]\n` +
          'Ask for it: centpkg request access --sig sclo; or ask a chair to run: ' +
          `centpkg sig approve sclo ${person}\n`,
      );
      const [row] = (await scenario.server.must('listAudit', { limit: 1 })).items;
      expect(row).toMatchObject({ actor: person, allowed: false, rule: 'commit-approved' });
      expect(row?.credential).toMatch(/^ssh:SHA256:/);
    },
  );

  it('of broken objects is refused by git, with advice', async () => {
    const copy = await annCopy();
    const tree = (await git(copy, 'rev-parse', 'HEAD^{tree}')).trim();
    const parent = (await git(copy, 'rev-parse', 'HEAD')).trim();
    const content = `tree ${tree}\nparent ${parent}\nauthor x 1 +0000\ncommitter x 1 +0000\n\nx\n`;
    const make = ['-C', copy, 'hash-object', '-t', 'commit', '-w', '--literally', '--stdin'];
    const commit = (await run('git', make, { input: content })).stdout.trim();
    const refspec = `${commit}:refs/heads/${BRANCH}`;
    const { code, stderr } = await scenario.tryGit('ann', copy, 'push', 'origin', refspec);
    expect(code).toBe(1);
    expect(remoteLines(stderr).join('\n')).toContain(
      '"git fsck" in your clone names the bad objects',
    );
  });
});

describe('much at once over SSH', () => {
  it('goes through whole, both ways', { timeout: 240_000 }, async () => {
    const { server, people } = scenario;
    await server.must(
      'createComponent',
      { name: 'large', collections: ['python33'] },
      people.chair,
    );
    const copy = await workingCopy(server, scenario.path(), people.committer, {
      component: 'large',
    });
    const noise = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`${n}.patch`, randomBytes(700_000).toString('base64')]),
    );
    await commitFiles(copy, noise);
    const head = (await git(copy, 'rev-parse', 'HEAD')).trim();
    const pushed = await scenario.tryGit('ann', copy, 'push', scenario.url('large'), 'HEAD');
    expect(pushed).toMatchObject({ code: 0 });
    const clones = await Promise.all(
      [1, 2].map(async () => {
        const path = scenario.path();
        await scenario.git('sam', '/', 'clone', '--quiet', scenario.url('large'), path);
        return git(path, 'rev-parse', `origin/${BRANCH}`);
      }),
    );
    expect(clones.map((text) => text.trim())).toEqual([head, head]);
  });
});

describe('a key', () => {
  it('that was removed is refused at once', async () => {
    const { server, sshd, people } = scenario;
    const path = scenario.path('key');
    const { fingerprint } = await server.must(
      'addKey',
      { key: await makeKey(path, ['-t', 'ecdsa', '-b', '384']) },
      people.stranger,
    );
    expect((await sshd.ssh(path, ['whoami'])).stdout).toMatch(/^user +sam\n/);
    await server.must('removeKey', { key: fingerprint }, people.stranger);
    const after = await sshd.ssh(path, ['whoami']);
    expect(after).toMatchObject({ code: 255, stdout: '' });
    expect(after.stderr).toContain('Permission denied (publickey)');
  });

  it('that nobody added, or of a disabled user, is refused', async () => {
    const { server, sshd } = scenario;
    const path = scenario.path('key');
    const key = await makeKey(path, ['-t', 'rsa', '-b', '3072']);
    expect((await sshd.ssh(path, ['whoami'])).code).toBe(255);
    await server.must('createUser', { name: 'dave' });
    await server.must('addKey', { key, user: 'dave' });
    expect((await sshd.ssh(path, ['whoami'])).stdout).toMatch(/^user +dave\n/);
    await server.must('updateUser', { user: 'dave', disabled: true });
    expect((await sshd.ssh(path, ['whoami'])).code).toBe(255);
    await server.must('updateUser', { user: 'dave', disabled: false });
    expect((await sshd.ssh(path, ['whoami'])).code).toBe(0);
  });

  it('of another user gives the rights of that user and no more', async () => {
    const { code, stdout } = await scenario.sshd.ssh(scenario.key('sam'), ['whoami']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^user +sam\n[^]*approved by +-\n$/);
  });

  it('has the fingerprint that ssh-keygen shows', async () => {
    const { stdout } = await run('ssh-keygen', ['-l', '-f', `${scenario.key('ann')}.pub`]);
    const [key] = (await scenario.server.must('listKeys', {}, scenario.people.committer)).items;
    expect(stdout).toContain(` ${key?.fingerprint} `);
  });
});

describe('without the server', () => {
  it('nobody gets in, and the server that comes back is found', async () => {
    const { server, sshd } = scenario;
    await server.kill();
    expect((await sshd.ssh(scenario.key('ann'), ['whoami'])).code).toBe(255);
    await server.start();
    expect((await sshd.ssh(scenario.key('ann'), ['whoami'])).code).toBe(0);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
