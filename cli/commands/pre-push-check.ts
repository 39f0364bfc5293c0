import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type CommandSpec, flagOption, textOption } from '../command.ts';
import { checkBranch } from '../working-copy/check-branch.ts';
import { checkPushOfHook, installHook } from '../working-copy/pre-push-hook.ts';
import { currentBranch, openRepository, openWorkingCopy } from '../working-copy/working-copy.ts';

export const prePushCheck: CommandSpec = {
  name: 'pre-push-check',
  args: '[ref]',
  summary: 'Run the checks of the server on the current branch, before the push',
  details:
    'With a ref, that commit is checked as if it were pushed to the branch. With --install, git ' +
    'runs the checks before every push to the server; pushes to other remotes are left alone, ' +
    'and git push --no-verify goes past them.',
  options: [
    { flags: '--install', help: 'have git run it before each push' },
    { flags: '--hook <remote>', help: 'as git runs it: what is pushed stands in the input' },
  ],
  examples: ['centpkg pre-push-check && centpkg push', 'centpkg pre-push-check --install'],
  async run(context, [ref], options) {
    if (flagOption(options, 'install')) {
      const { file, before } = await installHook(await openRepository(context));
      const text = before ? `${file} is there already.` : `git runs it from now on: ${file}`;
      return { data: { file, installed: !before }, text, done: true };
    }
    const hook = textOption(options, 'hook');
    if (hook !== undefined) return checkPushOfHook(context, hook, await context.readInput());
    const copy = await openWorkingCopy(context);
    const branch = await currentBranch(copy);
    const oid = await copy.git.ask('rev-parse', '--verify', '--quiet', `${ref ?? 'HEAD'}^{commit}`);
    if (oid === null)
      fail('not_found', `${ref ?? 'HEAD'} is no commit.`, 'Commit first: centpkg commit');
    const { lines, findings } = await checkBranch(context, copy, branch, oid);
    const name = branchName(branch);
    return {
      data: { branch: name, findings },
      text: [...lines, `${name}: the checks pass.`].join('\n'),
    };
  },
};
