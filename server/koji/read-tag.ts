import type { HubTag } from '../../core/koji/hub-state.ts';
import { MERGE_MODES, type MergeMode } from '../../core/koji/profile.ts';
import { garbled, list, numberIn, struct, textIn, valueOf } from './answer-parts.ts';
import type { CallAnswer, HubCall } from './hub.ts';
import { keywords } from './xmlrpc-encode.ts';
import { isArray, isStruct, type XmlRpcValue } from './xmlrpc-value.ts';

/** Everything of one tag that is its own: five calls, whose answers `hubTagOf` reads. */
export function tagCalls(tag: string): HubCall[] {
  return [
    { method: 'getTag', params: [tag, keywords({ blocked: true })] },
    { method: 'getInheritanceData', params: [tag] },
    { method: 'getTagExternalRepos', params: [tag] },
    { method: 'getTagGroups', params: [tag, keywords({ inherit: false, incl_blocked: true })] },
    { method: 'listPackages', params: [tag] },
  ];
}

/**
 * @param tag the answer to the first call, which alone decides whether there is such a tag: the
 *   others answer with a fault or with nothing where there is none
 * @returns null: the hub has no such tag
 */
export function hubTagOf(
  tag: XmlRpcValue,
  [links, repos, groups, packages]: readonly [CallAnswer, CallAnswer, CallAnswer, CallAnswer],
): HubTag | null {
  if (tag === null) return null;
  const { arches = null, perm = null, locked } = struct(tag);
  if (typeof locked !== 'boolean') return garbled();
  const extra = Object.entries(struct(struct(tag).extra)).map(([key, pair]) => {
    // [is it blocked, value]
    const [isBlocked, value = null] = list(pair);
    return { key, isBlocked: isBlocked === true, value };
  });
  const blocked = extra.filter(({ isBlocked }) => isBlocked);
  return {
    arches: words(arches),
    perm: textOrNull(perm),
    locked,
    extra: Object.fromEntries(
      extra.filter(({ isBlocked }) => !isBlocked).map(({ key, value }) => [key, plain(value)]),
    ),
    blockedExtra: blocked.map(({ key }) => key),
    inheritance: list(valueOf(links)).map((link) => ({
      parent: textIn(link, 'name'),
      priority: numberIn(link, 'priority'),
      maxdepth: numberOrNull(struct(link).maxdepth),
      intransitive: isTrue(link, 'intransitive'),
      noconfig: isTrue(link, 'noconfig'),
      pkgFilter: textOrNull(struct(link).pkg_filter) ?? '',
    })),
    externalRepos: list(valueOf(repos)).map((repo) => ({
      repo: textIn(repo, 'external_repo_name'),
      mode: modeOf(textIn(repo, 'merge_mode')),
      priority: numberIn(repo, 'priority'),
      arches: textOrNull(struct(repo).arches),
    })),
    groups: list(valueOf(groups)).map((group) => ({
      group: textIn(group, 'name'),
      blocked: isTrue(group, 'blocked'),
      packages: list(struct(group).packagelist).map((one) => ({
        package: textIn(one, 'package'),
        blocked: isTrue(one, 'blocked'),
      })),
    })),
    packages: list(valueOf(packages)).map((one) => ({
      package: textIn(one, 'package_name'),
      owner: textIn(one, 'owner_name'),
      blocked: isTrue(one, 'blocked'),
    })),
  };
}

function words(value: XmlRpcValue): string[] {
  if (value === null) return [];
  return typeof value === 'string' ? value.split(/\s+/).filter((word) => word !== '') : garbled();
}

function textOrNull(value: XmlRpcValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : garbled();
}

function numberOrNull(value: XmlRpcValue | undefined): number | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'number' ? value : garbled();
}

function isTrue(value: XmlRpcValue, name: string): boolean {
  const flag = struct(value)[name];
  return typeof flag === 'boolean' ? flag : garbled();
}

const modeOf = (mode: string): MergeMode => MERGE_MODES.find((one) => one === mode) ?? garbled();

/** A value as JSON has it: what people have put into a tag's extra may be anything. */
function plain(value: XmlRpcValue): unknown {
  if (isArray(value)) return value.map(plain);
  if (isStruct(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
