import { isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import * as look from './lookups.ts';
import { packageIn } from './packages.ts';
import { type Methods, method } from './signature.ts';
import {
  type Context,
  denied,
  generic,
  HubFault,
  permissionsOf,
  pick,
  type Row,
  repr,
  say,
} from './store.ts';
import { moment, start } from './tasks.ts';

const NVR = /^(.+)-([^-]+)-([^-]+)$/;

/** A build that is complete and has no task, as an import makes one. */
export function importBuild(context: Context, nvr: string, owner: string): Row {
  const { store } = context;
  const [, name = '', version = '', release = ''] = NVR.exec(nvr) ?? [];
  const created =
    store.one('package', { name }) ??
    store.insert('package', { id: store.nextId('package'), name });
  const now = moment('completion');
  const id = store.nextId('build');
  return store.insert('build', {
    build_id: id,
    cg_id: null,
    ...now,
    creation_event_id: context.event.id ?? null,
    ...moment('creation'),
    draft: false,
    epoch: null,
    extra: null,
    id,
    name,
    nvr,
    owner_id: look.getUser(context, owner).id ?? null,
    owner_name: owner,
    package_id: created.id ?? null,
    package_name: name,
    promoter_id: null,
    promoter_name: null,
    promotion_time: null,
    promotion_ts: null,
    release,
    source: null,
    start_time: now.completion_time ?? null,
    start_ts: now.completion_ts ?? null,
    state: 1,
    task_id: null,
    version,
    volume_id: 0,
    volume_name: 'DEFAULT',
    cg_name: null,
  });
}

const STATES = ['BUILDING', 'COMPLETE', 'DELETED', 'FAILED', 'CANCELED'];
const stateOf = ({ state }: Row): string => STATES[Number(state)] ?? '';

/**
 * What a builder tells the hub of when it has the source package: a build that is under way, in
 * place of one that failed or was canceled.
 * @returns its number
 */
export function beginBuild(context: Context, nvr: string, task: Row): number {
  const { store } = context;
  const old = store.one('build', { nvr });
  if (old?.state === 0 && old.task_id === task.id) return Number(old.id);
  if (old?.state === 0) throw generic(`Build already in progress (task ${say(old.task_id)})`);
  if (old !== undefined && !/FAILED|CANCELED/.test(stateOf(old)))
    throw generic(`Build already exists (id=${say(old.id)}, state=${stateOf(old)}): {}`);
  const owner = look.getUser(context, task.owner);
  const build = old ?? importBuild(context, nvr, say(owner.name));
  store.update(build, {
    state: 0,
    task_id: task.id ?? null,
    owner_id: owner.id ?? null,
    owner_name: owner.name ?? null,
    ...moment('start'),
    completion_time: null,
    completion_ts: null,
  });
  return Number(build.id);
}

/** Ends a build that a task has begun. */
export function endBuild({ store }: Context, task: XmlRpcValue, end: keyof typeof ENDS): void {
  const build = store.one('build', { task_id: task, state: 0 });
  if (build !== undefined) store.update(build, { state: ENDS[end], ...moment('completion') });
}
const ENDS = { complete: 1, failed: 3, canceled: 4 } as const;

function findBuild({ store }: Context, info: XmlRpcValue | undefined): Row | undefined {
  if (typeof info === 'number') return store.one('build', { id: info });
  if (isStruct(info)) return store.one('build', pick(info, 'name', 'version', 'release'));
  if (!NVR.test(say(info))) throw generic(`invalid format: ${say(info)}`);
  return store.one('build', { nvr: info ?? null });
}

function getBuild(context: Context, info: XmlRpcValue | undefined): Row {
  const build = findBuild(context, info);
  if (build === undefined) throw generic(`No such build: ${repr(info ?? null)}`);
  return build;
}

const listing = (context: Context, tag: Row, build: Row) =>
  context.store.current('tag_listing', { tag_id: tag.id ?? null, build_id: build.id ?? null });

/** What the hub looks at before a build is tagged by a task. */
function checkTagging(
  context: Context,
  tag: Row,
  build: Row,
  force: boolean,
  from: Row | null = null,
): void {
  if (build.state !== 1)
    throw new HubFault(1003, `build ${say(build.nvr)} not complete: state ${stateOf(build)}`);
  for (const one of from === null ? [tag] : [tag, from])
    checkAccess(context, one, force && context.has('admin'));
  const listed = packageIn(context, tag.id ?? null, build.package_id ?? null);
  if (listed === null)
    throw new HubFault(1003, `Package ${say(build.name)} not in list for ${say(tag.name)}`);
  if (listed.blocked === true)
    throw new HubFault(1003, `Package ${say(build.name)} blocked in ${say(tag.name)}`);
}

/** Not even an admin tags without the tag's permission, but by force. */
export function checkAccess(context: Context, tag: Row, isForced: boolean): void {
  if (tag.locked === true && !isForced) throw denied('tag is locked');
  const has = permissionsOf(context.store, context.login);
  if (typeof tag.perm === 'string' && !has.includes(tag.perm) && !isForced)
    throw denied(`tag requires ${tag.perm} permission`);
}

function tagBuild(context: Context, a: Row): XmlRpcValue {
  const { id: owner = null } = context.login;
  const [tag, build] = [look.getTag(context, a.tag), getBuild(context, a.build)];
  checkTagging(context, tag, build, a.force === true);
  const request = [tag.id ?? null, build.id ?? null, a.force ?? null, a.fromtag ?? null];
  return start(context, { method: 'tagBuild', request, owner, priority: -10 });
}

function moveBuild(context: Context, a: Row): XmlRpcValue {
  const { id: owner = null } = context.login;
  const [from, to] = [look.getTag(context, a.tag1), look.getTag(context, a.tag2)];
  const build = getBuild(context, a.build);
  checkTagging(context, to, build, a.force === true, from);
  const request = [to.id ?? null, build.id ?? null, a.force ?? null, from.id ?? null];
  return start(context, { method: 'tagBuild', request, owner, priority: -10 });
}

export function tagAtOnce(context: Context, a: Row): XmlRpcValue {
  context.needs('tag');
  const [tag, build] = [look.getTag(context, a.tag), getBuild(context, a.build)];
  const old = listing(context, tag, build);
  if (old !== undefined && a.force !== true)
    throw new HubFault(1003, `build ${say(build.nvr)} already tagged (${say(tag.name)})`);
  if (old !== undefined) context.revoke(old);
  context.add('tag_listing', { tag_id: tag.id ?? null, build_id: build.id ?? null });
  return null;
}

export function untag(context: Context, a: Row): XmlRpcValue {
  context.assertLogin();
  const [tag, build] = [look.getTag(context, a.tag), getBuild(context, a.build)];
  checkAccess(context, tag, a.force === true && context.has('admin'));
  const row = listing(context, tag, build);
  if (row === undefined && a.strict !== false)
    throw new HubFault(1003, `build ${say(build.nvr)} not in tag ${say(tag.name)}`);
  if (row !== undefined) context.revoke(row);
  return null;
}

const TAGGED =
  'build_id completion_time create_event creation_event_id creation_time draft epoch id name nvr owner_id owner_name package_id package_name promoter_id promoter_name promotion_time release start_time state tag_id tag_name task_id version volume_id volume_name'.split(
    ' ',
  );

/** What was tagged last is first; a tag comes before those that it inherits from. */
function tagged(context: Context, tag: Row, a: Row): Row[] {
  const { store } = context;
  const parents = look.allParentsOf(context, tag.id).map(({ parent_id: id = null }) => id);
  const tags = [tag.id ?? null, ...(a.inherit === true ? parents : [])];
  const found: Row[] = [];
  for (const tag_id of tags)
    for (const row of store.active('tag_listing', { tag_id }).toReversed()) {
      const build = store.one('build', { id: row.build_id ?? null }) ?? {};
      const listed = packageIn(context, tag.id ?? null, build.package_id ?? null);
      if (listed === null || listed.blocked === true) continue;
      if (a.package !== null && build.name !== a.package) continue;
      const earlier = found.filter(({ name }) => name === build.name).length;
      if (a.latest && earlier >= Number(a.latest)) continue;
      if (found.some(({ id }) => id === build.id)) continue;
      const { name: tag_name = null } = store.one('tag', { id: tag_id }) ?? {};
      const create_event = row.create_event ?? null;
      found.push(pick({ ...build, tag_id, tag_name, create_event }, ...TAGGED));
    }
  return found;
}

const { id: _id, ...LISTED } = Object.fromEntries(
  'build_id completion_time completion_ts creation_event_id creation_time creation_ts draft epoch extra id name nvr owner_id owner_name package_id package_name promoter_id promoter_name promotion_time promotion_ts release source start_time start_ts state task_id version volume_id volume_name'
    .split(' ')
    .map((name) => [name, true]),
);

function listBuilds(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const idOf = (table: string, info: XmlRpcValue | undefined): XmlRpcValue =>
    typeof info === 'number' ? info : (store.one(table, { name: info ?? null })?.id ?? -1);
  const { order, limit } = isStruct(a.queryOpts) ? a.queryOpts : {};
  const found = store
    .rows('build')
    .filter((build) => a.packageID === null || build.package_id === idOf('package', a.packageID))
    .filter((build) => a.userID === null || build.owner_id === idOf('users', a.userID))
    .filter((build) => a.taskID === null || build.task_id === a.taskID)
    .filter((build) => a.state === null || build.state === a.state)
    .map((build) => pick(build, ...Object.keys(LISTED)));
  if (order === '-build_id') found.reverse();
  return found.slice(0, typeof limit === 'number' ? limit : undefined);
}

function requestRepo(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const user = context.login;
  const tag = look.getTag(context, a.tag);
  const before = store.one('repo_queue', { tag_id: tag.id ?? null });
  if (before !== undefined) return { repo: null, request: before, duplicate: true };
  const request = store.insert('repo_queue', {
    active: true,
    at_event: null,
    ...moment('create'),
    id: store.nextId('repo_queue'),
    min_event: store.lastEvent,
    opts: {},
    owner: user.id ?? null,
    owner_name: user.name ?? null,
    priority: 20,
    repo_id: null,
    tag_id: tag.id ?? null,
    tag_name: tag.name ?? null,
    task_id: null,
    task_state: null,
    tries: 0,
    ...moment('update'),
  });
  return { repo: null, request, duplicate: false };
}

function newRepo(context: Context, a: Row): XmlRpcValue {
  const user = context.has('repo') ? context.login : context.needs('regen-repo');
  const tag = look.getTag(context, a.tag);
  return start(context, { method: 'newRepo', request: [tag.name ?? null], owner: user.id ?? null });
}

export const BUILD_METHODS: Methods = {
  getBuild: method('get_build(buildInfo, strict=False)', (context, a) =>
    a.strict === true ? getBuild(context, a.buildInfo) : (findBuild(context, a.buildInfo) ?? null),
  ),
  listBuilds: method(
    'listBuilds(packageID=None, userID=None, taskID=None, prefix=None, state=None, volumeID=None, source=None, createdBefore=None, createdAfter=None, completeBefore=None, completeAfter=None, type=None, typeInfo=None, queryOpts=None, pattern=None, cgID=None, draft=None)',
    listBuilds,
  ),
  tagBuild: method('tagBuild(tag, build, force=False, fromtag=None)', tagBuild),
  moveBuild: method('moveBuild(tag1, tag2, build, force=False)', moveBuild),
  tagBuildBypass: method('tagBuildBypass(tag, build, force=False, notify=False)', tagAtOnce),
  untagBuild: method('untagBuild(tag, build, strict=True, force=False)', untag),
  listTagged: method(
    'listTagged(tag, event=None, inherit=False, prefix=None, latest=False, package=None, owner=None, type=None, strict=True, extra=False, draft=None)',
    (context, a) => {
      const tag = a.strict === false ? look.findTag(context, a.tag) : look.getTag(context, a.tag);
      return tag === null ? [] : tagged(context, tag, a);
    },
  ),
  getLatestBuilds: method(
    'getLatestBuilds(tag, event=None, package=None, type=None)',
    (context, a) =>
      tagged(context, look.getTag(context, a.tag), { ...a, inherit: true, latest: true }),
  ),
  getRepo: method(
    'getRepo(tag, state=None, event=None, dist=False, min_event=None)',
    (context, a) => {
      look.tagRow(context, a.tag);
      return null;
    },
  ),
  newRepo: method(
    'newRepo(tag, event=None, src=False, debuginfo=False, separate_src=False)',
    newRepo,
  ),
  'repo.request': method(
    'request_repo(tag, min_event=None, at_event=None, opts=None, priority=None, force=False)',
    requestRepo,
  ),
  distRepo: method('distRepo(tag, keys, **kwargs)', (context, a) => {
    const { id: owner = null } = context.login;
    const tag = look.getTag(context, a.tag);
    if (!('arch' in a)) throw new HubFault(1, "<class 'KeyError'>: 'arch'");
    return start(context, { method: 'distRepo', request: [tag.name ?? null], owner });
  }),
};
