import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { CommandContext, CommandSpec, Options } from '../command.ts';
import { fetchFiles } from '../rpm/fetch-files.ts';
import { excludeFromGit, keepFile, keepPackages, packagesIn } from '../rpm/keep-results.ts';
import { type BuiltVersion, nvr, querySpec, requireBuiltName } from '../rpm/query-spec.ts';
import { openRpmPackage } from '../rpm/rpm-package.ts';
import {
  BCOND_OPTIONS,
  EXTRA_ARGS,
  RPM_OPTIONS,
  rpmbuild,
  rpmbuildArgs,
  specArgs,
  wantsScl,
} from '../rpm/rpmbuild.ts';
import { withWorkspace } from '../rpm/workspace.ts';

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
    const built = await packagesIn(join(workspace.folder, 'srcrpmdir'));
    const [path = ''] = await keepPackages(rpmPackage.copy, built);
    return { version, path };
  });
}

const wrote = (paths: readonly string[]): string =>
  paths.map((path) => `Wrote: ${path}`).join('\n');

export const srpm: CommandSpec = {
  name: 'srpm',
  args: EXTRA_ARGS,
  summary: 'Build the source package (runs the spec)',
  options: RPM_OPTIONS,
  examples: ['centpkg srpm', "centpkg srpm --define 'dist .el7.test'"],
  async run(context, extra, options) {
    const { version, path } = await buildSrpm(context, options, extra);
    return { data: { nvr: nvr(version), srpm: path }, text: wrote([path]) };
  },
};

export const local: CommandSpec = {
  name: 'local',
  args: EXTRA_ARGS,
  summary: 'Build source and binary packages on this machine (runs the spec)',
  options: [...RPM_OPTIONS, ...BCOND_OPTIONS],
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
      const log = createWriteStream(join(workspace.folder, logName));
      try {
        const show = (line: string): void => {
          log.write(`${line}\n`);
          context.note(line);
        };
        await rpmbuild('-ba', args, workspace, show, !context.given.quiet);
      } finally {
        log.end();
        await finished(log);
        // The one result of a build that failed.
        if (!workspace.signal.aborted) {
          await keepFile(join(workspace.folder, logName), join(copy.root, logName));
          await excludeFromGit(copy, ['/.build-*.log']);
        }
      }
      const built = ['srcrpmdir', 'rpmdir'].map((name) => join(workspace.folder, name));
      const packages = (await Promise.all(built.map(packagesIn))).flat();
      const paths = await keepPackages(copy, packages);
      return {
        data: { nvr: nvr(version), packages: paths, log: join(copy.root, logName) },
        text: wrote(paths),
      };
    });
  },
};
