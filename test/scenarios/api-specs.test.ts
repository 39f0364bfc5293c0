import { join } from 'node:path';
import { expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { foundSclo, specOf, workingCopy } from '../support/sclo.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestServer } from '../support/test-server.ts';

it('tells what the spec at the head of each branch says, and follows the branch', async () => {
  await using temporary = await temporaryFolder();
  await using server = await new TestServer(join(temporary.path, 'data')).start();
  const { committer } = await foundSclo(server);
  const specs = async () => (await server.must('listSpecs', { component: 'python' }, null)).items;
  const pushed = async (copy: string): Promise<string> => {
    const { code, remote } = await push(copy, ['HEAD:refs/heads/scl-python33-el7']);
    expect(code, remote.join('\n')).toBe(0);
    return (await git(copy, 'rev-parse', 'HEAD')).trim();
  };
  const copy = await workingCopy(server, join(temporary.path, 'copy'), committer);
  const lines = 'Source0: https://host/%{version}/a.txt\nPatch2: %(id).patch\nLicense';
  await commitFiles(copy, {
    'python.spec': specOf('python').replace('License', lines),
    'a.txt': 'a',
  });
  const first = await pushed(copy);

  const found = await specs();
  expect(found.map(({ branch }) => branch)).toEqual([
    'scl-python33-el6',
    'scl-python33-el7',
    'scl-rh-python34-el6',
    'scl-rh-python34-el7',
  ]);
  expect(found[1]).toEqual({
    branch: 'scl-python33-el7',
    commit: first,
    nvr: 'python33-python-1-1',
    name: 'python33-python',
    epoch: null,
    version: '1',
    release: '1',
    problem: null,
    sources: [{ number: 0, file: 'a.txt', location: 'https://host/1/a.txt' }],
    patches: [{ number: 2, file: null, location: null }],
  });
  expect(found[0]).toMatchObject({ nvr: null, problem: 'python.spec is missing.', sources: [] });

  await commitFiles(copy, {
    'python.spec': specOf('python').replace('Release: 1', 'Release: %(id)'),
  });
  const second = await pushed(copy);
  expect((await specs())[1]).toMatchObject({
    commit: second,
    nvr: null,
    version: '1',
    release: null,
    problem: '%(id) is not run.',
  });
  await commitFiles(copy, { 'python.spec': `%if 1\n${specOf('python')}` });
  await pushed(copy);
  expect((await specs())[1]).toMatchObject({
    nvr: null,
    problem: 'Line 9: Unclosed %if of line 1.',
  });

  const { status } = await server.call('listSpecs', { component: 'perl' }, null);
  expect(status).toBe(404);
});
