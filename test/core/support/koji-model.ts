import type { HubGroup, HubState, HubTag } from '../../../core/koji/hub-state.ts';
import type { Plan, Step } from '../../../core/koji/plan.ts';
import { thing } from '../../../core/koji/things.ts';

/** A hub that has nothing but what every site makes first. */
export function emptyHub(questions: {
  readonly tags: readonly string[];
  readonly parents: readonly string[];
  readonly targets: readonly string[];
  readonly externalRepos: readonly string[];
  readonly users: readonly string[];
}): HubState {
  return {
    tags: new Map(questions.tags.map((tag) => [tag, null])),
    parents: new Map(questions.parents.map((tag) => [tag, tag.startsWith('buildsys')])),
    targets: new Map(questions.targets.map((target) => [target, null])),
    externalRepos: new Map(questions.externalRepos.map((repo) => [repo, { url: 'x' }])),
    users: new Map(questions.users.map((user) => [user, 'active'])),
    permissions: new Set(['admin', 'tag', 'target', 'build-sclo']),
    account: { user: 'distgit', permissions: new Set(['tag', 'target']) },
  };
}

export const NEW_TAG: HubTag = {
  arches: [],
  perm: null,
  locked: false,
  extra: {},
  blockedExtra: [],
  inheritance: [],
  externalRepos: [],
  groups: [],
  packages: [],
};

const unique = (values: readonly unknown[], what: string): void => {
  if (new Set(values).size !== values.length) throw new Error(`The hub refuses: ${what} twice.`);
};
const must = <T>(value: T | null | undefined, what: string): T => {
  if (value === null || value === undefined) throw new Error(`The hub refuses: no ${what}.`);
  return value;
};

/**
 * What a hub does with a step, with its faults: a tag that is not there, a priority twice, what is
 * there already.
 */
export function applyStep(hub: HubState, step: Step): HubState {
  if (step.kind === 'target') return applyTarget(hub, step);
  const change = (edit: (tag: HubTag) => HubTag): HubState => {
    const tag = edit(must(hub.tags.get(step.tag), `tag ${step.tag}`));
    unique(
      tag.inheritance.map(({ priority }) => priority),
      `a priority of ${step.tag}`,
    );
    unique(
      tag.externalRepos.map(({ priority }) => priority),
      `a priority of a repository of ${step.tag}`,
    );
    return { ...hub, tags: new Map([...hub.tags, [step.tag, tag]]) };
  };
  switch (step.kind) {
    case 'tag':
      return applyTag(hub, step, change);
    case 'inheritance':
      return change((tag) => applyEdges(hub, tag, step));
    case 'external-repo':
      return change((tag) => applyRepo(hub, tag, step));
    case 'group':
      return change((tag) => applyGroup(tag, step));
    default:
      return change((tag) => applyPackage(hub, tag, step));
  }
}

type Of<K extends Step['kind']> = Extract<Step, { kind: K }>;
type Change = (edit: (tag: HubTag) => HubTag) => HubState;

function applyTarget(hub: HubState, { target, action, after }: Of<'target'>): HubState {
  const { buildTag, destTag } = must(after, 'target without tags');
  for (const tag of [buildTag, destTag]) must(hub.tags.get(tag), `tag ${tag}`);
  if ((action === 'create') !== ((hub.targets.get(target) ?? null) === null))
    throw new Error(`The hub refuses: ${action} of target ${target}.`);
  return { ...hub, targets: new Map([...hub.targets, [target, { buildTag, destTag }]]) };
}

function applyTag(hub: HubState, { tag, action, set }: Of<'tag'>, change: Change): HubState {
  const edit = (found: HubTag): HubTag => {
    const extra = { ...found.extra, ...set.extra };
    for (const key of set.removeExtra ?? []) {
      must(key in extra ? key : null, `extra ${key}`);
      delete extra[key];
    }
    if (set.perm !== undefined && !hub.permissions.has(set.perm))
      throw new Error(`The hub refuses: no permission ${set.perm}.`);
    return {
      ...found,
      arches: set.arches ?? found.arches,
      perm: set.perm ?? found.perm,
      locked: set.locked ?? found.locked,
      extra,
      blockedExtra: found.blockedExtra.filter((key) => !(key in (set.extra ?? {}))),
    };
  };
  if (action === 'change') return change(edit);
  if (hub.tags.get(tag) !== null) throw new Error(`The hub refuses: tag ${tag} is there.`);
  return { ...hub, tags: new Map([...hub.tags, [tag, edit(NEW_TAG)]]) };
}

function applyEdges(hub: HubState, tag: HubTag, step: Of<'inheritance'>): HubTag {
  const edges = new Map(tag.inheritance.map((edge) => [edge.parent, edge]));
  for (const parent of step.remove) edges.delete(must(edges.get(parent), `edge ${parent}`).parent);
  const plain = { maxdepth: null, intransitive: false, noconfig: false, pkgFilter: '' };
  for (const { parent, priority } of step.set) {
    if (hub.parents.get(parent) !== true) must(hub.tags.get(parent), `tag ${parent}`);
    edges.set(parent, { ...(edges.get(parent) ?? { parent, ...plain }), priority });
  }
  return { ...tag, inheritance: [...edges.values()].sort((a, b) => a.priority - b.priority) };
}

function applyRepo(hub: HubState, tag: HubTag, step: Of<'external-repo'>): HubTag {
  const { repo, action, after } = step;
  must(hub.externalRepos.get(repo), `repository ${repo}`);
  const has = tag.externalRepos.find((one) => one.repo === repo);
  if ((action === 'create') !== (has === undefined))
    throw new Error(`The hub refuses: ${action} of repository ${repo}.`);
  const others = tag.externalRepos.filter((one) => one.repo !== repo);
  const arches = has?.arches ?? null;
  return {
    ...tag,
    externalRepos: after === null ? others : [...others, { repo, ...after, arches }],
  };
}

function applyGroup(tag: HubTag, { group, action, add, remove }: Of<'group'>): HubTag {
  const has = tag.groups.find((one) => one.group === group);
  if (action !== 'create') must(has, `group ${group}`);
  const before: HubGroup = has ?? { group, blocked: false, packages: [] };
  const packages = before.packages.filter((one) => !remove.includes(one.package));
  const added = add.map((name) => ({ package: name, blocked: false }));
  unique(
    [...packages, ...added].map((one) => one.package),
    `a package of group ${group}`,
  );
  const others = tag.groups.filter((one) => one.group !== group);
  return { ...tag, groups: [...others, { ...before, packages: [...packages, ...added] }] };
}

function applyPackage(hub: HubState, tag: HubTag, step: Of<'package'>): HubTag {
  const { owner, blocked } = must(step.after, 'package without owner');
  if (step.action === 'create') must(hub.users.get(owner), `user ${owner}`);
  else
    must(
      tag.packages.find((one) => one.package === step.package),
      `package ${step.package}`,
    );
  const others = tag.packages.filter((one) => one.package !== step.package);
  return { ...tag, packages: [...others, { package: step.package, owner, blocked }] };
}

/** The hub after a plan, and what is ours then. */
export function applyPlan(
  hub: HubState,
  plan: Plan,
  ours: ReadonlySet<string> = new Set(),
): { hub: HubState; ours: Set<string> } {
  const now = new Set(ours);
  for (const { makes, drops } of plan.steps) {
    for (const id of makes) now.add(id);
    for (const id of drops) now.delete(id);
  }
  return { hub: plan.steps.reduce(applyStep, hub), ours: now };
}

/** Everything that a hub has, as things with their values. */
export function thingsOf(hub: HubState): Map<string, string> {
  const found = new Map<string, string>();
  const put = (id: string, value: unknown) => found.set(id, JSON.stringify(value));
  for (const [name, tag] of hub.tags) {
    if (tag === null) continue;
    put(thing.tag(name), true);
    put(thing.arches(name), tag.arches);
    put(thing.perm(name), tag.perm);
    put(thing.lock(name), tag.locked);
    for (const [key, value] of Object.entries(tag.extra))
      put(thing.extra(name, key), [value, tag.blockedExtra.includes(key)]);
    for (const { parent, ...edge } of tag.inheritance) put(thing.parent(name, parent), edge);
    for (const { repo, ...rest } of tag.externalRepos) put(thing.externalRepo(name, repo), rest);
    for (const { group, blocked, packages } of tag.groups) {
      put(thing.group(name, group), blocked);
      for (const one of packages) put(thing.groupPackage(name, group, one.package), one.blocked);
    }
    for (const one of tag.packages) {
      put(thing.package(name, one.package), one.owner);
      put(thing.packageBlock(name, one.package), one.blocked);
    }
  }
  for (const [name, target] of hub.targets) if (target !== null) put(thing.target(name), target);
  return found;
}
