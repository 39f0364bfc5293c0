import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from './process.ts';
import type { TestServer } from './test-server.ts';

/** A SIG with its people and one component, as most tests need it. */
export interface Sclo {
  /** May push to and upload for every component of the SIG. */
  readonly committer: string;
  /** A chair who is not approved for commits. */
  readonly chair: string;
  /** Logged in, and nothing else. */
  readonly stranger: string;
}

/**
 * SIG `sclo` with chair `carol`, approved committer `ann` and outsider `sam`; collections
 * `python33` and `rh-python34`, each for EL 6 and 7; component `python` in both.
 * @returns their tokens
 */
export async function foundSclo(server: TestServer): Promise<Sclo> {
  await server.must('createSig', { name: 'sclo' });
  const token = async (user: string): Promise<string> => {
    await server.must('createUser', { name: user });
    return (await server.must('createToken', { user })).token;
  };
  const [committer, chair, stranger] = [
    await token('ann'),
    await token('carol'),
    await token('sam'),
  ];
  await server.must('setMember', { sig: 'sclo', user: 'carol', role: 'chair' });
  await server.must('approveUser', { sig: 'sclo', user: 'ann' }, chair);
  const releases = [{ release: '6' }, { release: '7' }];
  for (const name of ['python33', 'rh-python34'])
    await server.must('createCollection', { name, sig: 'sclo', releases }, chair);
  await server.must(
    'createComponent',
    { name: 'python', collections: ['python33', 'rh-python34'] },
    chair,
  );
  return { committer, chair, stranger };
}

/** A minimal spec that every check accepts. */
export function specOf(component: string): string {
  return `%{?scl:%scl_package ${component}}\nName: %{?scl_prefix}${component}\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n%description\nd\n`;
}

/** A clone on `branch` with a valid spec, committed but not pushed. */
export async function workingCopy(
  server: TestServer,
  folder: string,
  token: string,
  options: { component?: string; branch?: string } = {},
): Promise<string> {
  const { component = 'python', branch = 'scl-python33-el7' } = options;
  await git('/', 'clone', '--quiet', '--branch', branch, server.gitUrl(component, token), folder);
  await writeFile(join(folder, `${component}.spec`), specOf(component));
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'Add the spec');
  return folder;
}

export function sha512(content: Buffer | string): string {
  return createHash('sha512').update(content).digest('hex');
}

/** Our own client's upload; returns the status. */
export async function put(
  server: TestServer,
  token: string | null,
  component: string,
  file: string,
  content: Buffer | string,
  hash = sha512(content),
): Promise<number> {
  const url = `${server.url}/lookaside/${component}/${encodeURIComponent(file)}/sha512/${hash}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    body: content as string,
  });
  await response.arrayBuffer();
  return response.status;
}
