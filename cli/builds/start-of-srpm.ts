import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiInput, ApiOutput } from '../../core/api/schemas.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { checksumOf } from '../api-client/lookaside-client.ts';
import type { CommandContext } from '../command.ts';
import { buildSrpm } from '../commands/rpm-build.ts';
import { openRpmPackage } from '../rpm/rpm-package.ts';
import { openSourcePackage } from '../rpm/srpm/source-package.ts';

type Settings = Pick<ApiInput<'startSrpm'>, 'target' | 'arches' | 'failFast' | 'background'>;

/**
 * Has Koji make a scratch build of an SRPM, which goes there by the server.
 * @param file undefined: the clone's own is made first
 * @throws DistGitError `usage`, `check_failed` for a file that is no source package of the branch
 */
export async function startOfSrpm(
  context: CommandContext,
  file: string | undefined,
  settings: Settings,
): Promise<ApiOutput<'startSrpm'>> {
  if (file === undefined && context.given.dryRun)
    fail('usage', 'To make the SRPM is no dry run.', 'Name one: --srpm FILE.src.rpm');
  const { copy, branch, builtName } = await openRpmPackage(context);
  const path =
    file === undefined ? (await buildSrpm(context, {}, [])).path : resolve(context.cwd, file);
  const source = await openSourcePackage(path);
  const name = branchName(branch);
  if (source.name !== builtName)
    fail(
      'check_failed',
      `${basename(path)} is ${source.name}, and ${name} is to build ${builtName}.`,
      'Make it here, on the branch: centpkg scratch-build --srpm',
    );
  return context.interruptible(async (signal) => {
    const [{ size }, sha512] = await Promise.all([stat(path), checksumOf(path, 'sha512', signal)]);
    const input = { component: copy.component, branch: name, sha512, ...settings };
    const track = context.progress.track(basename(path));
    try {
      return await context.api.callWithFile('startSrpm', input, { path, size }, track, signal);
    } catch (error) {
      throw signal.aborted ? interrupted() : error;
    } finally {
      context.progress.stop();
    }
  });
}

const interrupted = (): DistGitError =>
  new DistGitError('interrupted', 'The upload was broken off.', {
    detail: { remedy: 'Nothing is built, unless it was at its very end: see "centpkg builds".' },
  });
