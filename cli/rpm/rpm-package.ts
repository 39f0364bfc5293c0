import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { Branch } from '../../core/domain/branch-name.ts';
import { builtPackageName } from '../../core/domain/built-package-name.ts';
import { parseSclName, type SclName, VENDORS, type Vendor } from '../../core/domain/collection.ts';
import { isMetaComponent } from '../../core/domain/component-name.ts';
import type { CommandContext } from '../command.ts';
import { currentBranch, openWorkingCopy, type WorkingCopy } from '../working-copy/working-copy.ts';

/** What a package is built for. */
export interface BuildCollection {
  readonly sclName: SclName;
  readonly vendor: Vendor;
}

/** A clone, seen as the package that is built from it. */
export interface RpmPackage {
  readonly copy: WorkingCopy;
  readonly branch: Branch;
  /** Null: the ordinary package, without any collection. */
  readonly collection: BuildCollection | null;
  /** The spec's name in the clone. */
  readonly spec: string;
  /** The name that the source package has to have. */
  readonly builtName: string;
}

/**
 * @param options `scl` false: build without the collection
 * @throws DistGitError `usage` outside of a clone, without a spec
 */
export async function openRpmPackage(
  context: CommandContext,
  { scl = true }: { readonly scl?: boolean } = {},
): Promise<RpmPackage> {
  const copy = await openWorkingCopy(context);
  const branch = await currentBranch(copy);
  const { component } = copy;
  const spec = await specName(copy);
  if (!scl && isMetaComponent(component))
    fail('usage', `${component} is nothing without its collection.`, 'Leave out --no-scl.');
  const collection = scl ? await collectionOf(context, copy, branch) : null;
  const builtName =
    collection === null ? component : builtPackageName(component, collection.sclName);
  return { copy, branch, collection, spec, builtName };
}

/** The name of the component's spec, which is there. @throws DistGitError `usage` */
export async function specName({ root, component }: WorkingCopy): Promise<string> {
  const spec = `${component}.spec`;
  await access(join(root, spec)).catch(() =>
    fail('usage', `${spec} is missing.`, `Write it, then: git add ${spec}`),
  );
  return spec;
}

/**
 * As the server knows it. The clone remembers the last answer, so that a package can be built
 * where there is no network.
 */
async function collectionOf(
  context: CommandContext,
  { git }: WorkingCopy,
  { collection }: Branch,
): Promise<BuildCollection> {
  const key = (name: string): string => `centpkg.${collection}.${name}`;
  try {
    const { sclName, vendor } = await context.api.call('showCollection', { collection });
    for (const [name, value] of Object.entries({ sclName, vendor }))
      if ((await git.ask('config', '--get', key(name))) !== value)
        await git.read('config', key(name), value);
    return { sclName: parseSclName(sclName), vendor };
  } catch (error) {
    if (!(error instanceof DistGitError) || error.code !== 'unavailable') throw error;
    const sclName = await git.ask('config', '--get', key('sclName'));
    const stored = await git.ask('config', '--get', key('vendor'));
    const vendor = VENDORS.find((one) => one === stored);
    if (sclName === null || vendor === undefined) throw error;
    context.note('The server can not be reached: taking the collection as it was last time.');
    return { sclName: parseSclName(sclName), vendor };
  }
}
