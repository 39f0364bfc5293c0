import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import * as look from './lookups.ts';
import { type Methods, method } from './signature.ts';
import { type Context, generic, pick, type Row, say } from './store.ts';

const tagsOf = (context: Context, tag: XmlRpcValue, inherit: boolean): XmlRpcValue[] => [
  tag,
  ...(inherit ? look.allParentsOf(context, tag).map(({ parent_id: id = null }) => id) : []),
];

/** Groups by their number: the first in the order of inheritance counts. */
function groupsOf(context: Context, tag: XmlRpcValue, inherit: boolean): Map<XmlRpcValue, Row> {
  const found = new Map<XmlRpcValue, Row>();
  for (const tag_id of tagsOf(context, tag, inherit))
    for (const row of context.store.active('group_config', { tag_id }))
      if (!found.has(row.group_id ?? null)) found.set(row.group_id ?? null, row);
  return found;
}

function packagesOf(
  context: Context,
  tag: XmlRpcValue,
  group_id: XmlRpcValue,
  inherit: boolean,
): Map<XmlRpcValue, Row> {
  const found = new Map<XmlRpcValue, Row>();
  for (const tag_id of tagsOf(context, tag, inherit))
    for (const row of context.store.active('group_package_listing', { tag_id, group_id }))
      if (!found.has(row.package ?? null)) found.set(row.package ?? null, row);
  return found;
}

const same = (row: Row | undefined, next: Row): boolean =>
  row !== undefined && Object.entries(next).every(([name, value]) => row[name] === value);

function addGroup(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const { store } = context;
  const tag = look.getTag(context, a.taginfo);
  const tag_id = tag.id ?? null;
  const name = say(a.grpinfo);
  const { id = null } =
    store.one('groups', { name }) ?? store.insert('groups', { id: store.nextId('groups'), name });
  const before = groupsOf(context, tag_id, true).get(id);
  if (before?.blocked === true && a.force !== true)
    throw generic(`group ${name} is blocked in tag ${say(tag.name)}`);
  const defaults: Row = {
    display_name: name,
    description: null,
    exported: true,
    uservisible: true,
    biarchonly: false,
    is_default: null,
    langonly: null,
  };
  const config: Row = before === undefined ? defaults : pick(before, ...Object.keys(defaults));
  for (const option of Object.keys(config)) if (option in a) config[option] = a[option] ?? null;
  const next = { group_id: id, ...config, blocked: a.block === true };
  if (same(before, next)) return null;
  const own = store.current('group_config', { tag_id, group_id: id });
  if (own !== undefined) context.revoke(own);
  context.add('group_config', { tag_id, ...next });
  return null;
}

function removeGroup(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const tag = look.getTag(context, a.taginfo);
  const group = look.entry(context, 'groups', a.grpinfo);
  const own = context.store.current('group_config', {
    tag_id: tag.id ?? null,
    group_id: group.id ?? null,
  });
  if (own === undefined && a.force !== true)
    throw generic(`No group: ${say(group.name)} found for tag: ${say(tag.name)}`);
  if (own !== undefined) context.revoke(own);
  return null;
}

function addPackage(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const tag = look.tagRow(context, a.taginfo);
  const tag_id = tag.id ?? null;
  const group = look.entry(context, 'groups', a.grpinfo);
  const group_id = group.id ?? null;
  const config = groupsOf(context, tag_id, true).get(group_id);
  if (config === undefined)
    throw generic(`group ${say(group.name)} not present in tag ${say(tag.name)}`);
  if (config.blocked === true)
    throw generic(`group ${say(group.name)} is blocked in tag ${say(tag.name)}`);
  const name = a.pkg_name ?? null;
  const before = packagesOf(context, tag_id, group_id, true).get(name);
  if (before?.blocked === true && a.force !== true)
    throw generic(`package ${say(name)} blocked in group ${say(group.name)}, tag ${say(tag.name)}`);
  const defaults: Row = { type: 'mandatory', basearchonly: null, requires: null };
  const next: Row = before === undefined ? defaults : pick(before, ...Object.keys(defaults));
  for (const option of Object.keys(defaults)) if (option in a) next[option] = a[option] ?? null;
  const row = { group_id, package: name, ...next, blocked: a.block === true };
  // A block is written again and again; the end of one only by force.
  if (same(before, next) && a.block !== true && a.force !== true) return null;
  removeOwn(context, tag_id, group_id, name);
  context.add('group_package_listing', { tag_id, ...row });
  return null;
}

function removeOwn(
  context: Context,
  tag_id: XmlRpcValue,
  group_id: XmlRpcValue,
  name: XmlRpcValue,
): void {
  for (const row of context.store.active('group_package_listing', {
    tag_id,
    group_id,
    package: name,
  }))
    context.revoke(row);
}

function removePackage(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const tag = look.tagRow(context, a.taginfo);
  const group = look.entry(context, 'groups', a.grpinfo);
  removeOwn(context, tag.id ?? null, group.id ?? null, a.pkg_name ?? null);
  return null;
}

function getGroups(context: Context, a: Row): XmlRpcValue {
  const tag = look.tagRow(context, a.tag).id ?? null;
  const inherit = a.inherit === true;
  const isShown = (row: Row): boolean => a.incl_blocked === true || row.blocked !== true;
  const shownOf = (group: Row): Row => ({
    ...pick(group, 'biarchonly', 'blocked', 'description', 'display_name', 'exported', 'group_id'),
    ...pick(group, 'is_default', 'langonly'),
    name: context.store.one('groups', { id: group.group_id ?? null })?.name ?? null,
    ...pick(group, 'tag_id', 'uservisible'),
    packagelist: (group.blocked === true
      ? []
      : [...packagesOf(context, tag, group.group_id ?? null, inherit).values()]
    )
      .filter(isShown)
      .map((row) =>
        pick(row, 'basearchonly', 'blocked', 'group_id', 'package', 'requires', 'tag_id', 'type'),
      ),
    grouplist: [],
  });
  return [...groupsOf(context, tag, inherit).values()].filter(isShown).map(shownOf);
}

export const GROUP_METHODS: Methods = {
  groupListAdd: method(
    'grplist_add(taginfo, grpinfo, block=False, force=False, **kwargs)',
    addGroup,
  ),
  groupListRemove: method('grplist_remove(taginfo, grpinfo, force=False)', removeGroup),
  groupPackageListAdd: method(
    'grp_pkg_add(taginfo, grpinfo, pkg_name, block=False, force=False, **kwargs)',
    addPackage,
  ),
  groupPackageListRemove: method('grp_pkg_remove(taginfo, grpinfo, pkg_name)', removePackage),
  getTagGroups: method(
    'get_tag_groups(tag, event=None, inherit=True, incl_pkgs=True, incl_reqs=True, incl_blocked=False)',
    getGroups,
  ),
};
