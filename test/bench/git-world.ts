import { appendFile, cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { git, run, tryGit } from '../support/process.ts';
import { foundSclo, put, sha512, specOf } from '../support/sclo.ts';
import type { TestServer } from '../support/test-server.ts';
import type { Apache } from './apache.ts';
import { basicAuth } from './basic-auth.ts';

export const COMPONENT = 'python';
const COLLECTIONS = [
  'python33',
  'rh-python34',
  'rh-python35',
  'rh-python36',
  'python37',
  'python38',
  'python39',
  'python310',
];
/** One per client that pushes at the same time. */
export const BRANCHES = COLLECTIONS.flatMap((name) => [`scl-${name}-el6`, `scl-${name}-el7`]);
const COMMITS = 200;
const SPEC = `${COMPONENT}.spec`;

/** One server as git sees it. */
export interface Side {
  readonly name: 'ours' | 'peer';
  /** For pushes: with the token in it, where there is one. */
  readonly url: string;
  readonly bareUrl: string;
  /** What logs in; null: nobody asks. */
  readonly authorization: string | null;
}

export interface GitWorld {
  readonly sides: { readonly ours: Side; readonly peer: Side };
  /** For clones and the like. */
  readonly folder: string;
  /** One working copy per branch, with both servers as remotes. */
  readonly workingCopies: readonly string[];
}

/**
 * The same component on both servers: 16 branches, a spec, patches, 200 commits; pushed to ours
 * with all checks, and copied to Apache's folder as it arrived.
 */
export async function buildGitWorld(
  server: TestServer,
  apache: Apache,
  folder: string,
): Promise<GitWorld> {
  const { committer } = await foundSclo(server);
  const releases = [{ release: '6' }, { release: '7' }];
  const added = COLLECTIONS.slice(2);
  for (const name of added) await server.must('createCollection', { name, sig: 'sclo', releases });
  await server.must('addToCollections', { component: COMPONENT, collections: added });
  const ours: Side = {
    name: 'ours',
    url: server.gitUrl(COMPONENT, committer),
    bareUrl: server.gitUrl(COMPONENT),
    authorization: basicAuth(committer),
  };

  const seed = join(folder, 'seed');
  await git('/', 'clone', '--quiet', ours.url, seed);
  const archive = 'the sources of python';
  await put(server, committer, COMPONENT, 'Python-3.3.2.tar.xz', archive);
  await importHistory(seed, `SHA512 (Python-3.3.2.tar.xz) = ${sha512(archive)}\n`);
  await git(seed, 'push', '--quiet', 'origin', ...BRANCHES.map((name) => `HEAD:${name}`));

  const repository = `${COMPONENT}.git`;
  await mkdir(apache.repositories, { recursive: true });
  await cp(join(server.data, 'repositories', repository), join(apache.repositories, repository), {
    recursive: true,
  });
  await apache.start();
  const url = apache.gitUrl(COMPONENT);
  const peer: Side = { name: 'peer', url, bareUrl: url, authorization: null };

  const workingCopies = BRANCHES.map((branch) => join(folder, 'work', branch));
  for (const copy of workingCopies) {
    await git('/', 'clone', '--quiet', '--branch', basename(copy), url, copy);
    for (const side of [ours, peer]) await git(copy, 'remote', 'add', side.name, side.url);
  }
  return { sides: { ours, peer }, folder, workingCopies };
}

/** One more commit, as a packager makes it: a changelog entry in the spec. */
export async function commitChange(copy: string): Promise<void> {
  await appendFile(join(copy, SPEC), changelogEntry(Date.now()));
  const done = await tryGit(copy, ['commit', '--quiet', '--all', '--message', 'Rebuild']);
  if (done.code !== 0) throw new Error(done.stderr);
}

/**
 * Runs a git that reads. It logs in with every request: by itself git sends what the URL holds only
 * where a server asks for it, and ours asks no reader.
 */
export function readGit(side: Side, cwd: string, ...args: string[]): Promise<string> {
  const { authorization } = side;
  const login =
    authorization === null ? [] : ['-c', `http.extraHeader=Authorization: ${authorization}`];
  return git(cwd, ...login, ...args);
}

const changelogEntry = (release: number): string =>
  `* Thu Jan 01 2015 Ann Packager <ann@example.org> - 3.3.2-${release}\n- rebuild number ${release}\n`;

async function importHistory(copy: string, sources: string): Promise<void> {
  const branch = (await git(copy, 'symbolic-ref', 'HEAD')).trim();
  const file = (name: string, content: string): string =>
    `M 100644 inline ${name}\n${data(content)}`;
  let changelog = '%changelog\n';
  const commits = Array.from({ length: COMMITS }, (_, index) => {
    changelog += changelogEntry(index);
    const files = [
      file(SPEC, `${specOf(COMPONENT)}${filler(120, 'configure and build step')}${changelog}`),
      file('sources', sources),
      ...(index % 10 === 0
        ? [file(`python-${index % 50}.patch`, filler(80, `change of commit ${index} to line`))]
        : []),
    ];
    const parent = index === 0 ? `from ${branch}^0\n` : '';
    return `commit ${branch}\ncommitter Ann <ann@example.org> ${1420000000 + index} +0000\n${data(`Release ${index}`)}${parent}${files.join('')}\n`;
  });
  const { code, stderr } = await run('git', ['-C', copy, 'fast-import', '--quiet'], {
    input: commits.join(''),
  });
  if (code !== 0) throw new Error(stderr);
  await git(copy, 'reset', '--quiet', '--hard');
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

const filler = (lines: number, text: string): string =>
  Array.from(
    { length: lines },
    (_, index) => `# ${text} ${index} ${sha512(`${text}${index}`)}\n`,
  ).join('');
