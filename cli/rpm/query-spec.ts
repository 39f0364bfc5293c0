import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { isMetaComponent } from '../../core/domain/component-name.ts';
import type { RpmPackage } from './rpm-package.ts';
import { capture } from './run-program.ts';
import type { Workspace } from './workspace.ts';

/** Of the source package that a spec builds. */
export interface BuiltVersion {
  readonly name: string;
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
}

/** `name-version-release` */
export const nvr = ({ name, version, release }: BuiltVersion): string =>
  `${name}-${version}-${release}`;

/**
 * What rpm itself reads out of the spec, with the macros of the branch.
 * @param args see `specArgs`
 * @throws DistGitError `check_failed` in rpm's words, `interrupted`
 */
export async function querySpec(
  { spec, defines, folder, env, signal }: Workspace,
  args: readonly string[] = [],
): Promise<BuiltVersion> {
  const format = '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE}\\n';
  const query = ['-q', '--srpm', '--queryformat', format, ...defines, ...args, spec];
  const { code, stdout, stderr } = await capture('rpmspec', query, {
    cwd: folder,
    env,
    signal,
  });
  const [name, epoch, version, release] = stdout.trim().split(' ');
  if (code === 0 && name && epoch && version && release) return { name, epoch, version, release };
  throw new DistGitError('check_failed', `rpm can not read the spec:\n${stderr.trim()}`, {
    detail: { remedy: 'Mend the spec.' },
  });
}

/**
 * The built name is that of the table of names, or both could not be used together with RHSCL.
 * @throws DistGitError `check_failed`
 */
export function requireBuiltName(
  { spec, copy, collection, builtName }: RpmPackage,
  { name }: BuiltVersion,
): void {
  if (name === builtName) return;
  const { component } = copy;
  const scl = isMetaComponent(component)
    ? 'Name: %scl_name'
    : `Name: %{?scl_prefix}${component}, after %{?scl:%scl_package ${component}}`;
  const where = collection === null ? 'without a collection' : `in ${collection.sclName}`;
  fail(
    'check_failed',
    `${spec} builds ${name}, but ${component} ${where} builds ${builtName}.`,
    `Write into the spec: ${scl}`,
  );
}
