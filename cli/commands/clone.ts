import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  textOption,
} from '../command.ts';
import { cloneSettings, gitAddress, parseRepositoryName } from '../working-copy/clone-settings.ts';
import { credentialOptions, tlsSettings } from '../working-copy/credential.ts';
import { quietly } from '../working-copy/quiet.ts';

export const clone: CommandSpec = {
  name: 'clone',
  aliases: ['co'],
  args: '<component> [folder]',
  summary: 'Clone a component',
  options: [
    { flags: '-b, --branch <branch>', help: 'release branch to check out' },
    { flags: '-B, --branches', help: 'a folder with a clone of each release branch in it' },
    { flags: '-a, --anonymous', help: 'only to read: no login, no SSH' },
    { flags: '--ssh', help: 'by SSH, with a key that was added: centpkg key add' },
    { flags: '--depth <number>', help: 'only the last commits' },
  ],
  examples: [
    'centpkg clone python',
    'centpkg clone -b scl-python33-el7 python py33',
    'centpkg co --branches python',
    'centpkg clone --ssh python',
  ],
  async run(context, [name = '', folder], options) {
    const wanted = textOption(options, 'branch');
    const branch = wanted === undefined ? null : branchName(parseBranchOrAlias(wanted));
    const everyBranch = flagOption(options, 'branches');
    if (branch !== null && everyBranch)
      fail('usage', 'Both --branch and --branches were given.', 'Give one of them.');
    const component = await context.api.call('showComponent', {
      component: parseRepositoryName(name),
    });
    const names = component.branches.map((one) => one.name);
    if (branch !== null && !names.includes(branch))
      fail(
        'not_found',
        `${component.name} has no branch ${branch}.`,
        `It has: ${names.join(', ')}`,
      );
    const target = resolve(context.cwd, folder ?? component.name);
    if (everyBranch) return cloneBranches(context, component, target, options);
    await cloneInto(context, component, target, options, branch);
    const head = (await context.git.at(target).ask('symbolic-ref', '--short', 'HEAD')) ?? '';
    return {
      data: { component: component.name, folder: target, branch: head },
      text: `${component.name} is in ${target}, on branch ${head}.`,
      done: true,
    };
  },
};

/** @param branch null: the one that the server prefers */
async function cloneInto(
  context: CommandContext,
  component: ApiOutput<'showComponent'>,
  target: string,
  options: Options,
  branch: string | null,
): Promise<void> {
  const anonymous = flagOption(options, 'anonymous');
  const remote = gitAddress(context, component, { anonymous, ssh: flagOption(options, 'ssh') });
  const { server, settings } = cloneSettings(context, component, anonymous);
  const depth = textOption(options, 'depth');
  if (depth !== undefined && !/^[1-9]\d{0,8}$/.test(depth))
    fail('usage', `--depth ${depth} is not a number of commits.`, 'For instance: --depth 1');
  const tls = tlsSettings(context.config, server).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  await context.git.show(
    ...(anonymous ? tls : credentialOptions(context.config, server)),
    'clone',
    ...quietly(context),
    ...(branch === null ? [] : ['--branch', branch]),
    ...(depth === undefined ? [] : ['--depth', depth, '--no-single-branch']),
    ...settings.flatMap(([key, value]) => ['--config', `${key}=${value}`]),
    '--',
    remote,
    target,
  );
}

/** One folder for each branch, as fedpkg has it; all or nothing. */
async function cloneBranches(
  context: CommandContext,
  component: ApiOutput<'showComponent'>,
  top: string,
  options: Options,
) {
  await mkdir(top).catch(() =>
    fail('conflict', `${top} is there, or can not be made.`, 'Name another folder.'),
  );
  const branches = component.branches.map(({ name }) => name);
  try {
    for (const name of branches)
      await cloneInto(context, component, join(top, name), options, name);
  } catch (error) {
    await rm(top, { recursive: true, force: true });
    throw error;
  }
  return {
    data: { component: component.name, folder: top, branches },
    text: `${component.name} is in ${top}: ${branches.join(', ')}.`,
    done: true,
  };
}
