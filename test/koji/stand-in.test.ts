import { request } from 'node:http';
import { expect, it } from 'vitest';
import { decodeAnswer, decodeCall } from '../../server/koji/xmlrpc-decode.ts';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { isArray, isStruct, type XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import {
  type Exchange,
  recordedExchanges,
  recordedRequest,
  recordedResponse,
} from '../support/koji-fixtures.ts';
import { TASK } from '../support/koji-hub/tasks.ts';
import { KojiHub } from '../support/koji-hub.ts';

const LIMIT = 8 * 1024 * 1024;
const SCL = 'sclo7-rh-python34-rh';

type Headers = Record<string, string>;
type Reply = { status: number; type: string; body: Buffer };

function post(url: string, headers: Headers, body: Uint8Array | string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { 'Content-Type': 'text/xml', ...headers },
    });
    sent.on('error', reject).on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          const type = answer.headers['content-type'] ?? '';
          resolve({ status: answer.statusCode ?? 0, type, body: Buffer.concat(chunks) });
        });
    });
    sent.end(body);
  });
}

/** Members that no two hubs have the same. */
const VOLATILE = /(_ts|_time|^st_[acm]time|^session-key|^traceback)$/;

/** A value without what is of its time; events are told apart by their order alone. */
function lasting(value: XmlRpcValue): unknown {
  const events = new Set<number>();
  const collect = (one: XmlRpcValue): void => {
    if (isArray(one)) for (const each of one) collect(each);
    else if (isStruct(one))
      for (const [name, each] of Object.entries(one)) {
        if (/event/.test(name) && typeof each === 'number') events.add(each);
        collect(each);
      }
  };
  collect(value);
  const order = [...events].toSorted((a, b) => a - b);
  const strip = (one: XmlRpcValue, name: string): unknown => {
    if (one !== null && VOLATILE.test(name)) return `<${name}>`;
    if (/event/.test(name) && typeof one === 'number') return `event ${order.indexOf(one)}`;
    if (isArray(one)) return one.map((each) => strip(each, ''));
    if (!isStruct(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, each]) => [key, strip(each, key)]));
  };
  return strip(value, '');
}

/** What was done between the recorded exchanges, by what comes next; callnums have gaps there. */
function unrecorded(hub: KojiHub): Record<string, () => void> {
  const { state } = hub;
  const write = (method: string, ...params: XmlRpcValue[]): void =>
    void state.as('distgit', method, ...params);
  const login = (): number => state.sessions.open(user('distgit'), 2).id;
  const user = (name: string) => state.store.one('users', { name }) ?? {};
  const task = (id: number) => state.store.one('task', { id }) ?? {};
  return {
    'getLoggedInUser-url-session': login,
    'createTag-kwargs': () => {
      write('createTag', `${SCL}-testing`);
      write('createTag', `${SCL}-release`);
    },
    getTagExternalRepos: () =>
      write('addExternalRepoToTag', `${SCL}-el7-build`, 'centos7-updates', 15),
    'groupPackageListAdd-groupnotintag-fault': () =>
      write('groupListAdd', `${SCL}-el7-build`, 'srpm-build'),
    getTagGroups: () => {
      for (const [group, name] of [
        ['build', 'gcc'],
        ['build', 'rh-python34-build'],
        ['srpm-build', 'bash'],
      ] as const)
        write('groupPackageListAdd', `${SCL}-el7-build`, group, name);
    },
    groupPackageListRemove: () => write('groupPackageListAdd', `${SCL}-el7-build`, 'build', 'oops'),
    packageListBlock: () => {
      for (const name of ['rh-python34-python-setuptools', 'rh-python34-junk'])
        write('packageListAdd', `${SCL}-candidate`, name, 'sclo');
    },
    'getBuildTarget-missing': () => {
      for (const level of ['testing', 'release'])
        write('packageListAdd', `${SCL}-${level}`, 'rh-python34', 'sclo');
    },
    deleteBuildTarget: () =>
      write('createBuildTarget', `${SCL}-el7-tmp`, `${SCL}-el7-build`, `${SCL}-candidate`),
    'session-expired-fault': () => {
      const session = state.sessions.byId(String(login()));
      if (session !== undefined) session.expired = true;
    },
    exclusiveSession: () => {
      login();
      login();
    },
    'build-anonymous-fault': () => {
      for (const session of state.sessions.live) session.exclusive = false;
    },
    cancelTask: () =>
      write(
        'build',
        'git+https://git.centos.org/rpms/rh-python34#0123456789abcdef0123456789abcdef01234567',
        `${SCL}-el7`,
      ),
    'login-password': () => state.addHost('builder1', 'h'),
    getTaskDescendents: () => {
      state.startTask(1);
      state.addChild(1, 'buildSRPMFromSCM', 'srpm', 'noarch');
      state.addChild(1, 'buildArch', 'x86_64', 'x86_64');
    },
    listTaskOutput: () =>
      state.store.update(task(8), {
        files: {
          'build.log': Buffer.from(
            'Building target platforms: x86_64\nerror: Bad exit status from /var/tmp/rpm-tmp (%build)\n',
          ),
          'root.log': Buffer.from('x'.repeat(15)),
        },
      }),
    'getTaskInfo-failed': () => {
      const source =
        'git+https://git.centos.org/rpms/rh-python34#0123456789abcdef0123456789abcdef01234567';
      state.endTask(7, TASK.closed, {
        srpm: 'tasks/7/7/x.src.rpm',
        logs: ['build.log'],
        brootid: 1,
        source: { source, url: source },
      });
      const faultString =
        'error building package (arch x86_64), mock exited with status 1; see build.log or root.log for more information';
      for (const id of [8, 1]) state.endTask(id, TASK.failed, { faultCode: 1005, faultString });
    },
    getBuild: () => state.importBuild('rh-python34-2.0-1.el7', 'sclo'),
    'tagBuildBypass-duplicate-fault': () =>
      write('tagBuildBypass', `${SCL}-candidate`, 'rh-python34-2.0-1.el7'),
    'tagBuild-locked-fault': () => write('editTag2', `${SCL}-release`, keywords({ locked: true })),
    'tagBuild-needsperm-fault': () =>
      write('editTag2', `${SCL}-release`, keywords({ locked: false, perm: 'sign' })),
  };
}

/** The session's keys of the recorded hub and of this one differ. */
function headersOf(hub: KojiHub, { req_headers: recorded }: Exchange): Headers {
  const id = recorded['Koji-Session-Id'];
  const headers: Headers = { ...recorded };
  if (id !== undefined) headers['Koji-Session-Key'] = hub.state.sessions.byId(id)?.key ?? '';
  return headers;
}

function urlOf(hub: KojiHub, { path }: Exchange): string {
  const url = new URL(path, hub.url);
  const id = url.searchParams.get('session-id');
  if (id !== null) url.searchParams.set('session-key', hub.state.sessions.byId(id)?.key ?? '');
  return url.toString();
}

it('answers every recorded exchange as the real hub did', async () => {
  await using hub = await KojiHub.open();
  const { state } = hub;
  state.addUser('kojiadmin', ['admin']);
  state.addUser('sclo');
  state.addUser('distgit', ['tag', 'target']);
  state.addUser('joe');
  for (const name of ['os', 'updates', 'extras'])
    state.addExternalRepo(`centos7-${name}`, `http://mirror.centos.org/centos/7/${name}/$arch/`);
  for (const name of ['kojiadmin', 'joe'])
    state.sessions.open(state.store.one('users', { name }) ?? {}, 2);
  const between = unrecorded(hub);
  const different: unknown[] = [];
  for (const exchange of recordedExchanges()) {
    between[exchange.name]?.();
    delete between[exchange.name];
    if (exchange.name === 'retry-error-fault') {
      // The call that was committed with this number before.
      const headers = headersOf(hub, exchange);
      await post(hub.url, headers, recordedRequest(exchange));
    }
    const reply = await post(
      urlOf(hub, exchange),
      headersOf(hub, exchange),
      recordedRequest(exchange),
    );
    if (exchange.status !== 200) {
      expect([reply.status, reply.type]).toEqual([
        exchange.status,
        exchange.resp_headers['Content-Type'],
      ]);
      continue;
    }
    expect(reply.status, exchange.name).toBe(200);
    const is = decodeAnswer(reply.body, LIMIT);
    const was = decodeAnswer(recordedResponse(exchange), LIMIT);
    const shown = [is, was].map((one) => ('fault' in one ? one : lasting(one.value)));
    try {
      expect(shown[0]).toEqual(shown[1]);
    } catch (error) {
      different.push([
        exchange.name,
        decodeCall(recordedRequest(exchange), LIMIT).params,
        String(error),
      ]);
    }
  }
  expect(different).toEqual([]);
  expect(Object.keys(between)).toEqual([]);
});
