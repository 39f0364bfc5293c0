import { describe, expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { commitFiles, push } from '../support/pushing.ts';
import { scloScenario } from '../support/scenario.ts';
import { workingCopy } from '../support/sclo.ts';

const scenario = scloScenario();
const EL7 = 'HEAD:refs/heads/scl-python33-el7';

/** A commit with a binary file on top of the branch; HEAD. */
async function copyWithBinary(): Promise<string> {
  const copy = await workingCopy(scenario.server, scenario.path(), scenario.people.committer);
  await commitFiles(copy, { 'logo.png': Buffer.from([0]) });
  return copy;
}

/** Is the binary file in any commit of the branch? */
async function arrived(copy: string): Promise<boolean> {
  await git(copy, 'fetch', '--quiet', 'origin');
  const commits = await git(
    copy,
    'log',
    '--format=%H',
    'origin/scl-python33-el7',
    '--',
    'logo.png',
  );
  return commits !== '';
}

describe('no binary file comes into a branch', () => {
  it('below a merge of a commit that a tag brought in first', async () => {
    const copy = await copyWithBinary();
    await git(copy, 'tag', 'carrier');
    await push(copy, ['carrier']);
    await git(copy, 'checkout', '--quiet', '-b', 'beside', 'origin/scl-python33-el7');
    await commitFiles(copy, { 'a.patch': 'x\n' });
    await git(copy, 'checkout', '--quiet', 'carrier');
    await git(copy, 'merge', '--quiet', '--no-edit', 'beside');
    await push(copy, [EL7]);
    expect(await arrived(copy)).toBe(false);
  });

  it('together with a tag on it in the same push', async () => {
    const copy = await copyWithBinary();
    await git(copy, 'tag', 'together');
    const { code } = await push(copy, [EL7, 'together']);
    expect(code).toBe(1);
    expect(await arrived(copy)).toBe(false);
  });

  it('below a long chain of commits that a tag brought in first', async () => {
    const copy = await copyWithBinary();
    for (let n = 0; n < 70; n++)
      await git(copy, 'commit', '--quiet', '--allow-empty', '--message', `Commit ${n}`);
    await git(copy, 'tag', 'long-carrier');
    await push(copy, ['long-carrier']);
    await push(copy, [EL7]);
    expect(await arrived(copy)).toBe(false);
  });

  it('on the second parent of a merge', async () => {
    const copy = await copyWithBinary();
    const binary = (await git(copy, 'rev-parse', 'HEAD')).trim();
    await git(copy, 'checkout', '--quiet', '-b', 'clean', 'HEAD~');
    await git(copy, 'merge', '--quiet', '--no-ff', '--strategy', 'ours', '--no-edit', binary);
    const { code } = await push(copy, [EL7]);
    expect(code).toBe(1);
    expect(await arrived(copy)).toBe(false);
  });
});
