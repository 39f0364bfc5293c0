import { fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import { currentBranch, type WorkingCopy } from '../working-copy/working-copy.ts';

/**
 * What is checked out, when all of it is committed and on the server: Koji builds from there.
 * @throws DistGitError `check_failed`
 */
export async function pushedCommit(
  copy: WorkingCopy,
): Promise<{ readonly branch: Branch; readonly commit: string }> {
  const { git, remote } = copy;
  const branch = await currentBranch(copy);
  const changes = await git.read('status', '--porcelain', '--untracked-files=no');
  if (changes.trim() !== '')
    fail(
      'check_failed',
      'There are changes that are not committed.',
      'Commit and push them (centpkg commit -m TEXT && centpkg push), or put them aside: git stash. To try them as they are: centpkg scratch-build --srpm',
    );
  const commit = (await git.read('rev-parse', 'HEAD')).trim();
  const pushed = `refs/remotes/${remote}/${branchName(branch)}`;
  const ahead = await git.ask('rev-list', '--count', `${pushed}..HEAD`);
  if (ahead === null)
    fail(
      'check_failed',
      `${branchName(branch)} was never fetched from the server.`,
      `Run: git fetch ${remote}`,
    );
  if (ahead !== '0')
    fail(
      'check_failed',
      ahead === '1'
        ? 'There is a commit that is not pushed.'
        : `There are ${ahead} commits that are not pushed.`,
      'Push them first: centpkg push',
    );
  return { branch, commit };
}
