import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshGateBundle } from '../support/bundle.ts';
import { type Finished, run } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  temporary = await temporaryFolder();
});
afterAll(() => temporary[Symbol.asyncDispose]());

const gate = async (...args: string[]): Promise<Finished> =>
  run(process.execPath, [await sshGateBundle(), ...args]);

/** What the program makes of a server that says just this to whoever asks. */
async function gateAgainst(answer: string, path: string, ...args: string[]): Promise<Finished> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    const [task = '', ...rest] = args;
    return await gate(task, path, ...rest);
  } finally {
    server.close();
  }
}

describe('the program that sshd runs', () => {
  it('prints one line for a key that may log in: restricted, and for itself alone', async () => {
    const path = join(temporary.path, 'socket');
    const done = await gateAgainst('{"admit":"SHA256:x"}\n', path, 'keys', 'ssh-rsa', 'AAAA');
    expect(done).toEqual({
      code: 0,
      stderr: '',
      stdout: `restrict,command="${process.execPath} ${await sshGateBundle()} session ${path} key SHA256:x" ssh-rsa AAAA\n`,
    });
  });

  it.each([
    ['a refusal', '{"admit":null}\n', 0],
    ['nothing', '', 0],
    ['no JSON', 'yes\n', 1],
    ['a fingerprint that a shell would read', '{"admit":"x; id"}\n', 1],
    ['a fingerprint with a quote', '{"admit":"x\\" ssh-rsa"}\n', 1],
  ])('prints nothing where the server says %s', async (_, answer, code) => {
    const path = join(temporary.path, 'socket');
    const done = await gateAgainst(answer, path, 'keys', 'ssh-rsa', 'AAAA');
    expect(done).toMatchObject({ code, stdout: '' });
  });

  it('prints nothing for paths that a shell would take apart', async () => {
    const folder = join(temporary.path, 'with blank');
    await mkdir(folder);
    const path = join(folder, 'socket');
    const done = await gateAgainst('{"admit":"SHA256:x"}\n', path, 'keys', 'ssh-rsa', 'AAAA');
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toContain('must be free of blanks');
  });

  it('prints nothing without a server, and says how it is used otherwise', async () => {
    const done = await gate('keys', join(temporary.path, 'nowhere'), 'ssh-rsa', 'AAAA');
    expect(done).toMatchObject({ code: 1, stdout: '' });
    for (const args of [[], ['keys'], ['session', 'x', 'root', 'y'], ['shell', 'x', 'y', 'z']])
      expect(await gate(...args)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'This program is for sshd; see deploy/sshd_config.\n',
      });
  });
});

describe('the server', () => {
  it('has no socket unless the settings name an address for SSH', async () => {
    await using server = new TestServer(join(temporary.path, 'off'));
    await server.start();
    expect(await stat(join(server.data, 'ssh')).catch(() => null)).toBeNull();
    expect((await server.must('showServer', {})).sshUrl).toBeNull();
  });

  it('says so where the path of its socket would be too long', async () => {
    const settings = { DISTGIT_SSH_URL: 'ssh://git@git.example.org' };
    const server = new TestServer(join(temporary.path, 'long'.repeat(30)), settings);
    await expect(server.start()).rejects.toThrow(/path of more than 103 bytes[^]*shorter path/);
  });

  it.each([
    'http://x',
    'ssh://',
    'ssh://x/y',
    'ssh://x?y',
    'ssh://a b',
    'ssh://-x y',
    'git@x:scls',
  ])('takes no %s for an address of SSH', async (url) => {
    const server = new TestServer(join(temporary.path, 'bad'), { DISTGIT_SSH_URL: url });
    await expect(server.start()).rejects.toThrow(/ssh\.url: is ssh:/);
  });
});
