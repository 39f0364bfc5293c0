import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, run } from '../support/process.ts';
import { commitFiles, expectRefusal, push } from '../support/pushing.ts';
import { faultsIn, scloScenario } from '../support/scenario.ts';
import { put, sha512, specOf, workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const EL7 = 'HEAD:refs/heads/scl-python33-el7';
const MAX_FILE_SIZE = 2 * 1024 * 1024;

const annCopy = (): Promise<string> =>
  workingCopy(scenario.server, scenario.path(), scenario.people.committer);
const head = async (copy: string): Promise<string> =>
  (await git(copy, 'rev-parse', 'HEAD')).trim().slice(0, 10);

/** The push of HEAD is refused for exactly these reasons. */
function refusedFor(copy: string, ...reasons: readonly [problem: string, remedy: string][]) {
  const count = reasons.length === 1 ? '1 error' : `${reasons.length} errors`;
  return expectRefusal(
    copy,
    [EL7],
    [
      `Push to python refused: ${count}. Nothing was changed.`,
      ...reasons.flatMap(([problem, remedy]) => [
        `error: scl-python33-el7: ${problem}`,
        `  to do: ${remedy}`,
      ]),
    ],
  );
}

describe('a push is refused for', () => {
  it('a directory', async () => {
    const copy = await annCopy();
    await mkdir(join(copy, 'SOURCES'));
    await commitFiles(copy, { 'SOURCES/a.patch': 'x\n' });
    await refusedFor(copy, [
      'SOURCES/ is a directory (flat-tree)',
      'keep files at the top; put archives into the look-aside cache',
    ]);
  });

  it('a missing spec', async () => {
    const copy = await annCopy();
    await git(copy, 'rm', '--quiet', 'python.spec');
    await commitFiles(copy, {});
    await refusedFor(copy, ['python.spec is missing (spec-file)', 'add it: git add python.spec']);
  });

  it('the spec of another name', async () => {
    const copy = await annCopy();
    const ruby = specOf('ruby').replace('%{?scl_prefix}', '');
    await commitFiles(copy, { 'ruby.spec': ruby, 'python.spec': ruby });
    await refusedFor(
      copy,
      ['ruby.spec is the spec of another component (spec-file)', 'name it python.spec'],
      ['python.spec says Name: "ruby" (spec-file)', 'write Name: %{?scl_prefix}python'],
    );
  });

  it('a file sources that is gone', async () => {
    const copy = await annCopy();
    await git(copy, 'rm', '--quiet', 'sources');
    await commitFiles(copy, {});
    await refusedFor(copy, [
      'the file sources is missing (sources-in-lookaside)',
      'add it, it may be empty: touch sources',
    ]);
  });

  it('a file sources that does not parse, with every bad line', async () => {
    const copy = await annCopy();
    const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
    await commitFiles(copy, { sources: `what is this\n${md5}  ../evil\n` });
    const { remote } = await push(copy, [EL7]);
    expect(remote[0]).toBe('Push to python refused: 2 errors. Nothing was changed.');
    expect(remote[1]).toBe(
      'error: scl-python33-el7: sources does not parse: line 1: "what is this" is not ' +
        '"SHA512 (file) = checksum" (sources-in-lookaside)',
    );
    expect(remote[2]).toBe('  to do: let centpkg write it: centpkg new-sources FILE...');
    expect(remote[3]).toContain(
      'sources does not parse: line 2: File name "../evil" is not valid.',
    );
  });

  it('sources that names a file which is not in the cache, until it is uploaded', async () => {
    const copy = await annCopy();
    const content = `content ${process.pid}`;
    const hash = sha512(content);
    await commitFiles(copy, { sources: `SHA512 (Python 3.3.tar.xz) = ${hash}\n` });
    await refusedFor(copy, [
      `Python 3.3.tar.xz (sha512 ${hash.slice(0, 12)}...) is not in the look-aside cache (sources-in-lookaside)`,
      "upload it first: centpkg upload 'Python 3.3.tar.xz'",
    ]);
    const { server, people } = scenario;
    expect(await put(server, people.committer, 'python', 'Python 3.3.tar.xz', content)).toBe(201);
    const accepted = await push(copy, ['HEAD:refs/heads/scl-rh-python34-el7']);
    expect(accepted).toMatchObject({ code: 0, remote: [] });
  });

  it('a file over the size limit, and not for one of just that size', async () => {
    const copy = await annCopy();
    await commitFiles(copy, {
      'limit.patch': 'x'.repeat(MAX_FILE_SIZE),
      'over.patch': 'y'.repeat(MAX_FILE_SIZE + 1),
    });
    await refusedFor(copy, [
      `over.patch in commit ${await head(copy)} has 2097153 bytes; the limit in git is 2097152 bytes (text-files)`,
      'take it out of those commits and run: centpkg upload over.patch',
    ]);
  });

  it('a binary file', async () => {
    const copy = await annCopy();
    await commitFiles(copy, { 'logo.png': Buffer.from('\x89PNG\0', 'latin1') });
    await refusedFor(copy, [
      `logo.png in commit ${await head(copy)} is binary (text-files)`,
      'take it out of those commits and run: centpkg upload logo.png',
    ]);
  });

  it('a large file that a later commit of the same push takes out again', async () => {
    const copy = await annCopy();
    await commitFiles(copy, { 'python.tar': 'x'.repeat(MAX_FILE_SIZE + 1) });
    const commit = await head(copy);
    await git(copy, 'rm', '--quiet', 'python.tar');
    await commitFiles(copy, {});
    await refusedFor(copy, [
      `python.tar in commit ${commit} has 2097153 bytes; the limit in git is 2097152 bytes (text-files)`,
      'take it out of those commits and run: centpkg upload python.tar',
    ]);
  });

  it('a symlink', async () => {
    const copy = await annCopy();
    await symlink('/etc/passwd', join(copy, 'users.txt'));
    await commitFiles(copy, {});
    await refusedFor(copy, ['users.txt is a symlink (regular-files)', 'commit the file itself']);
  });

  it('a submodule', async () => {
    const copy = await annCopy();
    const commit = (await git(copy, 'rev-parse', 'HEAD')).trim();
    await git(copy, 'update-index', '--add', '--cacheinfo', `160000,${commit},upstream`);
    await git(copy, 'commit', '--quiet', '--message', 'Add a submodule');
    await refusedFor(copy, [
      'upstream is a submodule (regular-files)',
      'put an archive of it into the look-aside cache: centpkg upload FILE',
    ]);
  });

  it('a broken object, with advice although no check of ours came to run', async () => {
    const copy = await annCopy();
    const tree = (await git(copy, 'rev-parse', 'HEAD^{tree}')).trim();
    const parent = (await git(copy, 'rev-parse', 'HEAD')).trim();
    const made = await run(
      'git',
      ['-C', copy, 'hash-object', '-t', 'commit', '-w', '--literally', '--stdin'],
      {
        input: `tree ${tree}\nparent ${parent}\nauthor Nobody 0 +0000\ncommitter T <t@example.org> 0 +0000\n\nbad\n`,
      },
    );
    const oid = made.stdout.trim();
    await expectRefusal(
      copy,
      [`${oid}:refs/heads/scl-python33-el7`],
      [
        `error: object ${oid}: missingEmail: invalid author/committer line - missing email`,
        'fatal: fsck error in packed object',
        'The pushed objects are broken or too large, and nothing was changed. Look at the lines above;',
        '"git fsck" in your clone names the bad objects, to be rewritten before you push again.',
      ],
    );
  });

  it('many reasons, all told at once', async () => {
    const copy = await annCopy();
    await mkdir(join(copy, 'rpms'));
    await symlink('python.spec', join(copy, 'link'));
    await rm(join(copy, 'python.spec'));
    await commitFiles(copy, {
      'rpms/a.rpm': Buffer.from([0, 1, 2]),
      'perl.spec': 'Name: perl\n',
      sources: `SHA512 (gone.tar) = ${'0'.repeat(128)}\n`,
    });
    const refspecs = [EL7, 'HEAD:refs/heads/master', ':refs/heads/scl-python33-el6'];
    const { remote, code } = await push(copy, refspecs);
    expect(code).toBe(1);
    expect(remote[0]).toMatch(/^Push to python refused: 8 errors\. Nothing was changed\.$/);
    const reasons = remote.filter((line) => line.startsWith('error:')).join('\n');
    for (const policy of [
      'master" is not a release branch (branch-provisioned)',
      'branches can not be deleted (forward-only)',
      'rpms/ is a directory (flat-tree)',
      'link is a symlink (regular-files)',
      'perl.spec is the spec of another component (spec-file)',
      'python.spec is missing (spec-file)',
      'is not in the look-aside cache (sources-in-lookaside)',
      `rpms/a.rpm in commit ${await head(copy)} is binary (text-files)`,
    ])
      expect(reasons).toContain(policy);
    expect(remote.filter((line) => line.startsWith('  to do: '))).toHaveLength(8);
  });

  it('a file name with control characters, which do not reach the terminal', async () => {
    const copy = await annCopy();
    await writeFile(join(copy, 'a\u001b[31m\u0007.bin'), Buffer.from([0]));
    await commitFiles(copy, {});
    const { stderr, code } = await push(copy, [EL7]);
    expect(code).toBe(1);
    expect(stderr).toContain('a?[31m?.bin in commit');
    for (const control of ['\u0007', '\u001b']) expect(stderr).not.toContain(control);
  });
});

describe('afterwards', () => {
  it('the server has nothing to complain of', () => {
    expect(faultsIn(scenario.server)).toEqual([]);
  });
});
