import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import * as look from './lookups.ts';
import { type Methods, method } from './signature.ts';
import { type Context, generic, type Row, say } from './store.ts';
import { checkName } from './tags.ts';

function tags(context: Context, a: Row): Row {
  const build = look.findTag(context, a.build_tag);
  if (build === null) throw generic(`build tag '${say(a.build_tag)}' does not exist`);
  const dest = look.findTag(context, a.dest_tag);
  if (dest === null) throw generic(`destination tag '${say(a.dest_tag)}' does not exist`);
  return { build_tag: build.id ?? null, dest_tag: dest.id ?? null };
}

function create(context: Context, a: Row): XmlRpcValue {
  context.needs('target');
  const { store } = context;
  const name = checkName(a.name);
  if (look.findTarget(context, name) !== null)
    throw generic(`A build target with the name '${name}' already exists`);
  const both = tags(context, a);
  const { id = null } =
    store.one('build_target', { name }) ??
    store.insert('build_target', { id: store.nextId('build_target'), name });
  context.add('build_target_config', { build_target_id: id, ...both });
  return null;
}

/** One that was deleted is known by its name still. */
function known(context: Context, info: XmlRpcValue | undefined): Row {
  const by: Row = typeof info === 'number' ? { id: info } : { name: info ?? null };
  const target = context.store.one('build_target', by);
  if (target === undefined) throw generic(`No such build target: ${say(info)}`);
  return target;
}

function edit(context: Context, a: Row): XmlRpcValue {
  context.needs('target');
  const { store } = context;
  const target = known(context, a.buildTargetInfo);
  const name = checkName(a.name);
  const both = tags(context, a);
  const other = store.one('build_target', { name });
  if (other !== undefined && other !== target)
    throw generic(`name "${name}" is already taken by build target ${say(other.id)}`);
  if (other === undefined) store.update(target, { name });
  const id = target.id ?? null;
  for (const row of store.active('build_target_config', { build_target_id: id }))
    context.revoke(row);
  context.add('build_target_config', { build_target_id: id, ...both });
  return null;
}

function remove(context: Context, a: Row): XmlRpcValue {
  context.needs('target');
  const { id = null } = known(context, a.buildTargetInfo);
  for (const row of context.store.active('build_target_config', { build_target_id: id }))
    context.revoke(row);
  return null;
}

function list(context: Context, a: Row): Row[] {
  const { store } = context;
  const idOf = (info: XmlRpcValue | undefined): XmlRpcValue =>
    typeof info === 'number' ? info : (store.one('tag', { name: info ?? null })?.id ?? -1);
  return store.active('build_target_config').flatMap((config) => {
    const target = store.one('build_target', { id: config.build_target_id ?? null }) ?? {};
    // An empty name is no name, to the real hub too.
    const isNamed = !a.info || target.name === a.info || target.id === a.info;
    const isBuild = a.buildTagID === null || config.build_tag === idOf(a.buildTagID);
    const isDest = a.destTagID === null || config.dest_tag === idOf(a.destTagID);
    return isNamed && isBuild && isDest ? [look.targetOf(context, target, config)] : [];
  });
}

const MERGE_MODES: ReadonlySet<string> = new Set(['koji', 'simple', 'bare']);

function addRepo(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const { store } = context;
  const mode = a.merge_mode ?? 'koji';
  if (!MERGE_MODES.has(say(mode))) throw generic(`No such merge mode: ${say(mode)}`);
  const tag = look.getTag(context, a.tag_info);
  const repo = look.getRepo(context, a.repo_info);
  const tag_id = tag.id ?? null;
  const there = store.active('tag_external_repos', { tag_id });
  if (there.some((row) => row.external_repo_id === repo.id))
    throw generic(`tag ${say(tag.name)} already associated with external repo ${say(repo.name)}`);
  if (there.some((row) => row.priority === a.priority))
    throw generic(
      `tag ${say(tag.name)} already associated with an external repo at priority ${say(a.priority)}`,
    );
  context.add('tag_external_repos', {
    tag_id,
    external_repo_id: repo.id ?? null,
    priority: a.priority ?? null,
    merge_mode: mode,
    arches: a.arches ?? null,
  });
  return null;
}

function ownRepo(context: Context, a: Row): Row {
  context.needs('tag');
  const tag = look.getTag(context, a.tag_info);
  const repo = look.getRepo(context, a.repo_info);
  const row = context.store.current('tag_external_repos', {
    tag_id: tag.id ?? null,
    external_repo_id: repo.id ?? null,
  });
  if (row === undefined)
    throw generic(`external repo ${say(repo.name)} not associated with tag ${say(tag.name)}`);
  return row;
}

function editRepo(context: Context, a: Row): XmlRpcValue {
  const row = ownRepo(context, a);
  const next: Row = {};
  for (const name of ['priority', 'merge_mode', 'arches'])
    if (a[name] !== null && a[name] !== row[name]) next[name] = a[name] ?? null;
  if (Object.keys(next).length === 0) return false;
  const others = context.store.active('tag_external_repos', { tag_id: row.tag_id ?? null });
  if (others.some((one) => one !== row && one.priority === (next.priority ?? row.priority)))
    throw generic(
      `tag ${say(look.getTag(context, row.tag_id).name)} already associated with an external repo at priority ${say(next.priority)}`,
    );
  const { tag_id = null, external_repo_id = null, priority = null } = row;
  const { merge_mode = null, arches = null } = row;
  context.revoke(row);
  context.add('tag_external_repos', {
    tag_id,
    external_repo_id,
    priority,
    merge_mode,
    arches,
    ...next,
  });
  return true;
}

function listRepos(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const where: Row =
    a.tag_info === null ? {} : { tag_id: look.tagRow(context, a.tag_info).id ?? null };
  const rows = store.active('tag_external_repos', where);
  return rows
    .toSorted((x, y) => Number(x.priority) - Number(y.priority))
    .map((row) => {
      const repo = look.findRepo(context, row.external_repo_id);
      return {
        arches: row.arches ?? null,
        external_repo_id: row.external_repo_id ?? null,
        external_repo_name: repo?.name ?? null,
        merge_mode: row.merge_mode ?? null,
        priority: row.priority ?? null,
        tag_id: row.tag_id ?? null,
        tag_name: store.one('tag', { id: row.tag_id ?? null })?.name ?? null,
        url: repo?.url ?? null,
      };
    });
}

export function createRepo(context: Context, a: Row): XmlRpcValue {
  context.needs('admin');
  const { store } = context;
  const name = say(a.name);
  if (store.one('external_repo', { name }) !== undefined)
    throw generic(`An external repo named "${name}" already exists`);
  const url = say(a.url).replace(/\/?$/, '/');
  const id = store.nextId('external_repo');
  store.insert('external_repo', { id, name });
  context.add('external_repo_config', { external_repo_id: id, url });
  return { id, name, url };
}

export const TARGET_METHODS: Methods = {
  createBuildTarget: method('create_build_target(name, build_tag, dest_tag)', create),
  editBuildTarget: method('edit_build_target(buildTargetInfo, name, build_tag, dest_tag)', edit),
  deleteBuildTarget: method('delete_build_target(buildTargetInfo)', remove),
  getBuildTarget: method('get_build_target(info, event=None, strict=False)', (context, a) => {
    const [target] = list(context, { ...a, buildTagID: null, destTagID: null });
    if (target === undefined && a.strict === true)
      throw generic(`No such build target: ${say(a.info)}`);
    return target ?? null;
  }),
  getBuildTargets: method(
    'get_build_targets(info=None, event=None, buildTagID=None, destTagID=None, queryOpts=None)',
    list,
  ),
  createExternalRepo: method('create_external_repo(name, url)', createRepo),
  getExternalRepo: method('get_external_repo(info, strict=False, event=None)', (context, a) => {
    const repo = look.findRepo(context, a.info);
    if (repo === null && a.strict === true) throw generic(`No such repo: ${say(a.info)}`);
    return repo;
  }),
  listExternalRepos: method(
    'get_external_repos(info=None, url=None, event=None, queryOpts=None)',
    (context, a) =>
      context.store
        .rows('external_repo')
        .map(({ id = null }) => look.findRepo(context, id))
        .filter((repo) => repo !== null)
        .filter(
          ({ name, id, url }) =>
            (a.info === null || name === a.info || id === a.info) &&
            (a.url === null || url === a.url),
        ),
  ),
  addExternalRepoToTag: method(
    "add_external_repo_to_tag(tag_info, repo_info, priority, merge_mode='koji', arches=None)",
    addRepo,
  ),
  editTagExternalRepo: method(
    'edit_tag_external_repo(tag_info, repo_info, priority=None, merge_mode=None, arches=None)',
    editRepo,
  ),
  removeExternalRepoFromTag: method(
    'remove_external_repo_from_tag(tag_info, repo_info)',
    (context, a) => {
      context.revoke(ownRepo(context, a));
      return null;
    },
  ),
  getTagExternalRepos: method(
    'get_tag_external_repos(tag_info=None, repo_info=None, event=None)',
    listRepos,
  ),
};
