import { join, resolve } from 'node:path';
import { branchName } from '../../core/domain/branch-name.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  type Outcome,
  textOption,
} from '../command.ts';
import { fetchFiles } from '../rpm/fetch-files.ts';
import { openRpmPackage } from '../rpm/rpm-package.ts';
import {
  BCOND_OPTIONS,
  EXTRA_ARGS,
  RPM_OPTIONS,
  rpmbuild,
  rpmbuildArgs,
  STEP_OPTIONS,
  wantsScl,
} from '../rpm/rpmbuild.ts';
import { capture } from '../rpm/run-program.ts';
import { type Workspace, withLastingWorkspace, withWorkspace } from '../rpm/workspace.ts';

/** Runs rpmbuild up to one step, and leaves what it made to be looked at. */
async function runStep(
  context: CommandContext,
  step: string,
  options: Options,
  extra: readonly string[],
  before?: (args: readonly string[], workspace: Workspace) => Promise<void>,
): Promise<Outcome> {
  const rpmPackage = await openRpmPackage(context, { scl: wantsScl(options) });
  await fetchFiles(context, rpmPackage);
  const args = rpmbuildArgs(context, options, extra);
  return withLastingWorkspace(context, rpmPackage, async (workspace) => {
    await before?.(args, workspace);
    await rpmbuild(step, args, workspace, context.note, !context.given.quiet);
    const given = textOption(options, 'builddir');
    const folder =
      given === undefined ? join(workspace.folder, 'builddir') : resolve(context.cwd, given);
    return { data: { builddir: folder }, text: `It is in ${folder}` };
  });
}

/** rpm has a step for it since 4.15, and before that looks whenever it unpacks. */
async function requireBuildDeps(args: readonly string[], workspace: Workspace): Promise<void> {
  const { folder: cwd, env, signal } = workspace;
  const { stdout } = await capture('rpmbuild', ['--help'], { cwd, env, signal });
  if (/^ +-bd /m.test(stdout)) await rpmbuild('-bd', args, workspace);
}

export const prep: CommandSpec = {
  name: 'prep',
  args: EXTRA_ARGS,
  summary: 'Unpack the sources and apply the patches (runs the spec)',
  options: [...RPM_OPTIONS, { flags: '--check-deps', help: 'what the build needs must be there' }],
  examples: ['centpkg prep', 'centpkg prep --builddir ~/work'],
  // What is needed to build it is no matter yet.
  run: (context, extra, options) =>
    flagOption(options, 'checkDeps')
      ? runStep(context, '-bp', options, extra, requireBuildDeps)
      : runStep(context, '-bp', options, [...extra, '--nodeps']),
};

export const compile: CommandSpec = {
  name: 'compile',
  args: EXTRA_ARGS,
  summary: 'Build up to %build (runs the spec)',
  options: [...RPM_OPTIONS, ...STEP_OPTIONS],
  examples: ['centpkg compile', 'centpkg compile --short-circuit -- --nodeps'],
  run: (context, extra, options) => runStep(context, '-bc', options, extra),
};

export const install: CommandSpec = {
  name: 'install',
  args: EXTRA_ARGS,
  summary: 'Build up to %install and %check (runs the spec)',
  options: [...RPM_OPTIONS, ...STEP_OPTIONS, ...BCOND_OPTIONS],
  examples: ['centpkg install', 'centpkg install --nocheck --with docs'],
  run: (context, extra, options) => runStep(context, '-bi', options, extra),
};

export const verifyFiles: CommandSpec = {
  name: 'verify-files',
  args: EXTRA_ARGS,
  summary: 'Build locally up to %install and verify the %files lists (runs the spec)',
  options: RPM_OPTIONS,
  examples: ['centpkg verify-files', 'centpkg verify-files --no-scl'],
  async run(context, extra, options) {
    const rpmPackage = await openRpmPackage(context, { scl: wantsScl(options) });
    const { copy, collection } = rpmPackage;
    const branch = branchName(rpmPackage.branch);
    await fetchFiles(context, rpmPackage);
    const args = [...rpmbuildArgs(context, options, extra), '--nodeps', '--nocheck'];
    context.note(`Building ${copy.component} for ${branch} ...`);
    await withWorkspace(context, rpmPackage, async (workspace) => {
      await rpmbuild('-bi', args, workspace);
      await rpmbuild('-bl', [...args, '--short-circuit'], workspace);
    });
    return {
      data: { component: copy.component, branch, scl: collection?.sclName ?? null },
      text: 'The %files lists are complete.',
      done: true,
    };
  },
};
