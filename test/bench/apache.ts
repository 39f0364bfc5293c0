import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { answers } from '../support/answers.ts';
import { Daemon } from '../support/daemon.ts';
import { freePort } from '../support/free-port.ts';
import { run } from '../support/process.ts';

const PROGRAM = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const BACKEND = '/usr/lib/git-core/git-http-backend';
/** Apache gives up root for this user; who is not root runs it as oneself. */
const ACCOUNT = 'www-data';
const isRoot = process.getuid?.() === 0;

/** As a word for the report. */
export async function apacheVersion(): Promise<string> {
  if (!existsSync(PROGRAM)) return 'no Apache yet';
  const { stdout } = await run(PROGRAM, ['-v']);
  return /Apache\/\S+/.exec(stdout)?.[0] ?? 'Apache';
}

/**
 * Debian's Apache with git-http-backend over the bare repositories in `<folder>/repositories`, as
 * git's manual sets it up: anybody may read and push. Runs in the foreground, on a free port.
 */
export class Apache {
  readonly repositories: string;
  readonly #folder: string;
  #daemon: Daemon | undefined;
  #url = '';

  constructor(folder: string) {
    this.#folder = folder;
    this.repositories = join(folder, 'repositories');
  }

  gitUrl(repository: string): string {
    return `${this.#url}/git/${repository}.git`;
  }

  /** Serves what is in `repositories` by then. @throws Error where Apache can not be had */
  async start(): Promise<this> {
    await install();
    const port = await freePort();
    const config = join(this.#folder, 'apache.conf');
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, 'gitconfig'), '[http]\n\treceivepack = true\n');
    await writeFile(config, configuration(this.#folder, this.repositories, port));
    if (isRoot) {
      await mustRun('chown', ['-R', `${ACCOUNT}:`, this.#folder]);
      // Temporary folders are closed to others; Apache's account has to pass through.
      await chmod(dirname(this.#folder), 0o711);
    }
    this.#daemon = await Daemon.start({
      program: PROGRAM,
      args: ['-f', config, '-DFOREGROUND'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      ready: () => answers(port),
    });
    this.#url = `http://127.0.0.1:${port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.end();
  }
}

/** The modules and limits that Debian enables for mpm_event; nothing of the machine's own sites. */
function configuration(folder: string, repositories: string, port: number): string {
  const modules = ['mpm_event', 'authz_core', 'env', 'setenvif', 'alias', 'cgid'];
  return `ServerRoot ${folder}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel warn
CustomLog ${folder}/access.log "%h %l %u %t \\"%r\\" %>s %O"
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${isRoot ? `User ${ACCOUNT}\nGroup ${ACCOUNT}` : ''}
ScriptSock ${folder}/cgisock
KeepAlive On
MaxKeepAliveRequests 0
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadsPerChild 25
MaxRequestWorkers 150
SetEnv GIT_PROJECT_ROOT ${repositories}
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnv GIT_CONFIG_NOSYSTEM 1
SetEnv GIT_CONFIG_GLOBAL ${folder}/gitconfig
SetEnvIf Git-Protocol ".*" GIT_PROTOCOL=$0
ScriptAlias /git/ ${BACKEND}/
<Location />
  Require all granted
</Location>
`;
}

async function install(): Promise<void> {
  if (existsSync(PROGRAM) && existsSync(BACKEND)) return;
  if (!isRoot)
    throw new Error('Apache is not installed. Install it: apt-get install apache2 apache2-bin');
  await mustRun('apt-get', ['install', '-y', '--no-install-recommends', 'apache2', 'apache2-bin']);
}

async function mustRun(program: string, args: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const { code, stderr } = await run(program, args, { env });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
