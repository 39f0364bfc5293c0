import { fail } from '../../core/api/distgit-error.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import { type Nvr, parseNvr } from '../../core/domain/nvr.ts';
import { readSpec } from '../../core/domain/spec/read-spec.ts';
import { sclMacros } from '../../core/domain/spec/scl-macros.ts';
import type { BuildDeps } from './build-deps.ts';
import type { WantedBuild } from './check-build.ts';
import { specText } from './find-commit.ts';

/**
 * What Koji will call a build, read from its spec without running any of it.
 * @param macros of the build tag, which stand over those of the release
 * @returns `nvr` null, and why in `notes`, where only rpm could tell
 * @throws DistGitError `check_failed` for a spec that rpm would refuse, or of another package
 */
export async function predictNvr(
  deps: Pick<BuildDeps, 'git' | 'repositories'>,
  { component, branch, commit }: Pick<WantedBuild, 'component' | 'branch' | 'commit'>,
  macros: ReadonlyMap<string, string>,
): Promise<{ readonly nvr: Nvr | null; readonly notes: readonly string[] }> {
  const { sclName, release } = branch;
  const table = new Map(sclMacros({ sclName, release }));
  for (const [name, body] of macros) table.set(name, { body, options: null });
  const spec = readSpec(await specText(deps, component, commit), { macros: table });
  const built = builtPackageName(component, sclName);
  const { name } = spec;
  if (name.value.known && name.value.text !== built)
    fail(
      'check_failed',
      `The spec makes ${name.value.text}, and ${component} is to build ${built} here.`,
      `Let its Name be %{?scl_prefix}${component}, or %scl in a meta component.`,
    );
  const parts: string[] = [];
  for (const { value } of [spec.name, spec.version, spec.release]) {
    if (!value.known)
      return { nvr: null, notes: [`Whether it is built already is not known: ${value.why}.`] };
    parts.push(value.text);
  }
  return { nvr: parseNvr(parts.join('-')), notes: [] };
}
