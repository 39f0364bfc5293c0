import { branchName } from '../../core/domain/branch-name.ts';
import { type CommandSpec } from '../command.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { quietly } from '../working-copy/quiet.ts';
import { checkedOutBranch, openWorkingCopy } from '../working-copy/working-copy.ts';

export const pull: CommandSpec = {
  name: 'pull',
  summary: 'Fetch the current branch from the server, and merge or rebase',
  options: [
    { flags: '--rebase', help: 'put your commits on top of those of the server' },
    { flags: '--no-rebase', help: 'merge, whatever the configuration of git says' },
  ],
  examples: ['centpkg pull --rebase'],
  async run(context, _args, options) {
    const rebase = options.rebase as boolean | undefined;
    const copy = await openWorkingCopy(context);
    const name = branchName(await checkedOutBranch(copy));
    const before = await copy.git.ask('rev-parse', 'HEAD');
    await copy.git.show(
      ...credentialOptions(context.config, copy.url),
      'pull',
      ...quietly(context),
      ...(rebase === undefined ? [] : [rebase ? '--rebase' : '--no-rebase']),
      copy.remote,
      name,
    );
    const oid = (await copy.git.read('rev-parse', 'HEAD')).trim();
    const changed = oid !== before;
    const text = changed ? `${name} is at ${oid.slice(0, 10)}.` : `${name} is up to date.`;
    return { data: { branch: name, commit: oid, changed }, text, done: true };
  },
};
