import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { sshGateBundle } from './bundle.ts';
import { Daemon } from './daemon.ts';
import { installPackages } from './debian.ts';
import { freePort } from './free-port.ts';
import { type Finished, run } from './process.ts';

const SHIPPED = resolve(import.meta.dirname, '../../deploy/sshd_config');
/** sshd wants to be started by its whole path. */
const PROGRAM = '/usr/sbin/sshd';
const PATH = `${process.env.PATH}:/usr/sbin`;

/** The real sshd with the configuration that is shipped, only its marked lines changed. */
export class Sshd {
  readonly folder: string;
  readonly port: number;
  readonly #config: string;
  #daemon: Daemon | undefined;

  private constructor(folder: string, port: number, config: string) {
    this.folder = folder;
    this.port = port;
    this.#config = config;
  }

  /**
   * @param folder for its own files; made. A short path, that of a socket comes from it
   * @param socket of the server that stands behind
   * @param more lines in front of the shipped ones, which win
   */
  static async at(folder: string, socket: string, more = ''): Promise<Sshd> {
    process.env.PATH = PATH;
    await installPackages({ sshd: 'openssh-server', ssh: 'openssh-client' });
    // Debian makes it when the machine boots; here nobody did.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    await mkdir(folder, { recursive: true });
    await makeKey(join(folder, 'host'));
    await makeKey(join(folder, 'authority'));
    const port = await freePort();
    const account = userInfo().username;
    const gate = await sshGateBundle();
    const change = (shipped: string): string =>
      shipped
        .replace('/opt/distgit/node_modules/.bin/node', process.execPath)
        .replace('/opt/distgit/dist/ssh-gate.js', gate)
        .replace('/var/lib/distgit/ssh/socket', socket)
        .replace('/etc/ssh/ssh_host_ed25519_key', join(folder, 'host'))
        .replace('/etc/ssh/distgit_user_ca.pub', join(folder, 'authority.pub'))
        .replace('/run/sshd-distgit.pid', join(folder, 'pid'))
        .replace('0.0.0.0:2222', `127.0.0.1:${port}`)
        .replace(/(User|Users) distgit$/, `$1 ${account}`);
    const lines = (await readFile(SHIPPED, 'utf8')).split('\n').map((line, index, all) => {
      if (all[index - 1]?.startsWith('# CHANGE') !== true) return line;
      const changed = change(line);
      if (changed === line) throw new Error(`${SHIPPED} marks a line that is not known here`);
      return changed;
    });
    const config = join(folder, 'sshd_config');
    await writeFile(config, `${more}\n${lines.join('\n')}`);
    return new Sshd(folder, port, config);
  }

  /** What sshd wrote since its last start. */
  get log(): string {
    return this.#daemon?.said ?? '';
  }

  get url(): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.#daemon = await Daemon.start({
      program: PROGRAM,
      args: ['-D', '-e', '-f', this.#config],
      env: { PATH },
      ready: () => this.#answers(),
    });
    return this;
  }

  /** `ssh <options> <host> <command>` with these keys and nothing of this machine's configuration. */
  ssh(key: string, command: readonly string[], options: readonly string[] = []): Promise<Finished> {
    const { hostname, port, username } = new URL(this.url);
    const host = ['-p', port, `${username}@${hostname}`];
    return run('ssh', [...this.options(key), ...options, ...host, ...command]);
  }

  /** Options of ssh for logging in with one key, or with `<key>-cert.pub` beside it. */
  options(key: string): string[] {
    const settings = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'LogLevel=ERROR',
      'ConnectTimeout=60',
    ];
    return ['-F', 'none', '-i', key, ...settings.flatMap((one) => ['-o', one])];
  }

  /** What git has to be told to use `key`. @param options more for ssh */
  gitEnv(key: string, options: readonly string[] = []): Record<string, string> {
    return {
      GIT_SSH_COMMAND: ['ssh', ...this.options(key), ...options].join(' '),
      GIT_SSH_VARIANT: 'ssh',
    };
  }

  /** Signs `<key>.pub` as the authority that sshd trusts, or another. */
  async certify(
    key: string,
    options: readonly string[],
    authority = join(this.folder, 'authority'),
  ): Promise<void> {
    const signing = ['-q', '-s', authority, '-I', 'a certificate', ...options];
    const { code, stderr } = await run('ssh-keygen', [...signing, `${key}.pub`]);
    if (code !== 0) throw new Error(`ssh-keygen: ${stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.end();
  }

  #answers(): Promise<boolean> {
    return new Promise((answered) => {
      const socket = createConnection(this.port, '127.0.0.1');
      // Whoever was faster at this port may say nothing.
      socket.setTimeout(5000, () => socket.destroy());
      socket.once('data', () => answered(true)).once('error', () => answered(false));
      socket.once('close', () => answered(false));
    }).then((yes) => yes === true);
  }
}

/** Makes the key pair `path` and `path.pub`. @returns the public line */
export async function makeKey(path: string, options: readonly string[] = []): Promise<string> {
  const type = options.length > 0 ? options : ['-t', 'ed25519'];
  const made = await run('ssh-keygen', ['-q', ...type, '-N', '', '-C', 'test', '-f', path]);
  if (made.code !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  return readFile(`${path}.pub`, 'utf8');
}
