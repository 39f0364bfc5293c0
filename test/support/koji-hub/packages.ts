import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import * as look from './lookups.ts';
import { type Methods, method } from './signature.ts';
import { type Context, denied, generic, type Row, say } from './store.ts';

/** The hub's policy for lists of packages, by default. */
function policy(context: Context): void {
  context.assertLogin();
  const { packageRefusal } = context.store;
  if (packageRefusal !== null) throw denied(`policy violation (package_list): ${packageRefusal}`);
  if (!context.has('tag'))
    throw denied('policy violation (package_list): Only admin/tag can do this via default policy');
}

/** What is set for a package in a tag, or in a tag that it inherits from. */
export function packageIn(
  context: Context,
  tag: XmlRpcValue,
  package_id: XmlRpcValue,
  isOwned: (tag: XmlRpcValue) => boolean = () => true,
): Row | null {
  const { store } = context;
  const parents = look.allParentsOf(context, tag).map(({ parent_id: id = null }) => id);
  for (const tag_id of [tag, ...parents]) {
    const row = store.current('tag_packages', { tag_id, package_id });
    if (row !== undefined && isOwned(tag_id)) return row;
  }
  return null;
}

/** The same; most calls do not see an entry whose tag has no owner for the package. */
const ownedIn = (context: Context, tag: XmlRpcValue, id: XmlRpcValue): Row | null =>
  packageIn(context, tag, id, (at) => ownerIn(context, at, id) !== undefined);

const ownerIn = (context: Context, tag_id: XmlRpcValue, package_id: XmlRpcValue) =>
  context.store.current('tag_package_owners', { tag_id, package_id });

function put(context: Context, tag_id: XmlRpcValue, package_id: XmlRpcValue, values: Row): void {
  dropPackage(context, tag_id, package_id);
  context.add('tag_packages', { tag_id, package_id, ...values });
}

function dropPackage(context: Context, tag_id: XmlRpcValue, package_id: XmlRpcValue): void {
  for (const row of context.store.active('tag_packages', { tag_id, package_id }))
    context.revoke(row);
}

function putOwner(
  context: Context,
  tag_id: XmlRpcValue,
  package_id: XmlRpcValue,
  owner: XmlRpcValue,
): void {
  const old = ownerIn(context, tag_id, package_id);
  if (old !== undefined) context.revoke(old);
  context.add('tag_package_owners', { tag_id, package_id, owner });
}

function add(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const tag = look.getTag(context, a.taginfo);
  const owner = a.owner === null ? null : (look.getUser(context, a.owner).id ?? null);
  policy(context);
  const name = say(a.pkginfo);
  const { id = null } =
    store.one('package', { name }) ??
    store.insert('package', { id: store.nextId('package'), name });
  const tagId = tag.id ?? null;
  const extra_arches = a.extra_arches ?? null;
  const before = ownedIn(context, tagId, id);
  if (before === null) {
    if (a.update === true && a.force !== true)
      throw generic(`cannot update: tag ${say(tag.name)} has no data for package ${name}`);
    if (owner === null && a.force !== true) throw generic('owner not specified');
    put(context, tagId, id, { blocked: a.block === true, extra_arches });
    putOwner(context, tagId, id, owner ?? context.login.id ?? null);
    return null;
  }
  const owned = ownerIn(context, before.tag_id ?? null, id)?.owner ?? null;
  const blocked = typeof a.block === 'boolean' ? a.block : before.blocked === true;
  const arches = extra_arches ?? before.extra_arches ?? null;
  const isOther = blocked !== before.blocked || arches !== before.extra_arches;
  const isOwnerOther = owner !== null && owner !== owned;
  if (!isOther && !isOwnerOther && a.force !== true) return null;
  if (before.blocked === true && !blocked && a.force !== true)
    throw generic(`package ${name} is blocked in tag ${say(tag.name)}`);
  if (isOther) put(context, tagId, id, { blocked, extra_arches: arches });
  if (isOther || isOwnerOther) putOwner(context, tagId, id, owner ?? owned);
  return null;
}

function block(context: Context, a: Row): XmlRpcValue {
  const tag = look.getTag(context, a.taginfo);
  const { id = null } = look.entry(context, 'package', a.pkginfo);
  if (packageIn(context, tag.id ?? null, id) === null)
    throw generic(`Package ${say(a.pkginfo)} is not in tag listing for ${say(tag.name)}`);
  return add(context, { ...a, owner: null, block: true, extra_arches: null });
}

/** A block in the tag itself is taken away; one that is inherited gets an entry against it. */
function unblock(context: Context, a: Row): XmlRpcValue {
  const tag = look.getTag(context, a.taginfo);
  const tagId = tag.id ?? null;
  const { id = null } = look.entry(context, 'package', a.pkginfo);
  policy(context);
  const row = ownedIn(context, tagId, id);
  if (row === null)
    throw generic(
      `no data (blocked or otherwise) for package ${say(a.pkginfo)} in tag ${say(tag.name)}`,
    );
  if (row.blocked !== true)
    throw generic(`package ${say(a.pkginfo)} NOT blocked in tag ${say(tag.name)}`);
  const owner = ownerIn(context, row.tag_id ?? null, id)?.owner ?? null;
  if (row.tag_id === tagId) {
    dropPackage(context, tagId, id);
    const inherited = ownedIn(context, tagId, id);
    if (inherited !== null && inherited.blocked !== true) return null;
  }
  put(context, tagId, id, { blocked: false, extra_arches: row.extra_arches ?? null });
  putOwner(context, tagId, id, owner);
  return null;
}

function remove(context: Context, a: Row): XmlRpcValue {
  const tag = look.getTag(context, a.taginfo);
  policy(context);
  const { id = null } = look.entry(context, 'package', a.pkginfo);
  // The owner stays.
  dropPackage(context, tag.id ?? null, id);
  return null;
}

const setOwner = (context: Context, a: Row): XmlRpcValue =>
  add(context, { ...a, block: null, extra_arches: null, update: true });

function list(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  if (a.tagID === null)
    return store
      .rows('package')
      .map(({ id = null, name = null }) => ({ package_id: id, package_name: name }));
  const tag = look.tagRow(context, a.tagID).id ?? null;
  const parents = look.allParentsOf(context, tag).map(({ parent_id: id = null }) => id);
  const tags = a.inherited === true ? [tag, ...parents] : [tag];
  const user = a.userID === null ? null : look.getUser(context, a.userID).id;
  const wanted = a.pkgID === null ? null : look.entry(context, 'package', a.pkgID).id;
  const found = new Map<XmlRpcValue, Row>();
  for (const tag_id of tags)
    for (const row of store.active('tag_packages', { tag_id })) {
      const package_id = row.package_id ?? null;
      const owner = ownerIn(context, tag_id, package_id)?.owner ?? null;
      if (owner === null && a.with_owners !== false) continue;
      if (found.has(package_id) || (a.with_blocked === false && row.blocked === true)) continue;
      if ((user !== null && owner !== user) || (wanted !== null && wanted !== package_id)) continue;
      found.set(package_id, {
        blocked: row.blocked ?? null,
        extra_arches: row.extra_arches ?? null,
        owner_id: owner,
        owner_name: store.one('users', { id: owner })?.name ?? null,
        package_id,
        package_name: store.one('package', { id: package_id })?.name ?? null,
        tag_id,
        tag_name: store.one('tag', { id: tag_id })?.name ?? null,
      });
    }
  return [...found.values()];
}

export const PACKAGE_METHODS: Methods = {
  packageListAdd: method(
    'pkglist_add(taginfo, pkginfo, owner=None, block=None, extra_arches=None, force=False, update=False)',
    add,
  ),
  packageListBlock: method('pkglist_block(taginfo, pkginfo, force=False)', block),
  packageListUnblock: method('pkglist_unblock(taginfo, pkginfo, force=False)', unblock),
  packageListRemove: method('pkglist_remove(taginfo, pkginfo, force=False)', remove),
  packageListSetOwner: method('pkglist_setowner(taginfo, pkginfo, owner, force=False)', setOwner),
  listPackages: method(
    'listPackages(tagID=None, userID=None, pkgID=None, prefix=None, inherited=False, with_dups=False, event=None, queryOpts=None, with_owners=True, with_blocked=True)',
    list,
  ),
  checkTagPackage: method('checkTagPackage(tag, pkg)', (context, a) => {
    const tag = look.findTag(context, a.tag);
    const found = context.store.one('package', { name: a.pkg ?? null });
    if (tag === null || found === undefined) return false;
    const row = packageIn(context, tag.id ?? null, found.id ?? null);
    return row !== null && row.blocked !== true;
  }),
};
