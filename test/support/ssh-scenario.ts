import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Finished } from './process.ts';
import { tryGit } from './process.ts';
import { foundSclo, type Sclo } from './sclo.ts';
import { makeKey, Sshd } from './sshd.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TestServer } from './test-server.ts';

type Person = 'ann' | 'carol' | 'sam';

export interface SshScenario {
  readonly server: TestServer;
  readonly sshd: Sshd;
  readonly people: Sclo;
  /** The private key's file of a person of SIG `sclo`. */
  key(person: Person): string;
  /** A path that nothing is at yet. */
  path(name?: string): string;
  /** The URL of a component over SSH. */
  url(component?: string): string;
  /** git over SSH as this person, whatever comes of it. */
  tryGit(person: Person, cwd: string, ...args: string[]): Promise<Finished>;
  /** The same; throws where git fails. @returns standard output */
  git(person: Person, cwd: string, ...args: string[]): Promise<string>;
}

/** A server with SIG `sclo`, behind a real sshd, its people with a key each. */
export function sshScenario(
  settings: Readonly<Record<string, string>> = {},
  moreForSshd = '',
): SshScenario {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: TestServer;
  let sshd: Sshd;
  let people: Sclo;
  let paths = 0;
  const key = (person: Person): string => join(temporary.path, person);
  beforeAll(async () => {
    temporary = await temporaryFolder();
    const data = join(temporary.path, 'data');
    sshd = await Sshd.at(join(temporary.path, 'sshd'), join(data, 'ssh/socket'), moreForSshd);
    server = new TestServer(data, { DISTGIT_SSH_URL: sshd.url, ...settings });
    await server.start();
    people = await foundSclo(server);
    const tokens = { ann: people.committer, carol: people.chair, sam: people.stranger };
    for (const person of ['ann', 'carol', 'sam'] as const)
      await server.must('addKey', { key: await makeKey(key(person)) }, tokens[person]);
    await sshd.start();
  });
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]();
    await server.stop();
    await temporary[Symbol.asyncDispose]();
  });
  const attempt = async (person: Person, cwd: string, ...args: string[]): Promise<Finished> => {
    await mkdir(cwd, { recursive: true });
    return tryGit(cwd, args, sshd.gitEnv(key(person)));
  };
  return {
    get server() {
      return server;
    },
    get sshd() {
      return sshd;
    },
    get people() {
      return people;
    },
    key,
    path: (name = 'copy') => join(temporary.path, `${name}-${++paths}`),
    url: (component = 'python') => `${sshd.url}/scls/${component}.git`,
    tryGit: attempt,
    async git(person, cwd, ...args) {
      const { code, stdout, stderr } = await attempt(person, cwd, ...args);
      if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
  };
}
