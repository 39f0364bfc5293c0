import type { Declaration, DeclaredCollection } from '../../core/api/declaration-schemas.ts';
import {
  type CollectionName,
  defaultMetaComponent,
  defaultSclName,
  type SclName,
  type Vendor,
} from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import type { SigName } from '../../core/domain/sig.ts';
import type { TestName } from '../../core/domain/test-result.ts';

export interface Dependency {
  readonly collection: CollectionName;
  readonly level: 'candidate' | 'release';
}
export interface ReleaseDepends {
  readonly release: ElRelease;
  readonly depends: readonly Dependency[];
}
export interface CollectionSettings {
  readonly vendor: Vendor;
  readonly sclName: SclName;
  readonly metaComponent: ComponentName;
  readonly inheritTesting: boolean;
  /** What a build has to pass before it goes to the level. */
  readonly testingTests: readonly TestName[];
  readonly releaseTests: readonly TestName[];
}
/** A collection as it is. */
export interface KnownCollection extends CollectionSettings {
  readonly name: CollectionName;
  readonly sig: SigName;
  readonly releases: readonly ReleaseDepends[];
  readonly components: number;
}

/** What becomes of one collection. */
export interface CollectionChange {
  readonly collection: CollectionName;
  readonly sig: SigName;
  readonly action: 'create' | 'change' | 'remove';
  readonly settings: CollectionSettings;
  /** New releases, and those whose dependencies change. */
  readonly add: readonly ReleaseDepends[];
  readonly depend: readonly ReleaseDepends[];
  readonly remove: readonly ElRelease[];
  readonly fields: readonly {
    readonly field: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

const dependsText = (depends: readonly Dependency[]): string =>
  depends
    .map((one) => (one.level === 'release' ? `${one.collection}@release` : one.collection))
    .join(', ');

/** In the order of the file, so that a second run of it finds nothing to do. Pure. */
export function declaredChanges(
  { sig: fileSig, collections }: Declaration,
  known: ReadonlyMap<CollectionName, KnownCollection>,
  prune: boolean,
): CollectionChange[] {
  const changes = collections.flatMap((declared) => {
    const found = known.get(declared.name);
    // `declarationProblems` has told of one without a SIG.
    const sig = found?.sig ?? declared.sig ?? fileSig;
    if (sig === undefined) return [];
    const change = changeOf(declared, sig, found ?? null, prune);
    return change.fields.length === 0 && found !== undefined ? [] : [change];
  });
  if (!prune) return changes;
  const sigs = new Set([fileSig, ...collections.map((one) => known.get(one.name)?.sig ?? one.sig)]);
  const names = new Set(collections.map(({ name }) => name));
  const gone = [...known.values()].filter(({ name, sig }) => sigs.has(sig) && !names.has(name));
  return [...changes, ...gone.map(removal)];
}

function changeOf(
  declared: DeclaredCollection,
  sig: SigName,
  found: KnownCollection | null,
  prune: boolean,
): CollectionChange {
  const settings: CollectionSettings = {
    vendor: declared.namespace ?? found?.vendor ?? 'rh',
    sclName: declared.sclName ?? found?.sclName ?? defaultSclName(declared.name),
    metaComponent:
      declared.metaComponent ?? found?.metaComponent ?? defaultMetaComponent(declared.name),
    inheritTesting: declared.inheritTesting ?? found?.inheritTesting ?? false,
    testingTests: declared.promotion?.testing?.tests ?? found?.testingTests ?? [],
    releaseTests: declared.promotion?.release?.tests ?? found?.releaseTests ?? [],
  };
  const had = new Map(found?.releases.map(({ release, depends }) => [release, depends]));
  const add = declared.releases.filter(({ release }) => !had.has(release));
  const depend = declared.releases.filter(({ release, depends }) => {
    const before = had.get(release);
    return before !== undefined && dependsText(before) !== dependsText(depends);
  });
  const stays = new Set(declared.releases.map(({ release }) => release));
  const remove = prune ? [...had.keys()].filter((release) => !stays.has(release)) : [];
  return {
    collection: declared.name,
    sig,
    action: found === null ? 'create' : 'change',
    settings,
    add,
    depend,
    remove,
    fields: [
      ...settingFields(found, settings),
      ...add.map(({ release, depends }) => ({
        field: `el${release}`,
        before: null,
        after: dependsText(depends),
      })),
      ...depend.map(({ release, depends }) => ({
        field: `el${release}`,
        before: dependsText(had.get(release) ?? []),
        after: dependsText(depends),
      })),
      ...remove.map((release) => ({
        field: `el${release}`,
        before: dependsText(had.get(release) ?? []),
        after: null,
      })),
    ],
  };
}

const FIELDS = {
  vendor: 'namespace',
  sclName: 'SCL name',
  metaComponent: 'meta component',
  inheritTesting: 'inherits testing',
  testingTests: 'tests for testing',
  releaseTests: 'tests for release',
} as const;

const settingText = (value: string | boolean | readonly string[]): string =>
  typeof value === 'object' ? value.join(', ') : String(value);

function settingFields(before: CollectionSettings | null, after: CollectionSettings) {
  return (Object.keys(FIELDS) as (keyof typeof FIELDS)[])
    .map((key) => ({
      field: FIELDS[key],
      before: before === null ? null : settingText(before[key]),
      after: settingText(after[key]),
    }))
    .filter((one) => (one.before ?? '') !== one.after);
}

function removal({ name, sig, releases, ...settings }: KnownCollection): CollectionChange {
  return {
    collection: name,
    sig,
    action: 'remove',
    settings,
    add: [],
    depend: [],
    remove: releases.map(({ release }) => release),
    fields: [],
  };
}
