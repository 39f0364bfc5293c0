import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Finished, tryGit } from '../support/process.ts';
import { faultsIn } from '../support/scenario.ts';
import { sshScenario } from '../support/ssh-scenario.ts';
import { makeKey } from '../support/sshd.ts';

const scenario = sshScenario();

/** `ssh HOST whoami` with a new key that nobody added, and a certificate for it. */
async function whoami(options: readonly string[], authority?: string): Promise<Finished> {
  const key = scenario.path('key');
  await makeKey(key);
  await scenario.sshd.certify(key, options, authority);
  return scenario.sshd.ssh(key, ['whoami']);
}

describe('a certificate that the SSH authority signed', () => {
  it('logs its principal in, until it ends', async () => {
    const { code, stdout } = await whoami(['-n', 'ann', '-z', '42', '-V', '-1m:+1h']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^user +ann\ncredential +ssh-cert:42:a\?certificate\n/);
    const until = Date.parse(/valid until +(\S+)/.exec(stdout)?.[1] ?? '');
    expect(until - Date.now()).toBeGreaterThan(0);
    expect(until - Date.now()).toBeLessThanOrEqual(3600_000);
  });

  it('for principals of other services too logs in the one that is an account', async () => {
    const { stdout } = await whoami(['-n', 'host:web,ann,Root', '-V', 'always:forever']);
    expect(stdout).toMatch(/^user +ann\n[^]*valid until +-\n/);
  });

  it('clones, pushes, and is named in the audit log', async () => {
    const { server, sshd } = scenario;
    const key = scenario.path('key');
    await makeKey(key);
    await sshd.certify(key, ['-n', 'ann', '-z', '7', '-V', '+1h']);
    const env = sshd.gitEnv(key);
    const copy = scenario.path();
    const clone = ['clone', '--quiet', '--branch', 'scl-python33-el7', scenario.url(), copy];
    expect(await tryGit('/', clone, env)).toMatchObject({ code: 0 });
    const tag = ['push', '--quiet', 'origin', 'HEAD:refs/tags/by-certificate'];
    expect(await tryGit(copy, tag, env)).toMatchObject({ code: 0 });
    const [row] = (await server.must('listAudit', { limit: 1 })).items;
    expect(row).toMatchObject({
      actor: 'ann',
      action: 'push',
      allowed: true,
      credential: 'ssh-cert:7:a?certificate',
    });
  });

  it.each<readonly [string, readonly string[]]>([
    ['has expired', ['-n', 'ann', '-V', '-2h:-1h']],
    ['is not valid yet', ['-n', 'ann', '-V', '+1h:+2h']],
    ['is for another principal', ['-n', 'nobody-here', '-V', '+1h']],
    ['is for a name that no account can have', ['-n', '../ann', '-V', '+1h']],
    ['is for the account of the service', ['-n', userInfo().username, '-V', '+1h']],
    ['is for nobody, which would be anybody', ['-V', '+1h']],
    ['is for two accounts', ['-n', 'ann,sam', '-V', '+1h']],
    ['is for another address', ['-n', 'ann', '-V', '+1h', '-O', 'source-address=192.0.2.1']],
    ['brings a command of its own', ['-n', 'ann', '-V', '+1h', '-O', 'force-command=id']],
    ['has an option that nobody knows', ['-n', 'ann', '-V', '+1h', '-O', 'critical:x@y=z']],
    ['is for a host', ['-n', 'ann', '-V', '+1h', '-h']],
  ])('is refused where it %s', async (_, options) => {
    const { code, stdout, stderr } = await whoami(options);
    expect({ code, stdout }).toEqual({ code: 255, stdout: '' });
    expect(stderr).toContain('Permission denied (publickey)');
  });

  it('is refused from another authority', async () => {
    const other = scenario.path('authority');
    await makeKey(other);
    expect((await whoami(['-n', 'ann', '-V', '+1h'], other)).code).toBe(255);
  });

  it('is refused where its account is disabled, and from the next login on', async () => {
    const { server } = scenario;
    await server.must('createUser', { name: 'erin' });
    const certificate = ['-n', 'erin', '-V', '+1h'];
    expect((await whoami(certificate)).stdout).toMatch(/^user +erin\n/);
    await server.must('updateUser', { user: 'erin', disabled: true });
    expect((await whoami(certificate)).code).toBe(255);
  });

  it('opens no port and no terminal, whatever it permits', async () => {
    const key = scenario.path('key');
    await makeKey(key);
    const all = ['permit-port-forwarding', 'permit-pty', 'permit-agent-forwarding'];
    const permits = all.flatMap((one) => ['-O', one]);
    await scenario.sshd.certify(key, ['-n', 'ann', '-V', '+1h', ...permits]);
    const forward = ['-W', `127.0.0.1:${new URL(scenario.server.url).port}`];
    expect((await scenario.sshd.ssh(key, [], forward)).code).not.toBe(0);
    const terminal = await scenario.sshd.ssh(key, ['whoami'], ['-tt', '-o', 'LogLevel=INFO']);
    expect(terminal.stderr).toContain('PTY allocation request failed');
  });
});

describe('a key that was added', () => {
  it('is no certificate: the certificate alone can not be added', async () => {
    const key = scenario.path('key');
    await makeKey(key);
    await scenario.sshd.certify(key, ['-n', 'ann']);
    const text = await readFile(`${key}-cert.pub`, 'utf8');
    const { status, body } = await scenario.server.call('addKey', { key: text });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('That is a certificate');
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
