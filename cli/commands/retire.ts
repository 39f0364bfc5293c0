import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { RETIRED_FILE } from '../../core/pushes/retired.ts';
import { type CommandContext, type CommandSpec, flagOption, textOption } from '../command.ts';
import { pushBranch, requireLogin } from '../working-copy/push.ts';
import { quietly } from '../working-copy/quiet.ts';
import { currentBranch, openWorkingCopy, type WorkingCopy } from '../working-copy/working-copy.ts';

export const retire: CommandSpec = {
  name: 'retire',
  args: '[reason]',
  summary: 'Retire the component on the current branch: only a file with the reason stays',
  details:
    `All files are removed from the branch, ${RETIRED_FILE} with the reason is added, and the ` +
    'commit is pushed. The history stays; git revert takes it back. Other branches are left alone.',
  options: [
    { flags: '--reason <text>', help: 'why, if it does not stand behind the verb' },
    { flags: '-n, --dry-run', help: 'say what would be done; change nothing' },
  ],
  examples: [
    'centpkg retire "Renamed to python3"',
    'centpkg retire --dry-run "No upstream any more"',
  ],
  async run(context, [given], options) {
    const option = textOption(options, 'reason');
    if (given !== undefined && option !== undefined)
      fail('usage', 'Two reasons were given.', 'Give one of them.');
    const reason = (given ?? option ?? '').trim();
    if (reason === '')
      fail('usage', 'No reason was given.', 'For instance: centpkg retire "Renamed to python3"');
    const copy = await openWorkingCopy(context);
    const branch = await currentBranch(copy);
    const name = branchName(branch);
    // What is removed is what is checked out.
    if (copy.release !== null)
      fail(
        'usage',
        '--release is not for retire.',
        `centpkg switch-branch ${name} && centpkg retire REASON`,
      );
    await requireRetirable(context, copy, name);
    const files = await copy.git.read('ls-files', '-z');
    const count = files.split('\0').length - 1;
    const text = `${count} files would be removed from ${name}, ${RETIRED_FILE} added and pushed:\n${reason}\nNothing was changed.`;
    const data = { component: copy.component, branch: name, reason, files: count };
    if (flagOption(options, 'dryRun')) return { data: { ...data, dryRun: true }, text };
    try {
      if (count > 0) await copy.git.read('rm', '-r', '--quiet', '--', '.');
      await writeFile(join(copy.root, RETIRED_FILE), `${reason}\n`);
      await copy.git.read('add', '--', RETIRED_FILE);
      await copy.git.show('commit', ...quietly(context), '--message', reason);
    } catch (error) {
      // Nothing was changed when it began, and the file was not there.
      await rm(join(copy.root, RETIRED_FILE), { force: true });
      await copy.git.read('reset', '--hard', '--quiet', 'HEAD');
      throw error;
    }
    const pushed = await pushBranch(context, copy).catch((cause: unknown) => {
      const said = cause instanceof DistGitError ? cause : null;
      throw new DistGitError(said?.code ?? 'check_failed', 'It is committed, and not pushed.', {
        detail: { remedy: 'Push it: centpkg push; or take it back: git reset --hard HEAD~1' },
        cause,
      });
    });
    return {
      data: { ...data, commit: pushed.data.commit },
      text:
        `${copy.component} is retired on ${name}.\n` +
        'Koji still lists its package. When no branch of the collection is built any more, a member ' +
        `of the SIG has it blocked: centpkg component retire ${copy.component} --collection ${branch.collection}`,
      done: true,
    };
  },
};

/** Everything that can be known is refused before a file is touched. */
async function requireRetirable(
  context: CommandContext,
  copy: WorkingCopy,
  name: string,
): Promise<void> {
  if (existsSync(join(copy.root, RETIRED_FILE)))
    fail('conflict', `${RETIRED_FILE} is there: it is retired.`, 'git log tells since when.');
  const dirty = await copy.git.read('status', '--porcelain', '--untracked-files=no');
  if (dirty !== '')
    fail('conflict', 'There are changes that are not committed.', 'Commit or stash them first.');
  requireLogin(context);
  const checks = await context.api.call('showChecks', { component: copy.component });
  const own = checks.branches.find((one) => `scl-${one.collection}-el${one.release}` === name);
  if (own === undefined)
    fail('not_found', `${copy.component} has no branch ${name}.`, 'centpkg switch-branch --list');
  const { allowed, rule, reason, remedy } = own.decision;
  if (!allowed) throw new DistGitError('not_allowed', reason, { detail: { rule, remedy } });
}
