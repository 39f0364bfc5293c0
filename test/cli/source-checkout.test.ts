import { afterAll, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../cli/command.ts';
import { buildsCommands } from '../../cli/commands/builds.ts';
import { readGlobalOptions } from '../../cli/global-options.ts';
import { UserGit } from '../../cli/working-copy/run-git.ts';
import { git } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CLONE = await temporaryFolder();
afterAll(() => CLONE[Symbol.asyncDispose]());
const cwd = CLONE.path;
await git(cwd, 'init', '--quiet', '--initial-branch', 'scl-python33-el7');
await git(cwd, 'commit', '--quiet', '--allow-empty', '--message', 'First');
await git(cwd, 'branch', 'other');
await git(cwd, 'remote', 'add', 'origin', 'https://git.example.org/scls/python.git');
await git(cwd, 'config', 'centpkg.namespace', 'scls');
const head = async (): Promise<string> => (await git(cwd, 'rev-parse', 'HEAD')).trim();
const place = async (): Promise<string> =>
  (await git(cwd, 'rev-parse', '--abbrev-ref', 'HEAD')).trim();

/** `centpkg source --checkout` where the server says that this is the commit. */
async function checkout(commit: string): Promise<void> {
  const build = { component: 'python', commit, branch: 'scl-python33-el7', gitUrl: '' };
  const context = {
    api: { url: 'https://git.example.org', call: () => Promise.resolve(build) },
    given: readGlobalOptions({}),
    git: new UserGit(cwd, process.env),
  } as unknown as CommandContext;
  const source = buildsCommands.find(({ name }) => name === 'source');
  await source?.run(context, ['python-1-1'], { checkout: true });
}

describe('source --checkout', () => {
  it.each(['other', 'HEAD', '--force', '-', '@{-1}', '', 'f'.repeat(41)])(
    'hands git no %j of a server',
    async (commit) => {
      await expect(checkout(commit)).rejects.toThrow(
        "The server's answer is not the id of a commit",
      );
      expect(await place()).toBe('scl-python33-el7');
    },
  );

  it('checks the commit out', async () => {
    await checkout(await head());
    expect(await place()).toBe('HEAD');
  });
});
