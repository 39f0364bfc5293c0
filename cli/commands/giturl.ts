import { fail } from '../../core/api/distgit-error.ts';
import type { CommandSpec } from '../command.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const giturl: CommandSpec = {
  name: 'giturl',
  summary: 'Print the git URL of the current commit, as a build takes it',
  details: 'The commit need not be pushed; a build needs it to be.',
  examples: ['centpkg giturl'],
  async run(context) {
    const { git, url, namespace, component } = await openWorkingCopy(context);
    const commit = await git.ask('rev-parse', '--verify', '--quiet', 'HEAD');
    if (commit === null)
      fail('not_found', 'There is no commit yet.', 'Check out a branch: centpkg switch-branch -l');
    const address = `${url}/${namespace}/${component}.git`;
    return { data: { url: address, commit }, text: `${address}#${commit}` };
  },
};
