import type { HubTarget } from './hub-state.ts';
import type { ExtraValue, MergeMode } from './profile.ts';
import type { ThingId } from './things.ts';

/** Koji's permission for a step; `package_list` is the hub's policy of that name. */
export type Need = 'tag' | 'target' | 'package_list' | 'admin';

export interface TagSettings {
  readonly arches: readonly string[];
  readonly perm: string | null;
  readonly locked: boolean;
  /** The keys that are ours or in the way of ours; no others. */
  readonly extra: Readonly<Record<string, unknown>>;
}
export interface PlannedEdge {
  readonly parent: string;
  readonly priority: number;
}
export interface PlannedRepo {
  readonly mode: MergeMode;
  readonly priority: number;
}
export interface PlannedPackage {
  readonly owner: string;
  readonly blocked: boolean;
}

interface StepOf<Kind extends string, Object> {
  readonly kind: Kind;
  /** `remove`: of what we made ourselves, or what was named. */
  readonly action: 'create' | 'change' | 'remove';
  readonly needs: Need;
  /** Null: it is not there. */
  readonly before: Object | null;
  /** Null: it goes away. */
  readonly after: Object | null;
  /** What is ours once the step is done, and is remembered as such. */
  readonly makes: readonly ThingId[];
  /** What is not ours any more then. */
  readonly drops: readonly ThingId[];
}

/** A tag itself. On a change `set` has just what `editTag2` is to change. */
export interface TagStep extends StepOf<'tag', TagSettings> {
  readonly tag: string;
  readonly set: {
    readonly arches?: readonly string[];
    readonly perm?: string;
    readonly locked?: boolean;
    readonly extra?: Readonly<Record<string, ExtraValue>>;
    readonly removeExtra?: readonly string[];
  };
}
/** All edges of one tag at once, because priorities must be unique at the end of each call. */
export interface InheritanceStep extends StepOf<'inheritance', readonly PlannedEdge[]> {
  readonly tag: string;
  /** New ones, and those whose priority changes; everything else about them stays. */
  readonly set: readonly PlannedEdge[];
  /** Parents whose link is deleted. */
  readonly remove: readonly string[];
}
export interface ExternalRepoStep extends StepOf<'external-repo', PlannedRepo> {
  readonly tag: string;
  readonly repo: string;
}
/** A group of a tag, with packages in it. */
export interface GroupStep extends StepOf<'group', readonly string[]> {
  readonly tag: string;
  readonly group: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}
/** A package in a tag's list. `before.blocked` and `after.blocked` tell block from unblock. */
export interface PackageStep extends StepOf<'package', PlannedPackage> {
  readonly tag: string;
  readonly package: string;
}
export interface TargetStep extends StepOf<'target', HubTarget> {
  readonly target: string;
}

export type Step =
  | TagStep
  | InheritanceStep
  | ExternalRepoStep
  | GroupStep
  | PackageStep
  | TargetStep;

export const FINDING_KINDS = [
  /** On the hub, in a tag of ours, and not from us: it stays. */
  'foreign',
  /** Ours by name, but not as it should be, and not from us: it stays unless it is named. */
  'differs',
  /** A tag that somebody locked, a package that somebody blocked. */
  'locked',
  'blocked',
  /** A package has another owner than the SIG's. */
  'owner',
  /** The tag of a collection that is not set up yet, or one that the site must have. */
  'missing-parent',
] as const;

export interface Finding {
  readonly kind: (typeof FINDING_KINDS)[number];
  readonly thing: ThingId;
  /** One sentence: the fact, with names and values. */
  readonly message: string;
  /** What to do, where something can be done. */
  readonly remedy: string | null;
}

/** What only an administrator of the hub can do. */
export interface AdminRequest {
  /** One sentence: what is missing. */
  readonly message: string;
  /** Commands of the program `koji`, to be run as they are. */
  readonly commands: readonly string[];
  /** What waits for it, and is left out of the steps until then. */
  readonly blocks: readonly ThingId[];
}

/** The way from what a hub has to what it should have. Plain data: it is stored, sent and shown. */
export interface Plan {
  /** In the order in which they are to be done. None: the hub has what it can have now. */
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  readonly requests: readonly AdminRequest[];
  /** What is there as it should be. */
  readonly unchanged: readonly ThingId[];
}

export interface PlanOptions {
  /** What we made before, from the `makes` of steps that were done. */
  readonly ours: ReadonlySet<ThingId>;
  /** What may be overwritten or removed although it is not ours, because somebody named it. */
  readonly named: ReadonlySet<ThingId>;
}
