import { encodeCall } from '../../../server/koji/xmlrpc-encode.ts';
import { isArray, isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { type Methods, method } from './signature.ts';
import { type Context, denied, generic, HubFault, type Row, type Store, say } from './store.ts';

export const TASK = { free: 0, open: 1, closed: 2, canceled: 3, assigned: 4, failed: 5 } as const;

/** Seconds since 1970 as a hub writes them. */
export const timeText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().replace('T', ' ').replace('Z', '')}000+00:00`;

export const moment = (name: string): Row => {
  const now = Date.now() / 1000;
  return { [`${name}_time`]: timeText(now), [`${name}_ts`]: now };
};

export interface NewTask {
  readonly method: string;
  readonly request: readonly XmlRpcValue[];
  readonly owner: XmlRpcValue;
  readonly arch?: string;
  readonly parent?: Row;
  readonly label?: string;
  readonly priority?: number;
}

export function addTask(store: Store, task: NewTask): Row {
  const { parent } = task;
  return store.insert('task', {
    arch: task.arch ?? 'noarch',
    awaited: null,
    channel_id: 1,
    completion_time: null,
    completion_ts: null,
    ...moment('create'),
    host_id: null,
    id: store.nextId('task'),
    label: task.label ?? null,
    method: task.method,
    owner: task.owner,
    parent: parent?.id ?? null,
    priority: parent === undefined ? 20 + (task.priority ?? 0) : Number(parent.priority) - 1,
    start_time: null,
    start_ts: null,
    state: TASK.free,
    waiting: null,
    weight: 1,
    request: task.request,
    result: null,
    files: {},
  });
}

const infoOf = (task: Row, withRequest: boolean): Row => {
  const { request, result: _result, files: _files, ...info } = task;
  return withRequest ? { ...info, request: request ?? null } : info;
};

const find = ({ store }: Context, id: XmlRpcValue | undefined): Row | undefined =>
  store.one('task', { id: id ?? null });

function must(context: Context, id: XmlRpcValue | undefined, words: string): Row {
  const task = find(context, id);
  if (task === undefined) throw generic(words);
  return task;
}

const isFinished = ({ state }: Row): boolean =>
  state === TASK.closed || state === TASK.canceled || state === TASK.failed;

/** @returns its number; nothing is checked but that `src` is text */
function build(context: Context, a: Row): XmlRpcValue {
  const { id: owner = null } = context.login;
  if (typeof a.src !== 'string')
    throw new HubFault(
      1019,
      `Invalid type for value '${say(a.src)}': <class 'int'>, expected type <class 'str'>`,
    );
  if (typeof a.priority === 'number' && a.priority < 0) context.needs('admin');
  const request = [a.src, a.target ?? null, a.opts ?? {}];
  return start(context, { method: 'build', request, owner, priority: Number(a.priority ?? 0) });
}

export const start = (context: Context, task: NewTask): XmlRpcValue =>
  addTask(context.store, task).id ?? null;

function chainBuild(context: Context, a: Row): XmlRpcValue {
  const { id: owner = null } = context.login;
  if (!isArray(a.srcs))
    throw new HubFault(
      1019,
      `Invalid type for value '${say(a.srcs)}': <class 'str'>, expected type <class 'list'>`,
    );
  return start(context, {
    method: 'chainbuild',
    request: [a.srcs, a.target ?? null, a.opts ?? {}],
    owner,
  });
}

function cancel(context: Context, a: Row): XmlRpcValue {
  const task = must(context, a.task_id, `No such task: ${say(a.task_id)}`);
  if (task.owner !== context.login.id && !context.has('admin'))
    throw denied('Cannot cancel task, not owner');
  const stop = (one: Row): void => {
    if (!isFinished(one))
      context.store.update(one, { state: TASK.canceled, ...moment('completion') });
    for (const child of context.store.rows('task', { parent: one.id ?? null })) stop(child);
  };
  stop(task);
  return null;
}

function resubmit(context: Context, a: Row): XmlRpcValue {
  const task = must(context, a.taskID, `No such task: ${say(a.taskID)}`);
  if (task.parent !== null) throw generic('only top-level tasks may be resubmitted');
  if (task.state !== TASK.canceled && task.state !== TASK.failed)
    throw generic('only canceled or failed tasks may be resubmitted');
  if (task.owner !== context.login.id && !context.has('admin'))
    throw generic('only the task owner or an admin may resubmit a task');
  const { method: name, request, owner = null } = task;
  return start(context, { method: say(name), request: isArray(request) ? request : [], owner });
}

function result(context: Context, a: Row): XmlRpcValue {
  const task = must(context, a.taskId, 'No such task');
  if (task.state === TASK.canceled) throw generic(`Task ${say(task.id)} is canceled`);
  if (!isFinished(task)) throw generic(`Task ${say(task.id)} is not finished`);
  const value = task.result ?? null;
  if (task.state === TASK.failed && a.raise_fault !== false && isStruct(value))
    throw new HubFault(Number(value.faultCode), say(value.faultString));
  return value;
}

function descendents(context: Context, a: Row): XmlRpcValue {
  const found: Row = {};
  const walk = (id: XmlRpcValue): void => {
    const children = context.store.rows('task', { parent: id });
    found[say(id)] = children.map((child) => infoOf(child, a.request === true));
    for (const child of children) walk(child.id ?? null);
  };
  walk(a.task_id ?? null);
  return found;
}

function list(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const wanted = isStruct(a.opts) ? a.opts : {};
  const { order, limit, offset } = isStruct(a.queryOpts) ? a.queryOpts : {};
  const fits = (task: Row): boolean =>
    ['method', 'owner', 'parent', 'state', 'arch'].every((name) => {
      const want = wanted[name];
      return (
        want === undefined ||
        (isArray(want) ? want.includes(task[name] ?? null) : want === task[name])
      );
    });
  const column = say(order ?? 'id').replace(/^-/, '');
  const sign = say(order ?? '').startsWith('-') ? -1 : 1;
  return store
    .rows('task')
    .filter(fits)
    .toSorted((x, y) => sign * (Number(x[column]) - Number(y[column])))
    .slice(typeof offset === 'number' ? offset : 0)
    .slice(0, typeof limit === 'number' ? limit : undefined)
    .map((task) => listedTask(context, task, wanted.decode === true));
}

function listedTask({ store }: Context, task: Row, decode: boolean): Row {
  const owner = store.one('users', { id: task.owner ?? null });
  const request = encodeCall(say(task.method), isArray(task.request) ? task.request : []);
  return {
    ...infoOf(task, false),
    owner_name: owner?.name ?? null,
    owner_type: owner?.usertype ?? null,
    request: decode ? (task.request ?? null) : request,
    result: null,
  };
}

const filesOf = (task: Row | undefined): Row => (isStruct(task?.files) ? { ...task.files } : {});

function download(context: Context, a: Row): XmlRpcValue {
  const file = filesOf(find(context, a.taskID))[say(a.fileName)];
  if (!(file instanceof Uint8Array))
    throw generic(`no file "${say(a.fileName)}" output by task ${say(a.taskID)}`);
  const [offset, size] = [Number(a.offset), Number(a.size)];
  const rest = Buffer.from(file).subarray(offset);
  return rest.subarray(0, size < 0 ? rest.length : size).toString('base64');
}

function output(context: Context, a: Row): XmlRpcValue {
  const files = filesOf(find(context, a.taskID));
  const names = Object.keys(files).toSorted();
  if (a.stat !== true) return names;
  const now = Date.now() / 1000;
  return Object.fromEntries(
    names.map((name) => {
      const size = (files[name] as Uint8Array).length;
      return [name, { st_atime: now, st_ctime: now, st_mtime: now, st_size: String(size) }];
    }),
  );
}

export const TASK_METHODS: Methods = {
  build: method('build(src, target, opts=None, priority=None, channel=None)', build),
  chainBuild: method(
    'chainBuild(srcs, target, opts=None, priority=None, channel=None)',
    chainBuild,
  ),
  cancelTask: method('cancelTask(task_id, recurse=True)', cancel),
  resubmitTask: method('resubmitTask(taskID)', resubmit),
  getTaskInfo: method('getTaskInfo(task_id, request=False, strict=False)', (context, a) => {
    const one = (id: XmlRpcValue): XmlRpcValue => {
      const task = find(context, id);
      if (task === undefined && a.strict === true) throw generic('query returned no rows');
      return task === undefined ? null : infoOf(task, a.request === true);
    };
    return isArray(a.task_id) ? a.task_id.map(one) : one(a.task_id ?? null);
  }),
  getTaskChildren: method('getTaskChildren(task_id, request=False, strict=False)', (context, a) =>
    context.store
      .rows('task', { parent: a.task_id ?? null })
      .map((task) => infoOf(task, a.request === true)),
  ),
  getTaskDescendents: method('getTaskDescendents(task_id, request=False)', descendents),
  getTaskResult: method('getTaskResult(taskId, raise_fault=True)', result),
  listTasks: method('listTasks(opts=None, queryOpts=None)', list),
  listTaskOutput: method(
    'listTaskOutput(taskID, stat=False, all_volumes=False, strict=False)',
    output,
  ),
  downloadTaskOutput: method(
    'downloadTaskOutput(taskID, fileName, offset=0, size=-1, volume=None)',
    download,
  ),
};
