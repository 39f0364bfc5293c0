import { isArray, isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import * as look from './lookups.ts';
import { type Methods, method } from './signature.ts';
import { type Context, generic, pick, type Row, say } from './store.ts';

const NAME = /^[A-Za-z0-9/_.+-]+$/;
const LINK = ['priority', 'maxdepth', 'intransitive', 'noconfig', 'pkg_filter'];

export function checkName(name: XmlRpcValue | undefined): string {
  if (typeof name !== 'string' || !NAME.test(name))
    throw generic(`Name ${say(name)} does not match RegexNameInternal value`);
  return name;
}

function archesOf(arches: XmlRpcValue | undefined): string {
  const words = isArray(arches)
    ? arches.map(say)
    : say(arches ?? '')
        .trim()
        .split(/\s+/);
  for (const arch of words)
    if (!/^[a-zA-Z0-9_-]*$/.test(arch)) throw generic('Architecture can be only [a-zA-Z0-9_-]');
  return words.join(' ');
}

function setExtra(context: Context, tag: XmlRpcValue, extra: Row): void {
  const there = look.extraOf(context, tag);
  for (const [key, value] of Object.entries(extra)) {
    if (key in there && JSON.stringify(there[key]) === JSON.stringify(value)) continue;
    removeExtra(context, tag, key);
    context.add('tag_extra', { tag_id: tag, key, value, blocked: false });
  }
}

function removeExtra(context: Context, tag_id: XmlRpcValue, key: XmlRpcValue): void {
  for (const row of context.store.active('tag_extra', { tag_id, key })) context.revoke(row);
}

function createTag(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const { store } = context;
  const name = checkName(a.name);
  const arches = archesOf(a.arches);
  if (look.findTag(context, name) !== null)
    throw generic(`A tag with the name '${name}' already exists`);
  const parent = a.parent === null ? null : look.findTag(context, a.parent);
  if (a.parent !== null && parent === null)
    throw generic(`Parent tag '${say(a.parent)}' could not be found`);
  const perm = a.perm === null ? null : look.entry(context, 'permissions', a.perm).id;
  const tag = store.one('tag', { name }) ?? store.insert('tag', { id: store.nextId('tag'), name });
  const tagId = tag.id ?? null;
  context.add('tag_config', {
    tag_id: tagId,
    arches,
    locked: a.locked === true,
    maven_include_all: false,
    maven_support: false,
    perm_id: perm ?? null,
  });
  if (parent !== null)
    link(context, tagId, {
      parent_id: parent.id ?? null,
      priority: 0,
      maxdepth: null,
      intransitive: false,
      noconfig: false,
      pkg_filter: '',
    });
  if (isStruct(a.extra)) setExtra(context, tagId, a.extra);
  return tagId;
}

function editTag(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const { store } = context;
  const tag = look.getTag(context, a.taginfo);
  const tagId = tag.id ?? null;
  const config = store.current('tag_config', { tag_id: tagId }) ?? {};
  const next = pick(
    config,
    'tag_id',
    'arches',
    'locked',
    'maven_include_all',
    'maven_support',
    'perm_id',
  );
  const perm = 'perm_id' in a ? a.perm_id : a.perm;
  if (perm !== undefined)
    next.perm_id = perm === null ? null : (look.entry(context, 'permissions', perm).id ?? null);
  if ('arches' in a) next.arches = a.arches === null ? null : archesOf(a.arches);
  if ('locked' in a) next.locked = a.locked === true;
  if (Object.entries(next).some(([name, value]) => config[name] !== value)) {
    context.revoke(config);
    context.add('tag_config', next);
  }
  if (typeof a.name === 'string' && a.name !== tag.name) {
    if (look.findTag(context, a.name) !== null)
      throw generic(
        `Name "${a.name}" is already taken by tag ${say(look.getTag(context, a.name).id)}`,
      );
    store.update(look.tagRow(context, tagId), { name: checkName(a.name) });
  }
  const extra = isStruct(a.extra) ? a.extra : {};
  const remove = isArray(a.remove_extra) ? a.remove_extra : [];
  const block = isArray(a.block_extra) ? a.block_extra : [];
  const there = look.extraOf(context, tagId);
  const both = [...block, ...remove].find((key) => say(key) in extra);
  if (both !== undefined)
    throw generic(`Can not both add/update and remove tag-extra: '${say(both)}'`);
  const absent = remove.filter((key) => !(say(key) in there));
  if (absent.length > 0)
    throw generic(`Tag: ${say(tag.name)} doesn't have extra: ${absent.map(say).join(', ')}`);
  setExtra(context, tagId, extra);
  for (const key of [...block, ...remove]) removeExtra(context, tagId, key);
  for (const key of block)
    context.add('tag_extra', { tag_id: tagId, key, value: null, blocked: true });
  return null;
}

/** Everything of the tag goes, its links in both directions too. */
function deleteTag(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const id = look.getTag(context, a.tagInfo).id ?? null;
  const of: readonly (readonly [string, string])[] = [
    ['build_target_config', 'build_tag'],
    ['build_target_config', 'dest_tag'],
    ['tag_inheritance', 'parent_id'],
    ...[
      'tag_config',
      'tag_extra',
      'tag_inheritance',
      'tag_packages',
      'tag_package_owners',
      'tag_listing',
      'tag_external_repos',
      'group_config',
      'group_package_listing',
    ].map((table) => [table, 'tag_id'] as const),
  ];
  for (const [table, column] of of)
    for (const row of context.store.active(table, { [column]: id })) context.revoke(row);
  return null;
}

function link(context: Context, child: XmlRpcValue, data: Row): void {
  const parent_id = data.parent_id ?? null;
  const old = context.store.current('tag_inheritance', { tag_id: child, parent_id });
  if (old !== undefined) context.revoke(old);
  if (data['delete link'] === true) return;
  context.add('tag_inheritance', { tag_id: child, parent_id, ...pick(data, ...LINK) });
}

function setInheritance(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const child = look.tagRow(context, a.tag).id ?? null;
  const links = (isArray(a.data) ? a.data : []) as readonly Row[];
  const isRemoval = (one: Row): boolean => one['delete link'] === true;
  for (const one of links) {
    for (const name of ['parent_id', ...(isRemoval(one) ? [] : LINK)])
      if (!(name in one)) throw generic(`No value for ${name}`);
    look.getTag(context, one.parent_id);
  }
  const isCleared = a.clear === true;
  const wanted = new Map<XmlRpcValue, Row>(
    look.parentsOf(context, child).map((one) => [one.parent_id ?? null, one]),
  );
  const changed = new Set<XmlRpcValue>();
  for (const one of links) {
    const parent = one.parent_id ?? null;
    const old = wanted.get(parent);
    const isNew = old === undefined ? !isRemoval(one) : isCleared || isRemoval(one);
    if (!isNew && (old === undefined || LINK.every((name) => old[name] === one[name]))) continue;
    wanted.set(parent, one);
    changed.add(parent);
  }
  if (isCleared)
    for (const parent of wanted.keys())
      if (!changed.has(parent)) {
        wanted.set(parent, { parent_id: parent, 'delete link': true });
        changed.add(parent);
      }
  if (changed.size === 0) return null;
  const byPriority = new Map<XmlRpcValue, XmlRpcValue[]>();
  for (const [parent, one] of wanted)
    if (!isRemoval(one)) {
      const priority = one.priority ?? null;
      byPriority.set(priority, [...(byPriority.get(priority) ?? []), parent]);
    }
  for (const [priority, parents] of byPriority)
    if (parents.length > 1)
      throw generic(
        `Multiple parent tags ([${parents.map(say).join(', ')}]) cannot have the same priority value (${say(priority)}) on child tag ${say(child)}`,
      );
  for (const parent of changed) link(context, child, wanted.get(parent) ?? {});
  return null;
}

/** As a shell's pattern; upper and lower case are the same. */
const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
    'i',
  );

function listTags(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const tags = store
    .rows('tag')
    .map(({ id = null }) => look.findTag(context, id))
    .filter((tag) => tag !== null);
  if (typeof a.pattern === 'string') {
    const pattern = glob(a.pattern);
    return tags.filter(({ name }) => pattern.test(say(name)));
  }
  if (a.build === null) return tags;
  const build = store.one(
    'build',
    typeof a.build === 'number' ? { id: a.build } : { nvr: a.build ?? null },
  );
  if (build === undefined) throw generic(`No such build: ${say(a.build)}`);
  return tags.filter(
    ({ id = null }) =>
      store.current('tag_listing', { tag_id: id, build_id: build.id ?? null }) !== undefined,
  );
}

function buildConfig(context: Context, a: Row): XmlRpcValue {
  const tag = look.getTag(context, a.tag);
  const rowsOf = (id: XmlRpcValue | undefined): Row[] =>
    context.store.active('tag_extra', { tag_id: id ?? null });
  const found = new Map(rowsOf(tag.id).map((row) => [say(row.key), row]));
  const from: { arches: XmlRpcValue; extra: Row } = { arches: null, extra: {} };
  let { arches = null } = tag;
  for (const { parent_id: id, name, noconfig } of look.allParentsOf(context, tag.id)) {
    if (noconfig === true) continue;
    const parent = look.findTag(context, id);
    if (arches === null && parent?.arches !== null) {
      arches = parent?.arches ?? null;
      from.arches = { id: id ?? null, name: name ?? null };
    }
    for (const row of rowsOf(id)) {
      const key = say(row.key);
      if (found.has(key)) continue;
      found.set(key, row);
      from.extra[key] = { id: id ?? null, name: name ?? null };
    }
  }
  const shown = [...found].filter(([, row]) => row.blocked !== true);
  const extra = Object.fromEntries(shown.map(([key, { value = null }]) => [key, value]));
  return { ...tag, arches, extra, config_inheritance: from };
}

export const TAG_METHODS: Methods = {
  createTag: method(
    'create_tag(name, parent=None, arches=None, perm=None, locked=False, maven_support=False, maven_include_all=False, extra=None)',
    createTag,
  ),
  editTag2: method('edit_tag(taginfo, **kwargs)', editTag),
  deleteTag: method('delete_tag(tagInfo)', deleteTag),
  getTag: method('get_tag(tagInfo, strict=False, event=None, blocked=False)', (context, a) => {
    const tag =
      a.strict === true ? look.getTag(context, a.tagInfo) : look.findTag(context, a.tagInfo);
    if (tag === null || a.blocked !== true)
      return tag && { ...tag, extra: look.extraOf(context, tag.id) };
    const rows = context.store.active('tag_extra', { tag_id: tag.id ?? null });
    const extra = rows.map(({ key, blocked = null, value = null }) => [say(key), [blocked, value]]);
    return { ...tag, extra: Object.fromEntries(extra) as Row };
  }),
  listTags: method(
    'listTags(build=None, package=None, perms=True, queryOpts=None, pattern=None)',
    listTags,
  ),
  getBuildConfig: method('getBuildConfig(tag, event=None)', buildConfig),
  setInheritanceData: method('setInheritanceData(tag, data, clear=False)', setInheritance),
  getInheritanceData: method('getInheritanceData(tag, event=None)', (context, a) =>
    look.parentsOf(context, look.tagRow(context, a.tag).id),
  ),
  getFullInheritance: method('getFullInheritance(tag, event=None, reverse=False)', (context, a) =>
    look.allParentsOf(context, look.tagRow(context, a.tag).id),
  ),
};
