import { decodeCall } from '../../../server/koji/xmlrpc-decode.ts';
import { encodeAnswer, encodeFault } from '../../../server/koji/xmlrpc-encode.ts';
import {
  isArray,
  isStruct,
  XmlRpcError,
  type XmlRpcValue,
} from '../../../server/koji/xmlrpc-value.ts';
import { BUILD_METHODS, importBuild } from './builds.ts';
import { GROUP_METHODS } from './groups.ts';
import { HISTORY_METHODS } from './history.ts';
import { PACKAGE_METHODS } from './packages.ts';
import { type Session, type SessionArguments, Sessions } from './sessions.ts';
import { bind, type Methods } from './signature.ts';
import { Context, generic, HubFault, type Row, Store, say } from './store.ts';
import { TAG_METHODS } from './tags.ts';
import { createRepo, TARGET_METHODS } from './targets.ts';
import { addTask, moment, TASK, TASK_METHODS } from './tasks.ts';
import { takeUpload, UPLOAD_METHODS } from './uploads.ts';
import { addPermissions, addUser, USER_METHODS } from './users.ts';

const METHODS: Methods = {
  ...USER_METHODS,
  ...TAG_METHODS,
  ...GROUP_METHODS,
  ...PACKAGE_METHODS,
  ...TARGET_METHODS,
  ...TASK_METHODS,
  ...BUILD_METHODS,
  ...HISTORY_METHODS,
  ...UPLOAD_METHODS,
};

const MAX_BODY = 4 * 1024 * 1024;

export interface HubRequest {
  readonly isLogin: boolean;
  readonly body: Uint8Array;
  /** What stands in the URL where the body is a piece of a file; null: it is a call. */
  readonly upload: URLSearchParams | null;
  readonly session: SessionArguments | null;
  /** The name in the certificate, where one was shown. */
  readonly certificate: string | null;
}

export interface HubReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What a hub knows and does, without the web server around it. */
export class HubState {
  readonly store = new Store();
  readonly sessions = new Sessions();
  readonly #passwords = new Map<string, string>();
  /** Faults are as a hub's that debugs. */
  debugs = false;

  constructor() {
    addPermissions(this.store);
    this.store.commit();
  }

  addUser(name: string, permissions: readonly string[] = []): Row {
    const user = addUser(this.store, name);
    const context = new Context(this.store, null, null);
    for (const name of permissions) {
      const { id = null } = this.store.one('permissions', { name }) ?? {};
      context.add('user_perms', { user_id: user.id ?? null, perm_id: id });
    }
    this.store.commit();
    return user;
  }

  /** A builder's account. */
  addHost(name: string, password: string): void {
    addUser(this.store, name, 1);
    this.#passwords.set(name, password);
    this.store.commit();
  }

  addExternalRepo(name: string, url: string): void {
    const admin = this.store
      .rows('users')
      .find((user) => new Context(this.store, user, null).has('admin'));
    createRepo(new Context(this.store, admin ?? null, null), { name, url });
    this.store.commit();
  }

  importBuild(nvr: string, owner: string): void {
    importBuild(new Context(this.store, null, null), nvr, owner);
    this.store.commit();
  }

  /** A builder takes a task. */
  startTask(id: number): void {
    const task = this.store.one('task', { id });
    if (task !== undefined)
      this.store.update(task, { state: TASK.open, host_id: 1, ...moment('start') });
    this.store.commit();
  }

  /** A builder makes a task below one that it has, and takes it. */
  addChild(parentId: number, method: string, label: string, arch: string): void {
    const parent = this.store.one('task', { id: parentId }) ?? {};
    const task = addTask(this.store, {
      method,
      label,
      arch,
      parent,
      owner: parent.owner ?? null,
      request: [],
    });
    this.startTask(Number(task.id));
  }

  endTask(id: number, end: number, result: XmlRpcValue): void {
    const task = this.store.one('task', { id });
    if (task !== undefined)
      this.store.update(task, { state: end, result, ...moment('completion') });
    this.store.commit();
  }

  /** One call of a user, past all sessions. */
  as(name: string, method: string, ...params: readonly XmlRpcValue[]): XmlRpcValue {
    const user = this.store.one('users', { name }) ?? null;
    const value = this.#run(user, null, method, params);
    this.store.commit();
    return value;
  }

  answer(request: HubRequest): HubReply {
    const xml = (body: string): HubReply => ({ status: 200, contentType: 'text/xml', body });
    let method = '';
    const start = this.store.savepoint();
    try {
      if (request.upload !== null) return xml(encodeAnswer(this.#upload(request, request.upload)));
      if (request.body.length === 0) throw new XmlRpcError('no element found: line 1, column 0');
      const call = decodeCall(request.body, MAX_BODY);
      method = call.method;
      const value = this.#answer(request, call.method, call.params);
      return xml(encodeAnswer(value));
    } catch (error) {
      this.store.rollback(start);
      if (error instanceof XmlRpcError)
        return {
          status: 400,
          contentType: 'text/plain',
          body: `Invalid request: ${error.message}`,
        };
      if (!(error instanceof HubFault)) throw error;
      return xml(encodeFault(error.code, this.debugs ? debugText(error, method) : error.message));
    }
  }

  #answer(request: HubRequest, method: string, params: readonly XmlRpcValue[]): XmlRpcValue {
    const isLogin = method === 'sslLogin' || method === 'login';
    const last = params.at(-1);
    const isRenewal = isLogin && isStruct(last) && last.renew === true;
    const session = request.session && this.sessions.check(request.session, method, isRenewal);
    if (isLogin) return this.#login(request, method, params, session, isRenewal);
    if (method === 'logout') {
      const id = typeof params[0] === 'number' ? params[0] : null;
      const user = session?.user ?? null;
      this.sessions.close(session, id, new Context(this.store, user, null).has('admin'));
      return null;
    }
    if (method === 'exclusiveSession' || method === 'sharedSession') {
      if (session !== null) session.exclusive = method === 'exclusiveSession';
      return null;
    }
    const user = session?.user ?? null;
    const isMany = method === 'multiCall' || method === 'system.multicall';
    const value = isMany
      ? this.#many(user, session, params[0])
      : this.#run(user, session, method, params);
    const number = request.session?.callnum ?? null;
    if (this.store.commit() && session !== null && number !== null)
      session.callnum = Number(number);
    return value;
  }

  /** The session is looked at as for a call; its number is not kept, as nothing is committed. */
  #upload({ session: given, body }: HubRequest, query: URLSearchParams): XmlRpcValue {
    const session = given && this.sessions.check(given, 'UNKNOWN', false);
    return takeUpload(new Context(this.store, session?.user ?? null, null), query, body);
  }

  #login(
    request: HubRequest,
    method: string,
    params: readonly XmlRpcValue[],
    live: Session | null,
    isRenewal: boolean,
  ): XmlRpcValue {
    if (live !== null && !isRenewal) throw new HubFault(1002, 'Already logged in');
    const session =
      live === null ? this.#newSession(request, method, params) : this.sessions.renew(live);
    return { 'session-id': session.id, 'session-key': session.key, 'header-auth': true };
  }

  #newSession(request: HubRequest, method: string, params: readonly XmlRpcValue[]): Session {
    if (method === 'login') {
      const [name, password] = params.map(String);
      const user = this.store.one('users', { name: name ?? null });
      if (user === undefined || this.#passwords.get(name ?? '') !== password)
        throw new HubFault(1002, 'invalid username or password');
      return this.sessions.open(user, 0);
    }
    const name = request.isLogin ? request.certificate : null;
    if (name === null) throw new HubFault(1002, 'could not verify client: None');
    // LoginCreatesUser is on by default.
    const user = this.store.one('users', { name }) ?? this.addUser(name);
    if (user.status !== 0) throw new HubFault(1002, `logins by ${name} are not allowed`);
    return this.sessions.open(user, 2);
  }

  /** Not all or nothing: one that fails is undone alone. */
  #many(user: Row | null, session: Session | null, calls: XmlRpcValue | undefined): XmlRpcValue {
    if (!isArray(calls)) throw new HubFault(1, "<class 'TypeError'>: not iterable");
    return calls.map((call) => {
      const before = this.store.savepoint();
      const { methodName = null, params } = isStruct(call) ? call : {};
      try {
        if (!isArray(params)) throw new HubFault(1, 'params');
        return [this.#run(user, session, say(methodName), params)];
      } catch (error) {
        if (!(error instanceof HubFault)) throw error;
        this.store.rollback(before);
        const traceback = ['Traceback (most recent call last):\n'];
        return { faultCode: error.code, faultString: error.message, traceback };
      }
    });
  }

  #run(
    user: Row | null,
    session: Session | null,
    name: string,
    params: readonly XmlRpcValue[],
  ): XmlRpcValue {
    const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (method === undefined) throw generic(`Invalid method: ${name}`);
    const row = session && { authtype: session.authtype };
    return method.run(new Context(this.store, user, row), bind(method, params));
  }
}

const CLASSES: Readonly<Record<number, string>> = {
  1000: 'GenericError',
  1002: 'AuthError',
  1003: 'TagError',
  1004: 'ActionNotAllowed',
  1006: 'AuthLockError',
  1007: 'AuthExpired',
  1008: 'SequenceError',
  1009: 'RetryError',
  1019: 'ParameterError',
};

/** What `KojiTraceback=extended` adds to a fault, shortened. */
function debugText(fault: HubFault, method: string): string {
  return [
    'Traceback (most recent call last):',
    '  File "/usr/share/koji-hub/kojixmlrpc.py", line 233, in _wrap_handler',
    `    response = handler(environ) # ${method}`,
    `koji.${CLASSES[fault.code] ?? 'GenericError'}: ${fault.message}`,
    '',
    'Locals by frame, innermost last',
    '',
    'Frame _wrap_handler in /usr/share/koji-hub/kojixmlrpc.py at line 233',
    "              environ = {'DB_PASSWORD': 'hunter2', 'HTTP_KOJI_SESSION_KEY': 'secret'}",
    '',
  ].join('\n');
}
