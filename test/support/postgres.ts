import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { installLibraries } from './debian.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './temporary-folder.ts';

const execFileAsync = promisify(execFile);
const INSTALLED = '/usr/lib/postgresql';
const PROGRAMS = ['initdb', 'postgres'] as const;
const ADMIN = 'distgit';
const START_MS = 60_000;

export interface Postgres {
  /** A superuser's URL of the database `postgres`. */
  readonly url: string;
  /** The URL of a new, empty database. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL on a free port of 127.0.0.1, with its files in a temporary folder. It is
 * installed from the distribution where it is missing; not getting it is a failure. It dies with
 * the process that started it, whatever ends that.
 */
export async function startPostgres(): Promise<Postgres> {
  const programs = (await findPrograms()) ?? (await install());
  const temporary = await temporaryFolder();
  try {
    // PostgreSQL refuses to run as root.
    const user = process.getuid?.() === 0 ? await postgresUser() : null;
    if (user !== null) await chown(temporary.path, user.uid, user.gid);
    const data = join(temporary.path, 'data');
    const as =
      user === null ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
    const options = ['--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C'];
    await execFileAsync('setpriv', [...as, programs.initdb, '-D', data, '-U', ADMIN, ...options]);
    const { server, port } = await start([...as, '--pdeathsig=INT', programs.postgres], data);
    const urlOf = (database: string): string => `postgres://${ADMIN}@127.0.0.1:${port}/${database}`;
    return {
      url: urlOf('postgres'),
      newDatabase: async () => {
        const name = `test_${randomBytes(6).toString('hex')}`;
        await execute(urlOf('postgres'), `create database ${name}`);
        return urlOf(name);
      },
      stop: async () => {
        await end(server);
        await temporary[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await temporary[Symbol.asyncDispose]();
    throw error;
  }
}

/** One statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

type Programs = Readonly<Record<(typeof PROGRAMS)[number], string>>;

/** The newest version that is whole; null: there is none. */
async function findPrograms(): Promise<Programs | null> {
  const versions = await readdir(INSTALLED).catch(() => []);
  for (const version of versions.toSorted((a, b) => Number(b) - Number(a))) {
    const [initdb, postgres] = PROGRAMS.map((name) => join(INSTALLED, version, 'bin', name));
    if (initdb === undefined || postgres === undefined) continue;
    const whole = await Promise.all([access(initdb), access(postgres)]).then(
      () => true,
      () => false,
    );
    if (whole) return { initdb, postgres };
  }
  return null;
}

async function install(): Promise<Programs> {
  await installLibraries(['postgresql']);
  const programs = await findPrograms();
  if (programs === null) throw new Error('PostgreSQL was installed, but is not where it should be');
  return programs;
}

/** The user that the package makes. */
async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const { stdout } = await execFileAsync('getent', ['passwd', 'postgres']);
  const [, , uid, gid] = stdout.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** Somebody else may take the port in between: then another is tried. */
async function start(command: readonly string[], data: string) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = ['full_page_writes=off', 'synchronous_commit=off', 'unix_socket_directories='];
    const args = [...command, '-D', data, '-F', '-h', '127.0.0.1', '-p', String(port)];
    const server = spawn('setpriv', [...args, ...settings.flatMap((one) => ['-c', one])], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
    });
    try {
      await ready(server);
      return { server, port };
    } catch (error) {
      await end(server);
      if (attempt === 5) throw error;
    }
  }
}

async function ready(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`PostgreSQL ${why}: ${said}`));
    const timer = setTimeout(() => fail('did not start in time'), START_MS);
    server.on('error', reject);
    server.once('exit', () => fail('ended'));
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
      if (!said.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** SIGINT: what is open is rolled back, and the server ends. */
async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  await exit;
}
