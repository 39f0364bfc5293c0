import { fail } from '../api/distgit-error.ts';
import type { Branch } from './branch-name.ts';
import type { CollectionName, SclName } from './collection.ts';
import { type ComponentName, parseComponentName } from './component-name.ts';
import type { ElRelease } from './el-release.ts';
import { quoted } from './text.ts';

/** What of a collection tells which packages are its own. */
export interface PackageCollection {
  readonly name: CollectionName;
  readonly sclName: SclName;
  readonly metaComponent: ComponentName;
  readonly releases: readonly ElRelease[];
}

/**
 * Where a released package belongs, by its name and the `dist` in its release:
 * `rh-python34-python-six`, `1.el7` is component `python-six` on `scl-rh-python34-el7`. The longest
 * SCL name counts, because one may begin with another (`devtoolset-3`, `devtoolset-3-eclipse`).
 * @throws DistGitError `not_found` where no collection has it
 */
export function placeOfPackage(
  { name, release }: { readonly name: string; readonly release: string },
  collections: readonly PackageCollection[],
): { readonly component: ComponentName; readonly branch: Branch } {
  const [collection] = collections
    .filter(({ sclName }) => name === sclName || name.startsWith(`${sclName}-`))
    .toSorted((a, b) => b.sclName.length - a.sclName.length);
  if (collection === undefined)
    fail(
      'not_found',
      `No collection has packages named ${quoted(name)}.`,
      'Create it: centpkg collection create NAME --sig SIG --el RELEASES',
    );
  const dist = [...release.matchAll(/\.el(\d+s?)(?![0-9a-z])/g)].at(-1)?.[1];
  if (dist === undefined)
    fail(
      'not_found',
      `The release ${quoted(release)} does not say for which EL it is.`,
      'Import it by itself, on a branch that you choose: centpkg import FILE',
    );
  // Stream's packages say el8 as well.
  const own = [dist, `${dist}s`].flatMap((one) => collection.releases.filter((el) => el === one));
  const [el] = own;
  if (el === undefined)
    fail(
      'not_found',
      `Collection ${collection.name} is not built for EL ${dist}.`,
      `Add it: centpkg collection add-release ${collection.name} ${dist}`,
    );
  const component =
    name === collection.sclName
      ? collection.metaComponent
      : parseComponentName(name.slice(collection.sclName.length + 1));
  return { component, branch: { collection: collection.name, release: el } };
}
