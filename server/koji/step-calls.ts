import type { HubEdge } from '../../core/koji/hub-state.ts';
import type {
  ExternalRepoStep,
  GroupStep,
  InheritanceStep,
  PackageStep,
  Step,
  TagStep,
  TargetStep,
} from '../../core/koji/plan.ts';
import type { HubCall } from './hub.ts';
import { keywords } from './xmlrpc-encode.ts';
import type { XmlRpcStruct, XmlRpcValue } from './xmlrpc-value.ts';

/** What a step is called by: a later plan has no step of the name once it is done. */
export function stepKey(step: Step): string {
  switch (step.kind) {
    case 'tag':
      return `tag ${step.tag}`;
    case 'inheritance':
      return `tag ${step.tag} inheritance`;
    case 'external-repo':
      return `tag ${step.tag} external-repo ${step.repo}`;
    case 'group':
      return `tag ${step.tag} group ${step.group}`;
    case 'package':
      return `tag ${step.tag} package ${step.package}`;
    case 'target':
      return `target ${step.target}`;
    default:
      return step satisfies never;
  }
}

/** What the calls of a step need of the hub, beside the step. */
export interface CallFacts {
  /** Of tags that exist now, created just before or not. */
  readonly tagIds: ReadonlyMap<string, number>;
  /** The edges that a tag has now. */
  edgesOf(tag: string): readonly HubEdge[];
}

/** The calls of a step, in their order; null: a tag that it names is not there. */
export function callsOf(step: Step, facts: CallFacts): HubCall[] | null {
  switch (step.kind) {
    case 'tag':
      return [tagCall(step)];
    case 'inheritance':
      return inheritanceCalls(step, facts);
    case 'external-repo':
      return [repoCall(step)];
    case 'group':
      return groupCalls(step);
    case 'package':
      return packageCalls(step);
    case 'target':
      return [targetCall(step)];
    default:
      return step satisfies never;
  }
}

function tagCall({ tag, action, set }: TagStep): HubCall {
  const { arches, perm, locked, extra, removeExtra } = set;
  const options: XmlRpcStruct = {
    ...(arches === undefined ? {} : { arches: arches.join(' ') }),
    ...(perm === undefined ? {} : { perm }),
    ...(locked === undefined ? {} : { locked }),
    ...(extra === undefined ? {} : { extra: { ...extra } }),
    ...(removeExtra === undefined ? {} : { remove_extra: removeExtra }),
  };
  const method = action === 'create' ? 'createTag' : 'editTag2';
  return { method, params: [tag, keywords(options)] };
}

/** All links of the tag at once: no two may have one priority, not even for a moment. */
function inheritanceCalls(step: InheritanceStep, facts: CallFacts): HubCall[] | null {
  const { tag, set, remove } = step;
  const edges = new Map(facts.edgesOf(tag).map((edge) => [edge.parent, edge]));
  const links: XmlRpcValue[] = [];
  for (const { parent, priority } of set) {
    const id = facts.tagIds.get(parent);
    if (id === undefined) return null;
    const edge = edges.get(parent);
    links.push({
      parent_id: id,
      priority,
      maxdepth: edge?.maxdepth ?? null,
      intransitive: edge?.intransitive ?? false,
      noconfig: edge?.noconfig ?? false,
      pkg_filter: edge?.pkgFilter ?? '',
    });
  }
  for (const parent of remove) {
    const id = facts.tagIds.get(parent);
    if (id === undefined) return null;
    links.push({ parent_id: id, 'delete link': true });
  }
  return [{ method: 'setInheritanceData', params: [tag, links] }];
}

function repoCall({ tag, repo, action, after }: ExternalRepoStep): HubCall {
  if (after === null) return { method: 'removeExternalRepoFromTag', params: [tag, repo] };
  const { priority, mode: merge_mode } = after;
  return action === 'create'
    ? { method: 'addExternalRepoToTag', params: [tag, repo, priority, keywords({ merge_mode })] }
    : { method: 'editTagExternalRepo', params: [tag, repo, keywords({ priority, merge_mode })] };
}

function groupCalls({ tag, group, action, add, remove }: GroupStep): HubCall[] {
  const calls = (method: string, names: readonly string[]): HubCall[] =>
    names.map((name) => ({ method, params: [tag, group, name] }));
  return [
    ...(action === 'create' ? [{ method: 'groupListAdd', params: [tag, group] }] : []),
    ...calls('groupPackageListAdd', add),
    ...calls('groupPackageListRemove', remove),
  ];
}

function packageCalls({ tag, package: name, before, after }: PackageStep): HubCall[] {
  const on = [tag, name];
  if (after === null) return [{ method: 'packageListRemove', params: on }];
  if (before === null) {
    const { owner, blocked } = after;
    // Without a word on blocks, so that a block that came in between stays.
    const block = blocked ? [keywords({ block: true })] : [];
    return [{ method: 'packageListAdd', params: [...on, owner, ...block] }];
  }
  const calls: HubCall[] = [];
  if (before.blocked && !after.blocked) calls.push({ method: 'packageListUnblock', params: on });
  if (before.owner !== after.owner)
    calls.push({ method: 'packageListSetOwner', params: [...on, after.owner] });
  if (!before.blocked && after.blocked) calls.push({ method: 'packageListBlock', params: on });
  return calls;
}

function targetCall({ target, action, after }: TargetStep): HubCall {
  if (after === null) return { method: 'deleteBuildTarget', params: [target] };
  const { buildTag, destTag } = after;
  return action === 'create'
    ? { method: 'createBuildTarget', params: [target, buildTag, destTag] }
    : { method: 'editBuildTarget', params: [target, target, buildTag, destTag] };
}
