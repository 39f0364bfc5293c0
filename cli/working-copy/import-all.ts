import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import { parseCollectionName, parseSclName } from '../../core/domain/collection.ts';
import { type ComponentName, parseComponentName } from '../../core/domain/component-name.ts';
import { parseElRelease } from '../../core/domain/el-release.ts';
import { type PackageCollection, placeOfPackage } from '../../core/domain/released-package.ts';
import type { CommandContext } from '../command.ts';
import { openSourcePackage, type SourcePackage } from '../rpm/srpm/source-package.ts';

/** One package of the folder, and what became of it. */
export interface ImportRow {
  readonly file: string;
  readonly component: string | null;
  readonly branch: string | null;
  /** `planned`: it would be imported. */
  readonly state: 'imported' | 'already' | 'planned' | 'refused';
  readonly commit: string | null;
  /** Why it was refused, and what to do about it. */
  readonly reason: string | null;
  readonly remedy: string | null;
}

export interface PlacedPackage {
  readonly source: SourcePackage;
  readonly component: ComponentName;
  readonly branch: Branch;
}

/** What belongs on one branch, oldest first. */
export interface BranchImport {
  readonly component: ComponentName;
  readonly branch: Branch;
  readonly packages: readonly PlacedPackage[];
}

/**
 * Reads the headers of all source packages of a folder and sorts them by component and branch.
 * @throws DistGitError `usage` where there are none
 */
export async function readReleased(
  context: CommandContext,
  folder: string,
): Promise<{ branches: BranchImport[]; refused: ImportRow[] }> {
  const path = resolve(context.cwd, folder);
  const names = await readdir(path).catch(() =>
    fail(
      'usage',
      `${folder} is not a folder that can be read.`,
      'Name a folder of .src.rpm files.',
    ),
  );
  const files = names.filter((name) => name.endsWith('.src.rpm')).sort();
  if (files.length === 0)
    fail('usage', `${folder} has no .src.rpm files.`, 'Name a folder that has some.');
  const collections = await collectionsOf(context);
  const branches = new Map<string, PlacedPackage[]>();
  const refused: ImportRow[] = [];
  for (const file of files)
    try {
      const source = await openSourcePackage(join(path, file));
      const place = placeOfPackage(source, collections);
      const key = `${place.component} ${branchName(place.branch)}`;
      branches.set(key, [...(branches.get(key) ?? []), { source, ...place }]);
    } catch (error) {
      refused.push(refusedRow(file, null, error));
    }
  return {
    branches: [...branches]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, packages]) => {
        const [first] = packages;
        return first === undefined ? [] : [{ ...first, packages: packages.toSorted(byAge) }];
      }),
    refused,
  };
}

const byAge = (a: PlacedPackage, b: PlacedPackage): number =>
  a.source.buildTime - b.source.buildTime || (a.source.nevr < b.source.nevr ? -1 : 1);

async function collectionsOf({ api }: CommandContext): Promise<PackageCollection[]> {
  const { items } = await api.call('listCollections', {});
  return items.map(({ name, sclName, metaComponent, releases }) => ({
    name: parseCollectionName(name),
    sclName: parseSclName(sclName),
    metaComponent: parseComponentName(metaComponent),
    releases: releases.map(({ release }) => parseElRelease(release)),
  }));
}

/** What stands between a package and its branch is told; what is no refusal is thrown on. */
export function refusedRow(
  file: string,
  place: Pick<PlacedPackage, 'component' | 'branch'> | null,
  error: unknown,
): ImportRow {
  if (!(error instanceof DistGitError) || error.kind.retryable) throw error;
  if (/^(interrupted|authentication_required|credential_invalid|storage_full)$/.test(error.code))
    throw error;
  const { remedy = null, problems = [] } = error.detail;
  const more = problems.map(({ path, message }) => `${path}: ${message}`);
  return {
    file: basename(file),
    component: place?.component ?? null,
    branch: place === null ? null : branchName(place.branch),
    state: 'refused',
    commit: null,
    reason: [error.message, ...more].join(' '),
    remedy,
  };
}
