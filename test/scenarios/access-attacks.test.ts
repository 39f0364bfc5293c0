import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { API_ROOT } from '../../core/api/routes.ts';
import { EMPTY_PACK, receiveRequest } from '../support/git-wire.ts';
import { git, run, tryGit } from '../support/process.ts';
import { commitFiles, push, refsOf } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, workingCopy } from '../support/sclo.ts';
import { forgedToken, secretOf } from '../support/token-parts.ts';

const scenario = scloScenario();
const EL7 = 'refs/heads/scl-python33-el7';

describe('token replay after revocation', () => {
  it('finds every door shut, also in the middle of a push', async () => {
    const { server, people } = scenario;
    const { id, token } = await server.must('createToken', {}, people.committer);
    const copy = await workingCopy(server, scenario.path(), token);
    const replay = (path: string, init: RequestInit = {}) =>
      fetch(server.url + path, {
        ...init,
        headers: {
          Authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
          ...(init.headers as Record<string, string>),
        },
      });
    const advertised = '/scls/python.git/info/refs?service=git-receive-pack';
    expect((await replay(advertised)).status).toBe(200);
    const head = (await git(copy, 'rev-parse', `origin/${EL7.slice(11)}`)).trim();
    const next = (await git(copy, 'rev-parse', 'HEAD')).trim();
    await server.must('revokeToken', { token: id }, people.committer);

    const commands = [{ oldOid: head, newOid: next, ref: EL7 }];
    const before = await refsOf(copy).catch(() => git('/', 'ls-remote', server.gitUrl('python')));
    const answers = await Promise.all([
      replay(advertised),
      replay('/scls/python.git/info/refs?service=git-upload-pack'),
      replay('/scls/python.git/git-receive-pack', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-git-receive-pack-request' },
        body: new Uint8Array(receiveRequest(commands, EMPTY_PACK)),
      }),
      replay(`${API_ROOT}/whoami`),
      replay(`${API_ROOT}/tokens`),
      replay('/repo/pkgs/upload.cgi', { method: 'POST', body: new FormData() }),
      replay('/uploads', { method: 'POST', headers: { 'Tus-Resumable': '1.0.0' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    for (const answer of answers) expect(await answer.text()).toContain('The token is not valid.');
    expect(await put(server, token, 'python', 'replay.tar', 'x')).toBe(401);
    expect(await git('/', 'ls-remote', server.gitUrl('python'))).toBe(before);
  });

  it('is not helped by another id, another secret, or a good checksum', async () => {
    const { server, people } = scenario;
    const [one, two] = [
      await server.must('createToken', {}, people.committer),
      await server.must('createToken', {}, people.committer),
    ];
    await server.must('revokeToken', { token: one.id }, people.committer);
    for (const token of [
      forgedToken(two.id, secretOf(one.token)),
      forgedToken(one.id, secretOf(two.token)),
      two.token.slice(0, -8) + one.token.slice(-8),
    ])
      expect((await server.call('whoami', {}, token)).status).toBe(401);
    expect((await server.call('whoami', {}, two.token)).status).toBe(200);
  });
});

describe('prefix group', () => {
  it('the chair of SIG core has no say in coreos, nor the other way round', async () => {
    const { server } = scenario;
    const tokens: Record<string, string> = {};
    for (const [sig, collection] of [
      ['core', 'core1'],
      ['coreos', 'coreos1'],
    ] as const) {
      await server.must('createSig', { name: sig });
      await server.must('createUser', { name: `of-${sig}` });
      await server.must('setMember', { sig, user: `of-${sig}`, role: 'chair' });
      await server.must('approveUser', { sig, user: `of-${sig}` });
      tokens[sig] = (await server.must('createToken', { user: `of-${sig}` })).token;
      await server.must('createCollection', {
        name: collection,
        sig,
        releases: [{ release: '7' }],
      });
      await server.must('createComponent', { name: `in-${sig}`, collections: [collection] });
    }
    for (const [mine, other, theirs] of [
      ['core', 'coreos', 'coreos1'],
      ['coreos', 'core', 'core1'],
    ] as const) {
      const token = tokens[mine] ?? '';
      const refused = [
        await server.call('updateSig', { sig: other, commit: 'members' }, token),
        await server.call('approveUser', { sig: other, user: `of-${mine}` }, token),
        await server.call('addRelease', { collection: theirs, release: '8' }, token),
        await server.call('createComponent', { name: 'new', collections: [theirs] }, token),
        await server.call('explain', { action: 'manage-sig', sig: other, user: 'ann' }, token),
      ];
      expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
      expect(await put(server, token, `in-${mine}`, 'a.tar', 'a')).toBe(201);
      expect(await put(server, token, `in-${other}`, 'a.tar', 'a')).toBe(403);
      const url = server.gitUrl(`in-${other}`, token);
      expect((await run('git', ['ls-remote', url])).code).toBe(0);
      const push = await fetch(
        `${server.url}/scls/in-${other}.git/info/refs?service=git-receive-pack`,
        { headers: { Authorization: `Bearer ${token}` } },
      );
      expect(push.status).toBe(403);
    }
  });
});

describe('path tricks in name', () => {
  it.each([
    '../python',
    'scls/../python',
    'python/../perl',
    'scls//python',
    '/scls/python',
    'scls/scls/python',
    './python',
    'python/',
    'python.git',
    'python%2f..%2fperl',
    'python\\..\\perl',
    '..',
    '.git',
    'python\n',
  ])('%j is no component, for upload and git alike', async (name) => {
    const { server, people } = scenario;
    const form = new FormData();
    form.set('name', name);
    form.set('sha512sum', 'a'.repeat(128));
    form.set('filename', 'a.tar');
    const answer = await fetch(`${server.url}/repo/pkgs/upload.cgi`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${people.committer}` },
      body: form,
    });
    expect([400, 404]).toContain(answer.status);
    // The repository of a component has .git behind the name: one more is no component's.
    const url = `${server.url}/scls/${encodeURIComponent(name)}.git/info/refs`;
    const repository = await fetch(`${url}?service=git-receive-pack`, {
      headers: { Authorization: `Bearer ${people.committer}` },
    });
    expect([400, 404]).toContain(repository.status);
    const explained = await server.call('explain', { action: 'push', component: name });
    expect([400, 404]).toContain(explained.status);
  });
});

describe('alternates and config in a pushed repository', () => {
  const FILES = {
    config: '[core]\n\thooksPath = /tmp\n\tsshCommand = false\n[alias]\n\tls = !false\n',
    alternates: '/etc\n',
    'pre-receive': '#!/bin/sh\nexit 0\n',
    '.gitattributes': '* filter=evil diff=evil\n',
    HEAD: 'ref: ../../etc/passwd\n',
  };

  it('as files at the top are text, and change nothing of the server’s repository', async () => {
    const { server, people } = scenario;
    const copy = await workingCopy(server, scenario.path(), people.committer);
    const repository = join(server.data, 'repositories', 'python.git');
    const configOf = () => readFile(join(repository, 'config'), 'utf8');
    const before = await configOf();
    await commitFiles(copy, FILES);
    expect(await push(copy, [`HEAD:${EL7}`])).toMatchObject({ code: 0 });
    expect(await configOf()).toBe(before);
    for (const name of ['objects/info/alternates', 'hooks/pre-receive'])
      await expect(readFile(join(repository, name))).rejects.toThrow('ENOENT');
    const again = await workingCopy(server, scenario.path(), people.committer);
    expect(await readFile(join(again, 'alternates'), 'utf8')).toBe('/etc\n');
    // The hook still answers: what is refused elsewhere is refused here.
    await writeFile(join(again, 'logo.png'), Buffer.from([0]));
    await git(again, 'add', '--all');
    await git(again, 'commit', '--quiet', '--message', 'Binary');
    expect((await push(again, [`HEAD:${EL7}`])).code).toBe(1);
  });

  it('in folders of those names, or as a nested repository, are refused', async () => {
    const { server, people } = scenario;
    const copy = await workingCopy(server, scenario.path(), people.committer);
    const blob = (
      await run('git', ['-C', copy, 'hash-object', '-w', '--stdin'], { input: '/etc\n' })
    ).stdout.trim();
    for (const path of ['objects/info/alternates', 'hooks/pre-receive', '.git/config']) {
      const entry = async (name: string, oid: string, type: 'blob' | 'tree'): Promise<string> => {
        const line = `${type === 'tree' ? '040000' : '100755'} ${type} ${oid}\t${name}\n`;
        const made = await run('git', ['-C', copy, 'mktree'], { input: line });
        return made.stdout.trim();
      };
      const names = path.split('/').toReversed();
      let oid = blob;
      for (const [n, name] of names.entries())
        oid = await entry(name, oid, n === 0 ? 'blob' : 'tree');
      const commit = (
        await git(copy, 'commit-tree', '-p', `origin/${EL7.slice(11)}`, '-m', 'x', oid)
      ).trim();
      const before = await refsOf(copy);
      const refused = await push(copy, [`${commit}:${EL7}`]);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(/\(flat-tree\)|hasDotgit/);
      expect(await refsOf(copy)).toBe(before);
    }
  });
});

describe('hooks bypassed over HTTP', () => {
  it('not by push options, GIT_PUSH_OPTION, a quarantine or settings in headers', async () => {
    const { server, people } = scenario;
    const copy = await workingCopy(server, scenario.path(), people.committer);
    await commitFiles(copy, { 'logo.png': Buffer.from([0, 1]) });
    const before = await refsOf(copy);
    const headers = [
      'Git-Protocol: version=2:GIT_PUSH_OPTION_COUNT=1',
      'GIT_QUARANTINE_PATH: /tmp',
      'GIT_OBJECT_DIRECTORY: /tmp',
      'GIT_CONFIG_PARAMETERS: core.hooksPath=/dev/null',
      'X-Git-Push-Option: skip',
    ].flatMap((header) => ['-c', `http.extraHeader=${header}`]);
    for (const config of [
      headers,
      ['-c', 'push.pushOption=skip-hooks'],
      ['-c', 'push.pushOption=core.hooksPath=/dev/null'],
    ]) {
      const { code, stderr } = await push(copy, [`HEAD:${EL7}`], config);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/binary|does not support push options/);
    }
    const env = { GIT_PUSH_OPTION_COUNT: '1', GIT_PUSH_OPTION_0: 'skip' };
    const beside = await tryGit(copy, ['push', 'origin', `HEAD:${EL7}`], env);
    expect([beside.code, beside.stderr]).toEqual([1, expect.stringContaining('(text-files)')]);
    expect(await refsOf(copy)).toBe(before);
  });

  it('not by query, by another service, or by reaching files of the repository', async () => {
    const { server, people } = scenario;
    const authorization = { Authorization: `Bearer ${people.committer}` };
    for (const path of [
      '/scls/python.git/HEAD',
      '/scls/python.git/config',
      '/scls/python.git/objects/info/alternates',
      '/scls/python.git/objects/info/packs',
      '/scls/python.git/hooks/pre-receive',
      '/scls/python.git/info/refs',
      '/scls/python.git/info/refs?service=git-upload-archive',
      '/scls/python.git/info/refs?service=receive-pack',
      '/scls/python.git/info/refs?service=git-receive-pack&service=git-upload-pack',
    ]) {
      const { status } = await fetch(server.url + path, { headers: authorization });
      expect([path, [400, 403, 404].includes(status)]).toEqual([path, true]);
    }
    for (const method of ['PUT', 'DELETE', 'PROPFIND', 'MKCOL', 'LOCK']) {
      const { status } = await fetch(`${server.url}/scls/python.git/${EL7}`, {
        method,
        headers: authorization,
      });
      expect([method, [404, 405].includes(status)]).toEqual([method, true]);
    }
  });
});

describe('afterwards', () => {
  it('the repository is whole, and the server has nothing to complain of', async () => {
    const { server } = scenario;
    const path = join(server.data, 'repositories', 'python.git');
    await git(path, 'fsck', '--strict', '--no-dangling');
    expect(faultsIn(server)).toEqual([]);
  });
});
