import type { CollectionName } from '../domain/collection.ts';
import type { ElRelease } from '../domain/el-release.ts';
import type { KojiLevel } from '../domain/koji-names.ts';
import { desiredState, type KojiSite, type ReleaseFacts } from './desire.ts';
import type { ExtraValue, ProfileRepo } from './profile.ts';

/** What the builds of a collection on one EL release are made in, and where they go. */
export interface Buildroot {
  readonly collection: CollectionName;
  readonly release: ElRelease;
  readonly target: string;
  readonly buildTag: string;
  readonly destTag: string;
  readonly levels: Readonly<Record<KojiLevel, string>>;
  readonly arches: readonly string[];
  /** Of the group `build`. */
  readonly packages: readonly string[];
  /** In the order of their priority; `$arch` stays in the address. */
  readonly externalRepos: readonly ProfileRepo[];
  /** `mock.*`, `rpm.macro.*` and so on. */
  readonly extra: Readonly<Record<string, ExtraValue>>;
}

/** The buildroot that Koji should have for a collection on one EL release. */
export function buildrootOf(facts: ReleaseFacts, site: KojiSite): Buildroot {
  const { tags, target } = desiredState(facts, site);
  const tag = tags.find((one) => one.tag === target.buildTag);
  return {
    collection: facts.collection,
    release: facts.release,
    ...target,
    levels: site.names(facts).levels,
    arches: tag?.arches ?? [],
    packages: tag?.groups.find(({ group }) => group === 'build')?.packages ?? [],
    externalRepos: (tag?.externalRepos ?? []).toSorted((a, b) => a.priority - b.priority),
    extra: tag?.extra ?? {},
  };
}
