import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './debian.ts';
import { run } from './process.ts';

/** Somebody with a key of its own, made by the real gpg. */
export class GpgUser {
  readonly #home: string;
  /** Lower-case hex. */
  fingerprint = '';
  /** Armored. */
  publicKey = '';

  private constructor(home: string) {
    this.#home = home;
  }

  /** @param home a folder that is made; its path must be short, for gpg's sockets */
  static async at(home: string, name: string): Promise<GpgUser> {
    await installPackages({ gpg: 'gnupg' });
    await mkdir(home, { mode: 0o700 });
    const user = new GpgUser(home);
    const address = `${name}@example.org`;
    await user.#gpg('--passphrase', '', '--quick-gen-key', address, 'ed25519', 'sign', 'never');
    const list = await user.#gpg('--with-colons', '--list-keys');
    user.fingerprint = /^fpr:+([0-9A-F]+):/m.exec(list)?.[1]?.toLowerCase() ?? '';
    user.publicKey = await user.#gpg('--armor', '--export');
    return user;
  }

  /** @returns a detached signature, armored */
  async sign(content: string): Promise<string> {
    await writeFile(join(this.#home, 'content'), content);
    return this.#gpg('--armor', '--output', '-', '--detach-sign', join(this.#home, 'content'));
  }

  /** @returns the path of a detached signature in binary form */
  async signBinary(content: string): Promise<string> {
    const path = join(this.#home, 'content');
    await writeFile(path, content);
    await this.#gpg('--output', `${path}.sig`, '--detach-sign', path);
    return `${path}.sig`;
  }

  /** Ends gpg's agent, which outlives gpg. */
  async stop(): Promise<void> {
    await run('gpgconf', ['--kill', 'all'], { env: this.#environment });
  }

  async #gpg(...args: string[]): Promise<string> {
    const done = await run('gpg', ['--batch', '--no-tty', ...args], { env: this.#environment });
    if (done.code !== 0) throw new Error(done.stderr);
    return done.stdout;
  }

  get #environment() {
    return { PATH: process.env.PATH ?? '', GNUPGHOME: this.#home, LC_ALL: 'C' };
  }
}
