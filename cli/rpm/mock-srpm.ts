import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import type { CommandContext, Options } from '../command.ts';
import { keepPackages, packagesIn } from './keep-results.ts';
import { mockRunArgs, mockSurroundings } from './mock-root.ts';
import { type BuiltVersion, requireBuiltName } from './query-spec.ts';
import { removeFolder } from './remove-folder.ts';
import type { RpmPackage } from './rpm-package.ts';
import { digestArgs } from './rpmbuild.ts';
import { capture, follow } from './run-program.ts';

/**
 * Has mock build the source package, so that the spec is run by the rpm and the macros of the
 * buildroot alone; it comes into the clone, where its sources are already.
 * @param root what names the buildroot, see `withMockRoot`
 * @throws DistGitError `check_failed` where mock fails, or the package has another name; `interrupted`
 */
export async function buildSrpmInMock(
  context: CommandContext,
  rpmPackage: RpmPackage,
  options: Options,
  root: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly version: BuiltVersion; readonly path: string }> {
  const { copy, spec } = rpmPackage;
  const { cwd, env } = mockSurroundings(context, rpmPackage);
  const folder = await mkdtemp(join(tmpdir(), 'centpkg-srpm-'));
  try {
    const files = ['--buildsrpm', '--spec', join(copy.root, spec), '--sources', copy.root];
    const how = [...mockRunArgs(options), ...digestArgs(options), ...root, '--resultdir', folder];
    const line = context.note;
    const running = { cwd, env, signal, line, hearsTerminal: true };
    const code = await follow('mock', [...how, ...files], running);
    const [built] = await packagesIn(folder);
    if (code !== 0 || built === undefined)
      fail(
        'check_failed',
        `mock built no source package (status ${code}).`,
        'Look at what it says above; --no-cleanup-after leaves the buildroot to be looked at.',
      );
    const version = await versionOf(built, { cwd, env, signal });
    requireBuiltName(rpmPackage, version);
    const [path = ''] = await keepPackages(copy, [built]);
    return { version, path };
  } finally {
    await removeFolder(folder);
  }
}

async function versionOf(
  path: string,
  options: Parameters<typeof capture>[2],
): Promise<BuiltVersion> {
  const format = '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE}\\n';
  const args = ['-qp', '--nosignature', '--queryformat', format, path];
  const { stdout } = await capture('rpm', args, options);
  const [name, epoch, version, release] = stdout.trim().split(' ');
  if (name && epoch && version && release) return { name, epoch, version, release };
  return fail(
    'check_failed',
    'What mock built is no source package.',
    'Look at what it says above.',
  );
}
