/** How Koji merges an external repository with a tag's own builds. */
export const MERGE_MODES = ['koji', 'simple', 'bare'] as const;
export type MergeMode = (typeof MERGE_MODES)[number];

/** What Koji keeps as a tag's extra: a flag, a number or a text. */
export type ExtraValue = boolean | number | string;

export interface ProfileRepo {
  readonly repo: string;
  readonly mode: MergeMode;
  readonly priority: number;
  /** What it is created with where the hub does not have it; `$arch` stays. Null: not known. */
  readonly url: string | null;
}

/** What every build tag of one EL release has; a site's own choice, from its configuration. */
export interface KojiProfile {
  readonly arches: readonly string[];
  readonly externalRepos: readonly ProfileRepo[];
  /** `mock.*`, `rpm.macro.*`, `repo.*` and so on; texts may have placeholders. */
  readonly extra: Readonly<Record<string, ExtraValue>>;
  /** Packages of the groups `build` and `srpm-build`, with placeholders. */
  readonly groupPackages: readonly string[];
  /** The tag that every build tag inherits from first; null: as the names have it. */
  readonly buildsys: string | null;
}
