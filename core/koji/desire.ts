import { builtPackageName } from '../domain/built-package-name.ts';
import type { SclName } from '../domain/collection.ts';
import type { ComponentName } from '../domain/component-name.ts';
import {
  buildTagInheritance,
  KOJI_LEVELS,
  type KojiNames,
  type KojiSubject,
} from '../domain/koji-names.ts';
import type { DesiredEdge, DesiredState, DesiredTag } from './desired-state.ts';
import { fillPlaceholders } from './placeholders.ts';
import type { KojiProfile } from './profile.ts';

/** The groups that Koji's builders install, for a build and for the SRPM before it. */
export const BUILD_GROUPS = ['build', 'srpm-build'] as const;

/** A collection on one EL release, as this service has it. */
export interface ReleaseFacts extends KojiSubject {
  readonly sclName: SclName;
  readonly components: readonly { readonly name: ComponentName; readonly retired: boolean }[];
  /** In the order of their priority. */
  readonly depends: readonly {
    readonly on: KojiSubject;
    readonly level: 'candidate' | 'release';
  }[];
  readonly inheritTesting: boolean;
  /** At its end of life: nothing is built for it any more. */
  readonly closed: boolean;
}

/** What the site has to say, from its configuration. */
export interface KojiSite {
  names(subject: KojiSubject): KojiNames;
  readonly profile: KojiProfile;
  /** The Koji user who owns the SIG's packages. */
  readonly owner: string;
}

/** All that Koji should have for one collection on one EL release. */
export function desiredState(facts: ReleaseFacts, site: KojiSite): DesiredState {
  const { profile, owner } = site;
  const { sig, vendor, collection, release } = facts;
  const subject: KojiSubject = { sig, vendor, collection, release };
  const names = site.names(subject);
  const common = { arches: profile.arches, locked: facts.closed };
  // Two components may build one package: it is blocked when both are retired.
  const blocked = new Map<string, boolean>();
  for (const { name, retired } of facts.components) {
    const built = builtPackageName(name, facts.sclName);
    blocked.set(built, (blocked.get(built) ?? true) && retired);
  }
  const packages = [...blocked].map(([name, blocked]) => ({ package: name, owner, blocked }));
  const levels = KOJI_LEVELS.map(
    (level): DesiredTag => ({
      ...common,
      tag: names.levels[level],
      perm: names.permission,
      extra: {},
      inheritance: [],
      externalRepos: [],
      groups: [],
      packages,
    }),
  );
  const groupPackages = profile.groupPackages.map((name) => fillPlaceholders(name, facts));
  const buildTag: DesiredTag = {
    ...common,
    tag: names.buildTag,
    perm: null,
    extra: Object.fromEntries(
      Object.entries(profile.extra).map(([key, value]) => [
        key,
        typeof value === 'string' ? fillPlaceholders(value, facts) : value,
      ]),
    ),
    inheritance: edges(facts, site, names),
    externalRepos: profile.externalRepos,
    groups: BUILD_GROUPS.map((group) => ({ group, packages: [...new Set(groupPackages)] })),
    packages: [],
  };
  return {
    subject,
    tags: [...levels, buildTag],
    target: {
      target: names.target,
      buildTag: names.buildTag,
      destTag: names.levels.candidate,
    },
  };
}

function edges(facts: ReleaseFacts, site: KojiSite, names: KojiNames): DesiredEdge[] {
  const collections = new Map(
    facts.depends.map(({ on, level }) => [site.names(on).levels[level], on.collection]),
  );
  for (const level of KOJI_LEVELS) collections.set(names.levels[level], facts.collection);
  const { inheritTesting } = facts;
  const buildsys = site.profile.buildsys ?? names.buildsys;
  const depends = facts.depends.map(({ on, level }) => site.names(on).levels[level]);
  return buildTagInheritance({ ...names, buildsys }, depends, { inheritTesting }).map(
    ({ tag, priority, optional }) => ({
      parent: tag,
      priority,
      optional,
      collection: collections.get(tag) ?? null,
    }),
  );
}
