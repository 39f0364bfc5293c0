import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import { parseComponentName } from '../../core/domain/component-name.ts';
import { type CommandSpec, flagOption, textOption } from '../command.ts';
import { credentialOptions, tlsSettings } from '../working-copy/credential.ts';
import { UserGit } from '../working-copy/run-git.ts';

export const clone: CommandSpec = {
  name: 'clone',
  args: '<component> [folder]',
  summary: 'Clone a component',
  options: [
    { flags: '-b, --branch <branch>', help: 'release branch to check out' },
    { flags: '--ssh', help: 'by SSH, with a key that was added: centpkg key add' },
  ],
  examples: [
    'centpkg clone python',
    'centpkg clone -b scl-python33-el7 python py33',
    'centpkg clone --ssh python',
  ],
  async run(context, [name = '', folder], options) {
    const component = await context.api.call('showComponent', {
      component: parseComponentName(name),
    });
    const wanted = textOption(options, 'branch');
    const branch = wanted === undefined ? null : branchName(parseBranchOrAlias(wanted));
    const names = component.branches.map((one) => one.name);
    if (branch !== null && !names.includes(branch))
      fail(
        'not_found',
        `${component.name} has no branch ${branch}.`,
        `It has: ${names.join(', ')}`,
      );
    const target = resolve(context.cwd, folder ?? component.name);
    const remote = flagOption(options, 'ssh') ? component.sshUrl : component.gitUrl;
    if (remote === null)
      fail('usage', `${context.api.url} has no git over SSH.`, 'Clone without --ssh.');
    const git = new UserGit(context.cwd, context.config.variables);
    // As the server calls itself: remotes are found by it.
    const url = component.gitUrl.replace(/\/[^/]+\/[^/]+$/, '');
    const namespace = component.gitUrl.split('/').at(-2) ?? '';
    await git.show(
      ...credentialOptions(context.config, url),
      'clone',
      ...(branch === null ? [] : ['--branch', branch]),
      '--config',
      `centpkg.url=${url}`,
      '--config',
      `centpkg.namespace=${namespace}`,
      '--config',
      `credential.${url}.helper=!centpkg git-credential`,
      ...(component.sshUrl === null
        ? []
        : ['--config', `centpkg.sshUrl=${component.sshUrl.replace(/\/[^/]+\/[^/]+$/, '')}`]),
      ...tlsSettings(context.config, url).flatMap(([key, value]) => [
        '--config',
        `${key}=${value}`,
      ]),
      '--',
      remote,
      target,
    );
    const copy = git.at(target);
    const head = (await copy.ask('symbolic-ref', '--short', 'HEAD')) ?? '';
    return {
      data: { component: component.name, folder: target, branch: head },
      text: `${component.name} is in ${target}, on branch ${head}.`,
    };
  },
};
