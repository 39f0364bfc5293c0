/**
 * Names for everything on a hub that can be ours or somebody else's, down to one edge of
 * inheritance. People write them to have a thing overwritten that is not ours.
 */
export const thing = {
  tag: (tag: string) => `tag ${tag}`,
  arches: (tag: string) => `tag ${tag} arches`,
  perm: (tag: string) => `tag ${tag} permission`,
  lock: (tag: string) => `tag ${tag} lock`,
  extra: (tag: string, key: string) => `tag ${tag} extra ${key}`,
  parent: (tag: string, parent: string) => `tag ${tag} parent ${parent}`,
  externalRepo: (tag: string, repo: string) => `tag ${tag} external-repo ${repo}`,
  group: (tag: string, group: string) => `tag ${tag} group ${group}`,
  groupPackage: (tag: string, group: string, name: string) =>
    `tag ${tag} group ${group} package ${name}`,
  package: (tag: string, name: string) => `tag ${tag} package ${name}`,
  /** That it is blocked, in a tag that lists it. */
  packageBlock: (tag: string, name: string) => `tag ${tag} package ${name} block`,
  target: (target: string) => `target ${target}`,
} as const;
/** Such a name: `tag sclo7-python33-rh-el7-build parent buildsys7`. */
export type ThingId = string;
