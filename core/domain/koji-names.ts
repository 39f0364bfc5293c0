import type { Branch } from './branch-name.ts';
import type { Vendor } from './collection.ts';
import type { ElRelease } from './el-release.ts';
import type { SigName } from './sig.ts';

export const KOJI_LEVELS = ['candidate', 'testing', 'release'] as const;
export type KojiLevel = (typeof KOJI_LEVELS)[number];

/** What a collection's Koji names are made of. */
export interface KojiSubject extends Branch {
  readonly sig: SigName;
  readonly vendor: Vendor;
}

/** Koji's names for one collection on one EL release. */
export interface KojiNames {
  readonly levels: Readonly<Record<KojiLevel, string>>;
  readonly buildTag: string;
  readonly target: string;
  readonly permission: string;
  /** Shared tags, inherited where they exist on the hub. */
  readonly collectionsCommon: string;
  readonly sigCommon: string;
  readonly buildsys: string;
}

/** `buildsys7` for 6 and 7, `buildsys9s-release` from 8 on. */
const buildsysTag = (release: ElRelease): string =>
  release === '6' || release === '7' ? `buildsys${release}` : `buildsys${release}-release`;

const shared = ({ sig, vendor, collection, release }: KojiSubject) => ({
  permission: `build-${sig}`,
  collectionsCommon: `${sig}${release}-${collection}-common-candidate`,
  sigCommon: `${sig}${release}-common-candidate`,
  buildsys: buildsysTag(release),
  prefix: `${sig}${release}-${collection}-${vendor}`,
});

const levelTags = (prefix: string): Record<KojiLevel, string> => ({
  candidate: `${prefix}-candidate`,
  testing: `${prefix}-testing`,
  release: `${prefix}-release`,
});

/** `cbs`: the names of CentOS's hub. `proposal`: the table of the CentOS proposal. */
export const KOJI_NAME_TEMPLATES = {
  cbs: (subject: KojiSubject): KojiNames => {
    const { prefix, ...rest } = shared(subject);
    const target = `${prefix}-el${subject.release}`;
    return { ...rest, levels: levelTags(prefix), buildTag: `${target}-build`, target };
  },
  proposal: (subject: KojiSubject): KojiNames => {
    const { prefix: _, ...rest } = shared(subject);
    const target = `${subject.sig}-${subject.collection}-el${subject.release}`;
    return { ...rest, levels: levelTags(target), buildTag: `${target}-build`, target };
  },
} as const;
export type KojiNameTemplate = keyof typeof KOJI_NAME_TEMPLATES;

/** One tag that a build tag inherits from. `optional`: only where it exists on the hub. */
export interface Inheritance {
  readonly tag: string;
  readonly priority: number;
  readonly optional: boolean;
}

/**
 * The build tag's inheritance, by priority: 5 buildsys, 10 own candidate, 12 own testing where
 * asked for, 15 and 20 the common tags, 25, 30, … the collections depended on, in their order.
 */
export function buildTagInheritance(
  names: KojiNames,
  dependsTags: readonly string[],
  options: { readonly inheritTesting: boolean },
): Inheritance[] {
  const tag = (name: string, priority: number, optional = false): Inheritance => ({
    tag: name,
    priority,
    optional,
  });
  return [
    tag(names.buildsys, 5),
    tag(names.levels.candidate, 10),
    ...(options.inheritTesting ? [tag(names.levels.testing, 12)] : []),
    tag(names.collectionsCommon, 15, true),
    tag(names.sigCommon, 20, true),
    ...dependsTags.map((name, index) => tag(name, 25 + 5 * index)),
  ];
}
