import { fail } from '../../core/api/distgit-error.ts';
import { branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { quoted } from '../../core/domain/text.ts';
import { type CommandContext, type CommandSpec, flagOption, textOption } from '../command.ts';
import { cloneSettings, gitAddress, parseRepositoryName } from '../working-copy/clone-settings.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { quietly } from '../working-copy/quiet.ts';
import { openRepository, type Repository } from '../working-copy/working-copy.ts';

const DEFAULT_NAME = 'centos';

/** The last part of the address of a remote, or the folder's name. */
async function likelyComponent({ git, root }: Repository): Promise<string> {
  const url = await git.ask('config', '--get', 'remote.origin.url');
  const path = (url ?? root).replace(/\/+$/, '').replace(/\.git$/, '');
  return path.split(/[/:]/).at(-1) ?? '';
}

export const remoteCommands: readonly CommandSpec[] = [
  {
    name: 'remote',
    summary: 'List the remotes of this repository',
    examples: ['centpkg remote'],
    async run(context) {
      const { git } = await openRepository(context);
      const text = (await git.read('remote', '--verbose')).trimEnd();
      const remotes = text.split('\n').flatMap((line) => {
        const [, name, url, direction] = /^(\S+)\t(.+) \((fetch|push)\)/.exec(line) ?? [];
        return name === undefined ? [] : [{ name, url, direction }];
      });
      const none = 'There are none. Add the server: centpkg remote add';
      return { data: { remotes }, text: text === '' ? none : text };
    },
  },
  {
    name: 'remote add',
    summary: 'Add the server as a remote to this repository, and fetch from it',
    details:
      'For a clone that came from elsewhere. From then on the verbs work in it: those that need ' +
      'no server do without it.',
    options: [
      {
        flags: '--remote-name <name>',
        help: `what it is called here (default: default_remote_name, or ${DEFAULT_NAME})`,
      },
      {
        flags: '--repo-name <component>',
        help: "the component (default: from origin's address)",
      },
      { flags: '-b, --branch <branch>', help: 'check out a branch that tracks this one' },
      { flags: '-a, --anonymous', help: 'only to read: no login, no SSH' },
      { flags: '--ssh', help: 'by SSH, with a key that was added: centpkg key add' },
    ],
    examples: [
      'centpkg remote add',
      'centpkg remote add --remote-name centos --repo-name python -b scl-python33-el7',
    ],
    async run(context, _args, options) {
      const repository = await openRepository(context);
      const { git } = repository;
      const given = textOption(options, 'repoName') ?? context.given.component ?? undefined;
      const name = parseRepositoryName(given ?? (await likelyComponent(repository)));
      const component = await context.api.call('showComponent', {
        component: parseComponentName(name),
      });
      const wanted = textOption(options, 'branch');
      const branch = wanted === undefined ? null : branchName(parseBranchOrAlias(wanted));
      const names = component.branches.map((one) => one.name);
      if (branch !== null && !names.includes(branch))
        fail('not_found', `${name} has no branch ${branch}.`, `It has: ${names.join(', ')}`);
      const anonymous = flagOption(options, 'anonymous');
      const url = gitAddress(context, component, { anonymous, ssh: flagOption(options, 'ssh') });
      const remote =
        textOption(options, 'remoteName') ?? context.config.rpkg.remoteName?.value ?? DEFAULT_NAME;
      await addRemote(repository, remote, url);
      const { server, settings } = cloneSettings(context, component, anonymous);
      for (const [key, value] of settings) await git.read('config', '--local', key, value);
      await git.show(
        ...(anonymous ? [] : credentialOptions(context.config, server)),
        'fetch',
        ...quietly(context),
        remote,
      );
      const tracking = branch === null ? '' : await checkOut(context, repository, remote, branch);
      return {
        data: { remote, url, component: component.name, branch },
        text: `${remote} is ${url}.${tracking}`,
        done: true,
      };
    },
  },
];

async function addRemote({ git }: Repository, name: string, url: string): Promise<void> {
  if (name.startsWith('-'))
    fail('name_invalid', `${quoted(name)} is no name for a remote.`, 'For instance: centos');
  const there = await git.ask('config', '--get', `remote.${name}.url`);
  if (there === url) return;
  if (there !== null)
    fail(
      'conflict',
      `There is a remote ${name}: ${there}`,
      'Choose another name: centpkg remote add --remote-name NAME',
    );
  await git.read('remote', 'add', '--', name, url);
}

async function checkOut(
  context: CommandContext,
  { git }: Repository,
  remote: string,
  branch: string,
): Promise<string> {
  const there = await git.ask('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`);
  if (there !== null)
    fail('conflict', `There is a branch ${branch} here.`, `centpkg switch-branch ${branch}`);
  await git.show(
    'checkout',
    ...quietly(context),
    '-b',
    branch,
    '--track',
    `refs/remotes/${remote}/${branch}`,
  );
  return `\nOn branch ${branch}, which tracks it.`;
}
