import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { type CommandContext, type CommandSpec, flagOption, type Options } from '../command.ts';
import { openBuildLog } from '../rpm/build-log.ts';
import { fetchFiles } from '../rpm/fetch-files.ts';
import { excludeFromGit, keepFile, keepPackages, packagesIn } from '../rpm/keep-results.ts';
import { MOCK_RUN_OPTIONS, withMockRoot } from '../rpm/mock-root.ts';
import { buildSrpmInMock } from '../rpm/mock-srpm.ts';
import { type BuiltVersion, nvr, querySpec, requireBuiltName } from '../rpm/query-spec.ts';
import { openRpmPackage } from '../rpm/rpm-package.ts';
import {
  BCOND_OPTIONS,
  EXTRA_ARGS,
  MD5_OPTION,
  RPM_OPTIONS,
  rpmbuild,
  rpmbuildArgs,
  specArgs,
  wantsScl,
} from '../rpm/rpmbuild.ts';
import { type Workspace, withWorkspace } from '../rpm/workspace.ts';
import type { WorkingCopy } from '../working-copy/working-copy.ts';

/**
 * Downloads the sources and builds the source package into the clone.
 * @returns the source package's path, and what rpm reads out of the spec
 */
export async function buildSrpm(
  context: CommandContext,
  options: Options,
  extra: readonly string[],
): Promise<{ readonly version: BuiltVersion; readonly path: string }> {
  const rpmPackage = await openRpmPackage(context, { scl: wantsScl(options) });
  await fetchFiles(context, rpmPackage);
  const args = rpmbuildArgs(context, options, extra);
  return withWorkspace(context, rpmPackage, async (workspace) => {
    const version = await querySpec(workspace, specArgs(options));
    requireBuiltName(rpmPackage, version);
    // What is needed to build it is no matter yet.
    await rpmbuild('-bs', [...args, '--nodeps'], workspace, context.note, !context.given.quiet);
    const [path = ''] = await keepBuilt(rpmPackage.copy, workspace);
    return { version, path };
  });
}

/**
 * Puts what rpmbuild has built into the clone, the source package first.
 * @throws DistGitError `check_failed` where macros of the user, or of the spec, sent that elsewhere
 */
async function keepBuilt(copy: WorkingCopy, { folder }: Workspace): Promise<string[]> {
  const [sources = [], others = []] = await Promise.all(
    ['srcrpmdir', 'rpmdir'].map((name) => packagesIn(join(folder, name))),
  );
  if (sources.length === 0)
    fail(
      'check_failed',
      'The source package is not where rpmbuild was told to put it: something else sets %_srcrpmdir.',
      'Leave %_srcrpmdir out of --define and of the spec: the package comes into the clone.',
    );
  return keepPackages(copy, [...sources, ...others]);
}

const wrote = (paths: readonly string[]): string =>
  paths.map((path) => `Wrote: ${path}`).join('\n');

export const srpm: CommandSpec = {
  name: 'srpm',
  args: EXTRA_ARGS,
  summary: 'Build the source package (runs the spec)',
  details: 'With --srpm-mock mock builds it, in a buildroot like that of Koji.',
  options: [
    ...RPM_OPTIONS,
    MD5_OPTION,
    { flags: '--offline', help: 'do not ask Koji, which is so without it' },
    { flags: '--srpm-mock', help: 'build it in mock; what follows is for that' },
    ...MOCK_RUN_OPTIONS,
  ],
  examples: ['centpkg srpm', "centpkg srpm --define 'dist .el7.test'", 'centpkg srpm --srpm-mock'],
  async run(context, extra, options) {
    const { version, path } = flagOption(options, 'srpmMock')
      ? await srpmInMock(context, options, extra)
      : await buildSrpm(context, options, extra);
    return { data: { nvr: nvr(version), srpm: path }, text: wrote([path]) };
  },
};

async function srpmInMock(context: CommandContext, options: Options, extra: readonly string[]) {
  const rpmbuilds = ['builddir', 'buildrootdir', 'define'].filter((name) => options[name]);
  if (rpmbuilds.length > 0 || extra.length > 0 || !wantsScl(options))
    fail(
      'usage',
      'With --srpm-mock the spec is run in mock: options of rpmbuild do not count.',
      "Leave them out; --root FILE has macros of your own: config_opts['macros'].",
    );
  const rpmPackage = await openRpmPackage(context);
  // Before Ctrl-C is mock's: a download that is broken off goes on another time.
  await fetchFiles(context, rpmPackage);
  return withMockRoot(context, rpmPackage, options, (root, signal) =>
    buildSrpmInMock(context, rpmPackage, options, root, signal),
  );
}

export const local: CommandSpec = {
  name: 'local',
  args: EXTRA_ARGS,
  summary: 'Build source and binary packages on this machine (runs the spec)',
  options: [...RPM_OPTIONS, ...BCOND_OPTIONS, MD5_OPTION],
  examples: ['centpkg local', 'centpkg local --without tests', 'centpkg local -- --nodeps'],
  async run(context, extra, options) {
    const rpmPackage = await openRpmPackage(context, { scl: wantsScl(options) });
    const { copy } = rpmPackage;
    await fetchFiles(context, rpmPackage);
    const args = rpmbuildArgs(context, options, extra);
    return withWorkspace(context, rpmPackage, async (workspace) => {
      const version = await querySpec(workspace, specArgs(options));
      requireBuiltName(rpmPackage, version);
      const logName = `.build-${version.version}-${version.release}.log`;
      const log = openBuildLog(join(workspace.folder, logName));
      const show = (line: string): void => {
        log.write(line);
        context.note(line);
      };
      const failed = await rpmbuild('-ba', args, workspace, show, !context.given.quiet).then(
        () => null,
        (error: unknown) => error,
      );
      const incomplete = await log.end();
      // Nothing is kept of what was interrupted; else the log is the one result of a build that failed.
      if (workspace.signal.aborted && failed !== null) throw failed;
      if (incomplete === null) {
        await keepFile(join(workspace.folder, logName), join(copy.root, logName));
        await excludeFromGit(copy, ['/.build-*.log']);
      }
      const paths = failed === null ? await keepBuilt(copy, workspace) : [];
      // Where the disk was full, that is why the build failed.
      const problem = incomplete ?? failed;
      if (problem !== null) throw problem;
      return {
        data: { nvr: nvr(version), packages: paths, log: join(copy.root, logName) },
        text: wrote(paths),
      };
    });
  },
};
