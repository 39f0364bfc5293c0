import { type CommandSpec, flagOption } from '../command.ts';
import { pushBranch } from '../working-copy/push.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const push: CommandSpec = {
  name: 'push',
  summary: 'Push the current branch',
  options: [
    { flags: '-f, --force', help: 'ask for it even if it is not ahead; release branches refuse' },
    { flags: '--no-verify', help: 'past the hook of pre-push-check --install' },
    { flags: '--dry-run', help: 'say what would be pushed; change nothing' },
  ],
  examples: ['centpkg push', 'centpkg push --dry-run'],
  async run(context, _args, options) {
    return pushBranch(context, await openWorkingCopy(context), {
      force: flagOption(options, 'force'),
      // commander keeps --no-verify as verify: false.
      noVerify: options.verify === false,
      dryRun: flagOption(options, 'dryRun'),
    });
  },
};
