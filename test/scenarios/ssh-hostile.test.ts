import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, leftovers } from '../support/data-folder.ts';
import { type Finished, git, run } from '../support/process.ts';
import { descendants } from '../support/process-memory.ts';
import { commitFiles } from '../support/pushing.ts';
import { faultsIn } from '../support/scenario.ts';
import { sshScenario } from '../support/ssh-scenario.ts';

// The worst that an admin can do: every variable of a client is let in.
const scenario = sshScenario({ DISTGIT_SERVER_IDLE_TIMEOUT: '20' }, 'AcceptEnv *');
const BRANCH = 'scl-python33-el7';
const ssh = (command: readonly string[], options: readonly string[] = []): Promise<Finished> =>
  scenario.sshd.ssh(scenario.key('ann'), command, options);
const refsOf = async (): Promise<string> => git('/', 'ls-remote', scenario.server.gitUrl('python'));

describe('option and command injection in the forced command', () => {
  it.each([
    "git-upload-pack --upload-pack=id '/scls/python.git'",
    "git-upload-pack '--upload-pack=touch /tmp/x' '/scls/python.git'",
    "git-receive-pack --exec=id '/scls/python.git'",
    "git-upload-archive --exec=id '/scls/python.git'",
    "git-upload-pack '-u/scls/python.git'",
    "git-upload-pack '/scls/--help'",
    "git-upload-pack '../..'",
    "git-upload-pack '/scls/../../admin-token'",
    "git-upload-pack '~root/python.git'",
    "git-upload-pack '/scls/python.git\nid'",
    "git-upload-pack '/scls/python.git'; id",
    "git-upload-pack '/scls/python.git' | id",
    'git-upload-pack $(id)',
    'git-upload-pack `id`',
    "git -c protocol.ext.allow=always upload-pack '/scls/python.git'",
    'git-shell -c id',
    'sh -c id',
    'id',
    'node -e 1',
    'scp -t /tmp',
    'rsync --server --sender . /etc/passwd',
    '/usr/lib/openssh/sftp-server',
    'cvs server',
    'svnserve -t',
  ])('is refused: %j', async (command) => {
    const { code, stdout, stderr } = await ssh([command]);
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/can not be run here|no options|no repository|not valid/);
    expect(`${stdout}${stderr}`).not.toMatch(/uid=|usage:|root:/);
    expect(`${stdout}${stderr}`).not.toContain(scenario.server.data);
  });
});

describe('environment injection over SSH', () => {
  it('reaches no git, whatever sshd lets in', async () => {
    const trace = scenario.path('trace');
    const hostile = {
      GIT_DIR: '/tmp/other.git',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: '/nowhere',
      GIT_CONFIG_PARAMETERS: "'core.hooksPath=/nowhere'",
      GIT_TRACE: trace,
      GIT_TRACE2: trace,
      GIT_EXEC_PATH: '/nowhere',
      GIT_ALTERNATE_OBJECT_DIRECTORIES: '/nowhere',
      GIT_QUARANTINE_PATH: '/nowhere',
      GIT_COMMITTER_EMAIL: 'push-00000000-0000-0000-0000-000000000000',
      LD_PRELOAD: '/nowhere.so',
      PATH: '/nowhere',
      HOME: '/nowhere',
      SSH_CONNECTION: '192.0.2.99 1 192.0.2.98 22',
      SSH_ORIGINAL_COMMAND: 'id',
    };
    const set = Object.entries(hostile).flatMap(([name, value]) => [
      '-o',
      `SetEnv=${name}=${JSON.stringify(value)}`,
    ]);
    const done = await ssh(["git-upload-pack '/scls/python.git'"], set);
    expect(done.stdout).toContain(`refs/heads/${BRANCH}`);
    expect(await stat(trace).catch(() => null)).toBeNull();
  });

  it('does not bring another protocol than git has', async () => {
    for (const value of ['version=3', 'version=2:x=y', '../..', 'version=2\nGIT_DIR=/', '$(id)']) {
      const { stdout } = await ssh(
        ["git-upload-pack '/scls/python.git'"],
        ['-o', `SetEnv=GIT_PROTOCOL="${value}"`],
      );
      // Version 0: the refs come at once.
      expect([value, stdout.includes(`refs/heads/${BRANCH}`)]).toEqual([value, true]);
    }
  });

  it('and the git that runs has the environment of the server alone', async () => {
    const held = spawn('ssh', [
      ...scenario.sshd.options(scenario.key('ann')),
      '-o',
      'SetEnv=LD_BIND_NOW=1 GIT_DIR=/tmp GIT_PROTOCOL=version=1',
      '-p',
      String(scenario.sshd.port),
      `${new URL(scenario.sshd.url).username}@127.0.0.1`,
      "git-upload-pack '/scls/python.git'",
    ]);
    try {
      let environment = '';
      const found = await eventually(async () => {
        for (const pid of descendants(scenario.server.pid)) {
          const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
          if (text.includes('GIT_PROTOCOL=version=1')) environment = text;
        }
        return environment !== '';
      });
      expect(found).toBe(true);
      const names = environment.split('\0').flatMap((one) => one.split('=', 1));
      expect(names.filter((name) => name !== '').toSorted()).toEqual([
        'GIT_CONFIG_GLOBAL',
        'GIT_CONFIG_NOSYSTEM',
        'GIT_PROTOCOL',
        'GIT_TERMINAL_PROMPT',
        'HOME',
        'LC_ALL',
        'PATH',
      ]);
    } finally {
      held.kill();
    }
  });
});

describe('everything of SSH that is not git', () => {
  it.each<readonly [string, readonly string[]]>([
    ['a forwarded port', ['-W', '127.0.0.1:22']],
    ['a tunnel', ['-w', 'any', '-o', 'ExitOnForwardFailure=yes', '-N']],
    ['a port of the server', ['-R', '0:127.0.0.1:22', '-o', 'ExitOnForwardFailure=yes', '-N']],
    [
      'a socket of the server',
      ['-R', '/tmp/distgit-x.sock:127.0.0.1:22', '-o', 'ExitOnForwardFailure=yes', '-N'],
    ],
    ['the sftp subsystem', ['-s', 'sftp']],
  ])('is refused: %s', async (_, options) => {
    const subsystem = options[0] === '-s';
    const done = subsystem ? await ssh(['sftp'], ['-s']) : await ssh([], options);
    expect(done.code).not.toBe(0);
    expect(done.stdout).toBe('');
  });

  it('is refused: sftp and scp, by both of its protocols', async () => {
    const file = scenario.path('file');
    await writeFile(file, 'x');
    const { port, username } = new URL(scenario.sshd.url);
    const options = ['-P', port, ...scenario.sshd.options(scenario.key('ann'))];
    for (const args of [[], ['-O']]) {
      const target = `${username}@127.0.0.1:${file}.copied`;
      expect((await run('scp', [...args, ...options, file, target])).code).not.toBe(0);
      expect(await stat(`${file}.copied`).catch(() => null)).toBeNull();
    }
  });

  it('is refused: a terminal, an agent, X11', async () => {
    const options = ['-tt', '-A', '-X', '-o', 'LogLevel=INFO'];
    const { code, stderr } = await ssh([], options);
    expect(code).toBe(255);
    expect(stderr).toContain('PTY allocation request failed');
  });

  it('is refused: logging in by password, or as another account of the machine', async () => {
    const key = scenario.key('ann');
    const password = ['-o', 'PreferredAuthentications=password,keyboard-interactive'];
    expect((await ssh(['whoami'], password)).code).toBe(255);
    const args = [...scenario.sshd.options(key), '-p', String(scenario.sshd.port)];
    expect((await run('ssh', [...args, 'nobody@127.0.0.1', 'whoami'])).code).toBe(255);
  });

  it('is not let in by files of keys in the account', async () => {
    const config = await readFile(join(scenario.sshd.folder, 'sshd_config'), 'utf8');
    const file = join(scenario.sshd.folder, 'sshd_config');
    const shown = await run('/usr/sbin/sshd', ['-T', '-f', file]);
    expect(config).toContain('AuthorizedKeysFile none');
    expect(shown.stdout).toMatch(/^authorizedkeysfile none$/m);
    for (const line of ['permittty no', 'disableforwarding yes', 'permituserrc no'])
      expect(shown.stdout).toContain(`\n${line}\n`);
  });
});

describe('the shipped configuration', () => {
  it('has a part that a Match block of another sshd takes', async () => {
    const config = await readFile(join(scenario.sshd.folder, 'sshd_config'), 'utf8');
    const [, block = ''] = /^# --- begin of .*\n([^]*)^# --- end$/m.exec(config) ?? [];
    const host = `HostKey ${join(scenario.sshd.folder, 'host')}\n`;
    const file = scenario.path('match');
    await writeFile(file, `${host}Match User nobody\n${block}`);
    const about = ['-C', 'user=nobody,host=x,addr=192.0.2.1'];
    const shown = await run('/usr/sbin/sshd', ['-T', ...about, '-f', file]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    for (const word of ['authorizedkeyscommand', 'authorizedprincipalscommand'])
      expect(shown.stdout).toMatch(new RegExp(`^${word} /usr/bin/env /`, 'm'));
  });
});

describe('the hooks', () => {
  it('are not bypassed by push options or configuration over the wire', async () => {
    const copy = scenario.path();
    await scenario.git('ann', '/', 'clone', '--quiet', '--branch', BRANCH, scenario.url(), copy);
    await commitFiles(copy, { 'x.patch': 'x\n' });
    const before = await refsOf();
    const refspec = 'HEAD:refs/heads/not-a-release-branch';
    const ways: readonly (readonly string[])[] = [
      ['push', 'origin', refspec],
      ['push', '--no-verify', 'origin', refspec],
      ['push', '-o', 'no-verify', 'origin', refspec],
      ['push', '--receive-pack=git -c core.hooksPath=/x receive-pack', 'origin', refspec],
      ['push', '--receive-pack=git receive-pack --no-hooks', 'origin', refspec],
      ['push', '--receive-pack=GIT_DIR=/x git-receive-pack', 'origin', refspec],
      ['-c', 'receive.denyDeletes=false', 'push', 'origin', ':refs/heads/scl-python33-el6'],
    ];
    for (const args of ways)
      expect([args, (await scenario.tryGit('ann', copy, ...args)).code]).not.toEqual([args, 0]);
    expect(await refsOf()).toBe(before);
  });

  it('do not mind what a pushed repository calls its configuration or alternates', async () => {
    const copy = scenario.path();
    await scenario.git('ann', '/', 'clone', '--quiet', '--branch', BRANCH, scenario.url(), copy);
    await commitFiles(copy, { config: '[core]\n\thooksPath = /x\n', alternates: '/etc\n' });
    const { code, stderr } = await scenario.tryGit('ann', copy, 'push', 'origin', BRANCH);
    expect(code).toBe(1);
    expect(stderr).toContain('(spec-file)');
    const inside = await readdir(
      join(scenario.server.data, 'repositories/python.git/objects/info'),
    );
    expect(inside).not.toContain('alternates');
  });
});

describe('the socket', () => {
  const path = (): string => join(scenario.server.data, 'ssh/socket');

  it('is for the account of the service alone', async () => {
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect((await stat(join(path(), '..'))).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['nothing', ''],
    ['no line', 'x'.repeat(100)],
    ['an endless line', 'x'.repeat(200_000)],
    ['no JSON', '{\n'],
    ['another question', '{"ask":"admin"}\n'],
    ['null', 'null\n'],
    ['a session of nobody', '{"ask":"session","command":null,"protocol":null,"address":""}\n'],
    [
      'a session of two',
      '{"ask":"session","command":null,"protocol":null,"address":"","key":"a","certificate":"b"}\n',
    ],
    [
      'a protocol that is none',
      '{"ask":"session","command":null,"protocol":"version=2\\nX=1","address":"","key":"a"}\n',
    ],
    ['a command that is no text', '{"ask":"session","command":{},"protocol":null,"key":"a"}\n'],
  ])('closes without an answer on %s', async (_, text) => {
    const socket = createConnection(path());
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      answer += piece;
    });
    // What was not read is lost, and the client told so.
    socket.on('error', () => {});
    socket.end(text);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).toBe('');
  });

  it.each([
    ['{"ask":"key","type":"ssh-ed25519","key":"AAAA"}\n', '{"admit":null}\n'],
    ['{"ask":"certificate","certificate":"AAAA"}\n', '{"admit":null}\n'],
    ['{"ask":"certificate","certificate":"*"}\n', '{"admit":null}\n'],
  ])('lets nobody in for %j', async (question, expected) => {
    const socket = createConnection(path());
    socket.write(question);
    let answer = '';
    for await (const piece of socket.setEncoding('utf8')) answer += piece;
    expect(answer).toBe(expected);
  });
});

describe('afterwards', () => {
  it('nothing runs, nothing is left, and the server has nothing to complain of', async () => {
    const clean = async (): Promise<boolean> =>
      (await leftovers(scenario.server.data)).length === 0 &&
      descendants(scenario.server.pid).length === 0;
    expect(await eventually(clean)).toBe(true);
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
