import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cliScenario } from '../support/cli-scenario.ts';
import { faultsIn } from '../support/scenario.ts';
import { put, sha512, specOf } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const temporary = await temporaryFolder();
const config = join(temporary.path, 'config.toml');
await writeFile(
  config,
  '[pushes]\nmax_file_size = "64 KiB"\n[pushes.sigs.lenient]\ntext-files = "warning"\n',
);
const scenario = cliScenario({ DISTGIT_CONFIG: config });
afterAll(() => temporary[Symbol.asyncDispose]());

type Change = (folder: string, component: string) => Promise<unknown>;
const write =
  (name: string, content: string | Buffer): Change =>
  (folder) =>
    writeFile(join(folder, name), content);
const git =
  (...args: string[]): Change =>
  (folder) =>
    scenario.ann.git(folder, ...args);
const commit: Change = async (folder) => {
  await scenario.ann.git(folder, 'add', '--all', '--force');
  await scenario.ann.git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'Change');
};
const directory: Change = async (folder) => {
  await mkdir(join(folder, 'SOURCES'));
  await writeFile(join(folder, 'SOURCES/a.patch'), 'x\n');
};
const link: Change = (folder) => symlink('/etc/passwd', join(folder, 'passwd'));
const binary = write('logo', Buffer.from([1, 0, 2]));
const missing = write('sources', `SHA512 (a b.tar) = ${sha512('nowhere')}\n`);
const submodule: Change = (folder) =>
  scenario.ann.git(folder, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);

/** Ann's clone with a valid spec, committed, and these changes made one after the other. */
async function copyAfter(changes: readonly Change[]): Promise<string> {
  const { folder, component } = await scenario.annCopy();
  await writeFile(join(folder, `${component}.spec`), specOf(component));
  await commit(folder, component);
  for (const change of changes) await change(folder, component);
  return folder;
}

/** What a real push is told behind `remote:`, without the head line. */
async function toldByServer(cwd: string, branch = 'scl-python33-el7') {
  // Without "+" git itself would not even ask the server for some of it.
  const push = ['push', 'origin', `+HEAD:refs/heads/${branch}`];
  const { code, stderr } = await scenario.ann.does('git', push, { cwd });
  const lines = stderr.split('\n').flatMap((line) => /^remote: (.*?) *$/.exec(line)?.[1] ?? []);
  return { refused: code !== 0, lines: lines.slice(1) };
}

/** What `pre-push-check` finds, without its own frame. */
async function toldByCheck(cwd: string) {
  const { code, stdout, stderr } = await scenario.ann.run(['pre-push-check'], { cwd });
  const lines = (code === 0 ? stdout : stderr).trimEnd().split('\n');
  if (code === 0) expect(lines.pop()).toBe('scl-python33-el7: the checks pass.');
  else expect(lines.shift()).toBe('error: The server would refuse this push:');
  expect(code === 0 || code === 6).toBe(true);
  return { refused: code === 6, lines };
}

describe('pre-push-check finds what the server finds:', () => {
  type Case = readonly [what: string, errors: number, changes: readonly Change[]];
  const cases: readonly Case[] = [
    ['nothing', 0, []],
    ['a directory', 1, [directory, commit]],
    ['a binary file', 1, [binary, commit]],
    ['a binary file that a later commit removes', 1, [binary, commit, git('rm', 'logo'), commit]],
    [
      'a binary file below a merge',
      1,
      [
        git('checkout', '-b', 'side', 'HEAD~'),
        binary,
        commit,
        git('checkout', 'scl-python33-el7'),
        git('merge', '-m', 'Merge', 'side'),
      ],
    ],
    ['a file of 64 KiB and one byte', 1, [write('large', 'x'.repeat(65537)), commit]],
    ['a symlink', 1, [link, commit]],
    ['a submodule', 1, [submodule, git('commit', '-m', 'Submodule')]],
    ['no spec', 1, [(folder, name) => rm(join(folder, `${name}.spec`)), commit]],
    [
      'a spec of another name',
      2,
      [(folder, name) => git('mv', `${name}.spec`, 'x.spec')(folder, name), commit],
    ],
    ['no sources', 1, [git('rm', 'sources'), commit]],
    ['bad lines in sources', 2, [write('sources', 'what\n\nSHA512 (../x) = 00\n'), commit]],
    ['sources that are not in the cache', 1, [missing, commit]],
    ['names that a terminal would obey', 1, [write('\u001b[31mé', Buffer.from([0])), commit]],
    [
      'everything at once',
      5,
      [directory, link, binary, missing, write('x.spec', 'Name: x\n'), commit],
    ],
    [
      'a branch that went back',
      1,
      [git('push', 'origin', 'HEAD'), git('commit', '--amend', '-m', 'Other')],
    ],
  ];
  it.each(cases)('%s', async (_what, count, changes) => {
    const cwd = await copyAfter(changes);
    const found = await toldByCheck(cwd);
    expect(found.lines.filter((line) => line.startsWith('error: '))).toHaveLength(count);
    expect(found).toEqual(await toldByServer(cwd));
  });
});

describe('pre-push-check', () => {
  it('passes when the missing source is uploaded; --json tells of the findings', async () => {
    const { folder: cwd, component } = await scenario.annCopy();
    await writeFile(join(cwd, `${component}.spec`), specOf(component));
    await writeFile(join(cwd, 'sources'), `SHA512 (a.tar) = ${sha512('a')}\n`);
    await commit(cwd, component);
    const { code, stderr } = await scenario.ann.run(['pre-push-check', '--json'], { cwd });
    expect({ code, error: JSON.parse(stderr) as unknown }).toMatchObject({
      code: 6,
      error: { error: { code: 'check_failed' } },
    });
    await put(scenario.server, scenario.people.committer, component, 'a.tar', 'a');
    expect(await scenario.ann.json(['pre-push-check'], { cwd })).toEqual({
      branch: 'scl-python33-el7',
      findings: [],
    });
  });

  it('says who may give the permission that is missing', async () => {
    await scenario.sam.must(['clone', 'python']);
    const cwd = join(scenario.sam.home, 'python');
    await writeFile(join(cwd, 'python.spec'), specOf('python'));
    await scenario.sam.git(cwd, 'add', 'python.spec');
    await scenario.sam.git(cwd, 'commit', '--quiet', '--message', 'Add the spec');
    const { code, stderr } = await scenario.sam.run(['pre-push-check'], { cwd });
    expect(code).toBe(6);
    expect(stderr).toContain(
      'SIG sclo has not approved sam for python. [commit-approved] (permission)',
    );
    expect(stderr).toContain(
      'to do: Ask for it: centpkg request access --sig sclo; or ask a chair to run: centpkg sig approve sclo sam',
    );
  });

  it('looks at what is committed, not at the work tree, and changes nothing', async () => {
    const cwd = await copyAfter([binary]);
    const before = await scenario.ann.git(cwd, 'status', '--porcelain');
    expect(await toldByCheck(cwd)).toEqual({ refused: false, lines: [] });
    expect(await scenario.ann.git(cwd, 'status', '--porcelain')).toBe(before);
    const server = await scenario.ann.git(cwd, 'ls-remote', 'origin', 'scl-python33-el7');
    expect(server).not.toContain((await scenario.ann.git(cwd, 'rev-parse', 'HEAD')).trim());
  });
});

it('a warning is told and is no reason to refuse, as the server does', async () => {
  const { server, ann } = scenario;
  const component = await scenario.component();
  await server.must('createSig', { name: 'lenient' });
  const releases = [{ release: '7' }];
  await server.must('createCollection', { name: 'easy1', sig: 'lenient', releases });
  await server.must('addToCollections', { component, collections: ['easy1'] });
  await server.must('approveUser', { sig: 'lenient', user: 'ann' });
  await ann.must(['clone', '-b', 'scl-easy1-el7', component]);
  const cwd = join(ann.home, component);
  await writeFile(join(cwd, `${component}.spec`), specOf(component));
  await writeFile(join(cwd, 'logo'), Buffer.from([0]));
  await commit(cwd, component);
  const { code, stdout } = await ann.run(['pre-push-check'], { cwd });
  const { refused, lines } = await toldByServer(cwd, 'scl-easy1-el7');
  expect({ code, refused }).toEqual({ code: 0, refused: false });
  expect(lines).toEqual([expect.stringMatching(/^warning: .*is binary/), expect.any(String)]);
  expect(stdout).toBe(`${lines.join('\n')}\nscl-easy1-el7: the checks pass.\n`);
});

it('the server had no fault of its own', () => {
  expect(faultsIn(scenario.server)).toEqual([]);
});
