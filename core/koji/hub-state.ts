import type { MergeMode } from './profile.ts';

export interface HubEdge {
  readonly parent: string;
  readonly priority: number;
  readonly maxdepth: number | null;
  readonly intransitive: boolean;
  readonly noconfig: boolean;
  readonly pkgFilter: string;
}

export interface HubRepo {
  readonly repo: string;
  readonly mode: MergeMode;
  readonly priority: number;
  /** Space separated, where it is not for every architecture of the tag. */
  readonly arches: string | null;
}

export interface HubGroup {
  readonly group: string;
  readonly blocked: boolean;
  readonly packages: readonly { readonly package: string; readonly blocked: boolean }[];
}

export interface HubPackage {
  readonly package: string;
  readonly owner: string;
  readonly blocked: boolean;
}

/** A tag as the hub has it: what is its own, nothing that it inherits. */
export interface HubTag {
  /** Empty where the hub has none, be it `''` or nil. */
  readonly arches: readonly string[];
  readonly perm: string | null;
  readonly locked: boolean;
  readonly extra: Readonly<Record<string, unknown>>;
  /** Extra keys that are blocked here, so that they are not inherited. */
  readonly blockedExtra: readonly string[];
  readonly inheritance: readonly HubEdge[];
  readonly externalRepos: readonly HubRepo[];
  readonly groups: readonly HubGroup[];
  readonly packages: readonly HubPackage[];
}

export interface HubTarget {
  readonly buildTag: string;
  readonly destTag: string;
}

/**
 * What was read from the hub for the names of `hubQuestions`. Null: it was asked for, and is not
 * there. A name that is missing from a map was not asked for, and a plan of it is refused.
 */
export interface HubState {
  readonly tags: ReadonlyMap<string, HubTag | null>;
  /** Whether these other tags exist. */
  readonly parents: ReadonlyMap<string, boolean>;
  readonly targets: ReadonlyMap<string, HubTarget | null>;
  readonly externalRepos: ReadonlyMap<string, { readonly url: string } | null>;
  readonly users: ReadonlyMap<string, 'active' | 'blocked' | null>;
  /** Every permission that the hub knows, by name. */
  readonly permissions: ReadonlySet<string>;
  /** Who we are there. */
  readonly account: {
    readonly user: string;
    /** Its own; `admin` implies each. */
    readonly permissions: ReadonlySet<string>;
  };
}
