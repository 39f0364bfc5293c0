import type { CollectionName } from '../domain/collection.ts';
import type { KojiSubject } from '../domain/koji-names.ts';
import type { ExtraValue, ProfileRepo } from './profile.ts';

/** One tag that another inherits from. */
export interface DesiredEdge {
  readonly parent: string;
  readonly priority: number;
  /** Only where the parent exists on the hub. */
  readonly optional: boolean;
  /** The collection that it is a level of; null: the parent is the site's. */
  readonly collection: CollectionName | null;
}

export type DesiredRepo = ProfileRepo;

export interface DesiredGroup {
  readonly group: string;
  readonly packages: readonly string[];
}

export interface DesiredPackage {
  readonly package: string;
  /** A Koji user's name. */
  readonly owner: string;
  /** Retired: nothing of it may be tagged any more. */
  readonly blocked: boolean;
}

/** A tag as it should be. What is not named here is nobody's business of ours. */
export interface DesiredTag {
  readonly tag: string;
  /** Null: not ours to say. */
  readonly arches: readonly string[] | null;
  /** The permission that tagging into it needs; null: not ours to say. */
  readonly perm: string | null;
  /** Builds can not be tagged into it any more: the collection's end of life. */
  readonly locked: boolean;
  readonly extra: Readonly<Record<string, ExtraValue>>;
  readonly inheritance: readonly DesiredEdge[];
  readonly externalRepos: readonly DesiredRepo[];
  readonly groups: readonly DesiredGroup[];
  readonly packages: readonly DesiredPackage[];
}

export interface DesiredTarget {
  readonly target: string;
  readonly buildTag: string;
  readonly destTag: string;
}

/** All that Koji should have for one collection on one EL release. */
export interface DesiredState {
  readonly subject: KojiSubject;
  /** The level tags from candidate to release, then the build tag. */
  readonly tags: readonly DesiredTag[];
  readonly target: DesiredTarget;
}

/** What must be read from the hub to compare a desired state with it. */
export interface HubQuestions {
  /** With all that they have. */
  readonly tags: readonly string[];
  /** Tags of which it only matters whether they exist. None of `tags`. */
  readonly parents: readonly string[];
  readonly targets: readonly string[];
  readonly externalRepos: readonly string[];
  readonly users: readonly string[];
}

/** The names to read for these desired states, each once. */
export function hubQuestions(desired: readonly DesiredState[]): HubQuestions {
  const all = desired.flatMap(({ tags }) => tags);
  const tags = new Set(all.map(({ tag }) => tag));
  const parents = new Set(all.flatMap((tag) => tag.inheritance.map(({ parent }) => parent)));
  return {
    tags: [...tags],
    parents: [...parents].filter((parent) => !tags.has(parent)),
    targets: [...new Set(desired.map(({ target }) => target.target))],
    externalRepos: [...new Set(all.flatMap((tag) => tag.externalRepos.map(({ repo }) => repo)))],
    users: [...new Set(all.flatMap((tag) => tag.packages.map(({ owner }) => owner)))],
  };
}
