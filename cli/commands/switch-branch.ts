import { fail } from '../../core/api/distgit-error.ts';
import { branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { quietly } from '../working-copy/quiet.ts';
import { openWorkingCopy, remoteBranches } from '../working-copy/working-copy.ts';

export const switchBranch: CommandSpec = {
  name: 'switch-branch',
  args: '[branch]',
  summary: 'Check out a release branch, or list them',
  options: [
    { flags: '-l, --list', help: 'list the branches here and on the server' },
    { flags: '--fetch', help: 'fetch from the server first' },
  ],
  examples: ['centpkg switch-branch scl-python33-el7', 'centpkg switch-branch --list'],
  async run(context, [wanted], options) {
    const copy = await openWorkingCopy(context);
    const { git, remote } = copy;
    if (flagOption(options, 'fetch'))
      await git.show(
        ...credentialOptions(context.config, copy.url),
        'fetch',
        ...quietly(context),
        remote,
      );
    const known = await remoteBranches(copy);
    const current = await git.ask('symbolic-ref', '--short', '--quiet', 'HEAD');
    if (wanted === undefined || flagOption(options, 'list')) {
      const heads = await git.read('for-each-ref', '--format=%(refname:short)', 'refs/heads/');
      const locals = heads.split('\n').filter((name) => name !== '');
      // rpkg's shape; scripts read it.
      const lines = [
        'Locals:',
        ...locals.map((name) => `${name === current ? '*' : ' '} ${name}`),
        'Remotes:',
        ...known.map((name) => `  ${remote}/${name}`),
      ];
      return { data: { current, branches: known, locals }, text: lines.join('\n') };
    }
    const name = branchName(parseBranchOrAlias(wanted));
    const local = await git.ask('rev-parse', '--verify', '--quiet', `refs/heads/${name}`);
    if (local === null && !known.includes(name))
      fail(
        'not_found',
        `There is no branch ${name}.`,
        `Fetch first (centpkg switch-branch --fetch ${name}), or get it: centpkg request-branch ${name}`,
      );
    const dirty = await git.read('status', '--porcelain', '--untracked-files=no');
    if (dirty !== '')
      fail('conflict', 'There are changes that are not committed.', 'Commit or stash them first.');
    await git.read(
      'checkout',
      '--quiet',
      ...(local === null ? ['-b', name, '--track', `${remote}/${name}`] : [name]),
    );
    return { data: { current: name, branches: known }, text: `On branch ${name}.`, done: true };
  },
};
