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
 * @throws DistGitError `check_failed` for a spec that rpm would refuse, of another package, or
 *   whose name only rpm could tell where the build is to be kept
 */
export async function predictNvr(
  deps: Pick<BuildDeps, 'git' | 'repositories'>,
  {
    component,
    branch,
    commit,
    kind,
  }: Pick<WantedBuild, 'component' | 'branch' | 'kind'> & { readonly commit: string },
  macros: ReadonlyMap<string, string>,
): Promise<{ readonly nvr: Nvr | null; readonly notes: readonly string[] }> {
  const { sclName, release } = branch;
  const table = new Map(sclMacros({ sclName, release }));
  for (const [name, body] of macros) table.set(name, { body, options: null });
  const spec = readSpec(await specText(deps, component, commit), { macros: table });
  const built = builtPackageName(component, sclName);
  const { name } = spec;
  const remedy = `Let its Name be %{?scl_prefix}${component}, or %scl in a meta component.`;
  // Whoever may push to one component must not make the package of another.
  if (!name.value.known && kind !== 'scratch')
    fail('check_failed', `What the spec makes can not be told: ${name.value.why}.`, remedy);
  if (name.value.known && name.value.text !== built)
    fail(
      'check_failed',
      `The spec makes ${name.value.text}, and ${component} is to build ${built} here.`,
      remedy,
    );
  const parts: string[] = [];
  for (const { value } of [spec.name, spec.version, spec.release]) {
    if (!value.known)
      return { nvr: null, notes: [`Whether it is built already is not known: ${value.why}.`] };
    parts.push(value.text);
  }
  return { nvr: parseNvr(parts.join('-')), notes: [] };
}
