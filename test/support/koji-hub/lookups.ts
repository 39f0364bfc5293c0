import { isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { type Context, generic, pick, type Row, repr, type Store, say } from './store.ts';

const key = (info: XmlRpcValue | undefined): XmlRpcValue =>
  isStruct(info) ? (info.id ?? info.name ?? null) : (info ?? null);

const byNameOrId = (info: XmlRpcValue | undefined): Row =>
  typeof key(info) === 'number' ? { id: key(info) } : { name: key(info) };

/** A tag's name and number, also of one that is deleted. */
export function tagRow({ store }: Context, info: XmlRpcValue | undefined): Row {
  const tag = store.one('tag', byNameOrId(info));
  if (tag === undefined) throw generic(`No such entry in table tag: ${say(key(info))}`);
  return tag;
}

/** A tag that is there now, with what is set of it. */
export function findTag({ store }: Context, info: XmlRpcValue | undefined): Row | null {
  const tag = store.one('tag', byNameOrId(info));
  const config = tag && store.current('tag_config', { tag_id: tag.id ?? null });
  if (tag === undefined || config === undefined) return null;
  const perm = store.one('permissions', { id: config.perm_id ?? null });
  return {
    ...pick(config, 'arches'),
    id: tag.id ?? null,
    ...pick(config, 'locked', 'maven_include_all', 'maven_support'),
    name: tag.name ?? null,
    perm: perm?.name ?? null,
    perm_id: config.perm_id ?? null,
  };
}

export function getTag(context: Context, info: XmlRpcValue | undefined): Row {
  const tag = findTag(context, info);
  if (tag === null) throw generic(`No such tagInfo: ${repr(key(info))}`);
  return tag;
}

export function extraOf({ store }: Context, tag: XmlRpcValue | undefined): Row {
  const rows = store.active('tag_extra', { tag_id: tag ?? null, blocked: false });
  return Object.fromEntries(rows.map(({ key: name, value }) => [say(name), value ?? null]));
}

export function findUser({ store }: Context, info: XmlRpcValue | undefined): Row | null {
  const user = store.one('users', byNameOrId(info));
  if (user === undefined) return null;
  return { ...pick(user, 'id', 'name', 'status', 'usertype'), krb_principals: [] };
}

export function getUser(context: Context, info: XmlRpcValue | undefined): Row {
  const user = findUser(context, info);
  if (user === null) throw generic(`No such user: ${repr(key(info))}`);
  return user;
}

/** A row of a table of names. */
export function entry(context: Context, table: string, info: XmlRpcValue | undefined): Row {
  const row = context.store.one(table, byNameOrId(info));
  if (row === undefined) throw generic(`No such entry in table ${table}: ${say(key(info))}`);
  return row;
}

export function findRepo({ store }: Context, info: XmlRpcValue | undefined): Row | null {
  const repo = store.one('external_repo', byNameOrId(info));
  const config =
    repo && store.current('external_repo_config', { external_repo_id: repo.id ?? null });
  if (repo === undefined || config === undefined) return null;
  return { id: repo.id ?? null, name: repo.name ?? null, url: config.url ?? null };
}

export function getRepo(context: Context, info: XmlRpcValue | undefined): Row {
  const repo = findRepo(context, info);
  if (repo === null) throw generic(`No such repo: ${say(key(info))}`);
  return repo;
}

export function findTarget(context: Context, info: XmlRpcValue | undefined): Row | null {
  const { store } = context;
  const target = store.one('build_target', byNameOrId(info));
  const config =
    target && store.current('build_target_config', { build_target_id: target.id ?? null });
  return target === undefined || config === undefined ? null : targetOf(context, target, config);
}

export function targetOf({ store }: Context, target: Row, config: Row): Row {
  const nameOf = (id: XmlRpcValue | undefined) =>
    store.one('tag', { id: id ?? null })?.name ?? null;
  return {
    build_tag: config.build_tag ?? null,
    build_tag_name: nameOf(config.build_tag),
    dest_tag: config.dest_tag ?? null,
    dest_tag_name: nameOf(config.dest_tag),
    ...pick(target, 'id', 'name'),
  };
}

/** A tag's links to its parents, by priority. */
export function parentsOf({ store }: Context, tag: XmlRpcValue | undefined): Row[] {
  return store
    .active('tag_inheritance', { tag_id: tag ?? null })
    .toSorted((a, b) => Number(a.priority) - Number(b.priority))
    .map((link) => linkOf(store, link));
}

function linkOf(store: Store, link: Row): Row {
  return {
    ...pick(link, 'intransitive', 'maxdepth'),
    name: store.one('tag', { id: link.parent_id ?? null })?.name ?? null,
    ...pick(link, 'noconfig', 'parent_id', 'pkg_filter', 'priority'),
    child_id: link.tag_id ?? null,
  };
}

/** All links that are followed from a tag; a tag comes again where the first way to it gives less. */
export function allParentsOf(context: Context, tag: XmlRpcValue | undefined): Row[] {
  const found: Row[] = [];
  const walk = (
    above: readonly XmlRpcValue[],
    left: number | null,
    filter: string[],
    isBare: boolean,
  ): void => {
    if (left !== null && left < 1) return;
    let hasNoConfig = isBare;
    for (const link of parentsOf(context, above.at(-1))) {
      const { parent_id: parent = null, maxdepth, intransitive, pkg_filter: own } = link;
      if (above.includes(parent) || (above.length > 1 && intransitive === true)) continue;
      let next = typeof maxdepth === 'number' ? maxdepth : null;
      // A limit counts from the link after the one that has it.
      if (left !== null) next = (next === null ? left : Math.min(next, left)) - 1;
      const filters = own === '' ? filter : [...filter, say(own)];
      // As the real one does it: what one link says of this holds for those after it, too.
      hasNoConfig ||= link.noconfig === true;
      const bare = hasNoConfig;
      const earlier = found.filter((one) => one.parent_id === parent);
      if (earlier.some((one) => reachesAsFar(one, next) && (bare || one.noconfig !== true)))
        continue;
      found.push({ ...link, nextdepth: next, currdepth: above.length, filter: filters });
      walk([...above, parent], next, filters, hasNoConfig);
    }
  };
  walk([tag ?? null], null, [], false);
  return found;
}

function reachesAsFar(link: Row, depth: number | null): boolean {
  const { nextdepth } = link;
  if (Array.isArray(link.filter) && link.filter.length > 0) return false;
  return typeof nextdepth !== 'number' || (depth !== null && nextdepth >= depth);
}
