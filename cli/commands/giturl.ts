import type { CommandSpec } from '../command.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const giturl: CommandSpec = {
  name: 'giturl',
  summary: 'Print the git URL of the current commit, as a build takes it',
  details: 'The commit need not be pushed; a build needs it to be.',
  examples: ['centpkg giturl'],
  async run(context) {
    const { git, url, namespace, component } = await openWorkingCopy(context);
    const commit = (await git.read('rev-parse', '--verify', 'HEAD')).trim();
    const address = `${url}/${namespace}/${component}.git`;
    return { data: { url: address, commit }, text: `${address}#${commit}` };
  },
};
