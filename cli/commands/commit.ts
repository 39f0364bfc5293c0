import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type CommandContext, type CommandSpec, flagOption, textOption } from '../command.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { currentBranch, openWorkingCopy, type WorkingCopy } from '../working-copy/working-copy.ts';

export const commit: CommandSpec = {
  name: 'commit',
  args: '[files...]',
  summary: 'Commit the named files, or every change to tracked files',
  options: [
    { flags: '-m, --message <text>', help: 'the message (default: your editor)' },
    { flags: '-F, --file <file>', help: 'take the message from a file' },
    { flags: '-s, --signoff', help: 'add a Signed-off-by line' },
    { flags: '-p, --push', help: 'push afterwards' },
  ],
  examples: ['centpkg commit -m "Update to 3.3.7"', 'centpkg commit -p -m "Rebuild"'],
  async run(context, files, options) {
    const copy = await openWorkingCopy(context);
    const message = textOption(options, 'message');
    const file = textOption(options, 'file');
    if (message !== undefined && file !== undefined)
      fail('usage', 'Both -m and -F were given.', 'Give one of them.');
    await copy.git
      .at(context.cwd)
      .show(
        'commit',
        ...(message === undefined ? [] : ['--message', message]),
        ...(file === undefined ? [] : ['--file', file]),
        ...(flagOption(options, 'signoff') ? ['--signoff'] : []),
        ...(files.length === 0 ? ['--all'] : ['--', ...files]),
      );
    const oid = (await copy.git.read('rev-parse', 'HEAD')).trim();
    const pushed = flagOption(options, 'push') ? await pushBranch(context, copy) : null;
    const text = `Committed ${oid.slice(0, 10)}.${pushed === null ? '' : `\n${pushed.text}`}`;
    return { data: { commit: oid, pushed: pushed?.data ?? null }, text };
  },
};

export const push: CommandSpec = {
  name: 'push',
  summary: 'Push the current branch',
  examples: ['centpkg push'],
  async run(context) {
    return pushBranch(context, await openWorkingCopy(context));
  },
};

/** To the branch of the server that the current one stands for, whatever it is called here. */
async function pushBranch(context: CommandContext, copy: WorkingCopy) {
  const name = branchName(await currentBranch(copy));
  if (!context.api.hasCredential)
    fail('authentication_required', 'Pushing needs a login.', 'Log in first: centpkg login');
  await copy.git.show(
    ...credentialOptions(context.config, copy.url),
    'push',
    copy.remote,
    `HEAD:refs/heads/${name}`,
  );
  const oid = (await copy.git.read('rev-parse', 'HEAD')).trim();
  return { data: { branch: name, commit: oid }, text: `Pushed ${oid.slice(0, 10)} to ${name}.` };
}
