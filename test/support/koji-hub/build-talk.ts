import { isDeepStrictEqual } from 'node:util';
import type { CallAnswer, Hub, HubCall } from '../../../server/koji/hub.ts';
import { faultOfError } from '../../../server/koji/koji-fault.ts';
import { keywords } from '../../../server/koji/xmlrpc-encode.ts';
import { isArray, isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import type { PlayedBuilder } from './played-builder.ts';

/** Where a talk about builds is held. */
export interface BuildPlace {
  /** As the user `distgit`, with the permissions `tag` and `target`. */
  readonly hub: Hub;
  readonly builder: PlayedBuilder;
}

const TAGS = ['candidate', 'testing', 'locked', 'unlisted', 'blocked'];
/** Of a task, a build or a user that no hub has. */
const NOBODY = 999_999_999;

/**
 * What this server says to a hub about builds, right and wrong, and what builders do with it.
 * @param prefix of all names, that no earlier talk with the same hub had
 * @returns all that was heard and could be read after each step, without what is of this talk alone
 */
export async function talkOfBuilds({ hub, builder }: BuildPlace, prefix: string) {
  const heard: unknown[] = [];
  /** Tasks and builds, each called by its turn in this talk. */
  const known = new Map<number, string>();
  const builds = new Map<number, string>();
  const before = new Map<number, unknown>();
  const me = structOf(await hub.read('getLoggedInUser')).id ?? null;
  const plain = (text: string): string => text.replaceAll(prefix, 'x');

  /** A value without numbers and times that two hubs do not share. */
  function lasting(value: XmlRpcValue, key: string, isTask = false): unknown {
    if (isArray(value)) return value.map((one) => lasting(one, key, isTask));
    if (isStruct(value)) {
      const entries = Object.entries({ ...value, ...requestOf(value) });
      return Object.fromEntries(
        entries.map(([name, one]) => [
          /^\d+$/.test(name) ? (known.get(Number(name)) ?? 'number') : plain(name),
          lasting(one, name, 'method' in value),
        ]),
      );
    }
    if (typeof value === 'string') return key.endsWith('_time') ? 'time' : plain(value);
    if (typeof value !== 'number') return value;
    if (/_[acm]?ts$|^st_[acm]time$/.test(key)) return 'time';
    if (key === 'task_id' || (isTask && /^(id|parent)$/.test(key)))
      return known.get(value) ?? 'number';
    return /(^|_)(id|event|tag|request|owner)$/.test(key) ? 'number' : value;
  }
  /** Of a tagging, with the build by its turn. */
  function requestOf({ method, request }: Readonly<Record<string, XmlRpcValue>>) {
    if (method !== 'tagBuild' || !isArray(request)) return {};
    const [tag = null, build = null, ...more] = request;
    return { request: [tag, builds.get(Number(build)) ?? build, ...more] };
  }
  /** Without tasks from before this talk. */
  const own = (tasks: XmlRpcValue): XmlRpcValue =>
    isArray(tasks) ? tasks.filter((task) => known.has(Number(structOf(task).id))) : tasks;
  const shown = (answer: CallAnswer): unknown => {
    if ('value' in answer) return lasting(answer.value, '');
    const words = plain(answer.fault.words).replace(/\b\d+\b/g, '#');
    return [answer.fault.code, words];
  };
  const note = (what: string, was: unknown): void => {
    heard.push([plain(what), was]);
  };

  async function ask(method: string, ...params: readonly XmlRpcValue[]): Promise<void> {
    const [answer] = await hub.readAll([{ method, params }]);
    if (answer !== undefined) note(method, shown(answer));
  }
  async function say(method: string, ...params: readonly XmlRpcValue[]): Promise<number> {
    const outcome = await hub.writeAll([{ method, params }]);
    const answer = outcome.kind === 'answered' ? outcome.answers[0] : undefined;
    if (answer === undefined) throw new Error('An answer is lost.');
    const value = 'value' in answer ? answer.value : null;
    const isNumber = typeof value === 'number';
    if (isNumber) known.set(value, `task ${known.size}`);
    const turns = /^(tag|untag|move)Build$/.test(method) ? builds : known;
    const named = params.map((one) => turns.get(Number(one)) ?? one);
    note(`${method} ${JSON.stringify(named)}`, isNumber ? 'a number' : shown(answer));
    return isNumber ? value : NOBODY;
  }
  async function play(what: string, act: () => unknown): Promise<void> {
    try {
      await act();
      note(what, 'done');
    } catch (error) {
      const fault = faultOfError(error);
      if (fault === null) throw error;
      const words = plain(fault.words).replace(/(, state=\w+\)).*/, '$1');
      note(what, [fault.code, words.replace(/\b\d+\b/g, '#')]);
    }
  }
  /** All that this server ever reads of a task. */
  async function look(task: number, nvr: string): Promise<void> {
    const calls: HubCall[] = [
      { method: 'getTaskInfo', params: [[task, NOBODY]] },
      { method: 'getTaskInfo', params: [task] },
      { method: 'getTaskDescendents', params: [task, true] },
      { method: 'getTaskResult', params: [task, false] },
      { method: 'getTaskResult', params: [task] },
      { method: 'listTaskOutput', params: [task, true] },
      { method: 'listBuilds', params: [keywords({ taskID: task })] },
      {
        method: 'listTasks',
        params: [
          { owner: me, parent: null, decode: true },
          { order: '-id', limit: 4 },
        ],
      },
      { method: 'getBuild', params: [`${prefix}-${nvr}`] },
      { method: 'listTags', params: [`${prefix}-${nvr}`] },
      ...TAGS.map((tag) => ({ method: 'listTagged', params: [`${prefix}-${tag}`] })),
    ];
    const answers = await hub.readAll(calls);
    answers.forEach((answer, index) => {
      const method = calls[index]?.method ?? '';
      const mine =
        method === 'listTasks' && 'value' in answer ? { value: own(answer.value) } : answer;
      const now = byName(shown(mine));
      // Most is as it was at the last look, of this task or another.
      if (!isDeepStrictEqual(before.get(index), now)) note(`  ${method} ${index}`, now);
      before.set(index, now);
    });
  }
  const nvr = (short: string): string => `${prefix}-${short}`;
  const buildOf = async (short: string): Promise<number> => {
    const id = Number(structOf(await hub.read('getBuild', nvr(short))).id);
    builds.set(id, `build ${builds.size}`);
    return id;
  };
  const source = (name: string) => `git+https://example.org/scls/${name}.git#${'1'.repeat(40)}`;
  const ours = (id: number) => ({ custom_user_metadata: { distgit_builds: [id] } });
  const newBuild = (name: string, options: Readonly<Record<string, XmlRpcValue>> = {}) =>
    say('build', source(name), prefix, { ...ours(1), ...options }, null);
  async function take(task: number): Promise<Readonly<Record<string, number>>> {
    const made = await builder.take(task, ['x86_64', 'aarch64']);
    for (const [label, id] of Object.entries(made)) known.set(id, label);
    return made;
  }

  for (const tag of TAGS) await say('createTag', nvr(tag));
  known.clear();
  await hub.writeAll([
    { method: 'editTag2', params: [nvr('locked'), keywords({ locked: true })] },
    {
      method: 'createTag',
      params: [nvr('build'), keywords({ parent: nvr('candidate'), arches: 'x86_64 aarch64' })],
    },
    { method: 'createBuildTarget', params: [prefix, nvr('build'), nvr('candidate')] },
    ...TAGS.filter((tag) => tag !== 'unlisted').map((tag) => ({
      method: 'packageListAdd',
      params: [nvr(tag), nvr('p'), 'distgit'],
    })),
    { method: 'packageListBlock', params: [nvr('blocked'), nvr('p')] },
  ]);

  // A build, from the request to the tag.
  const first = await newBuild('one');
  await look(first, 'p-1-1');
  const parts = await take(first);
  const log = parts.x86_64 ?? NOBODY;
  await builder.log(log, 'build.log', 'one\ntwo\n');
  await look(first, 'p-1-1');
  await ask('listTaskOutput', log, true);
  for (const range of [[], [0, 3], [4, 100], [8, 100], [100, 100]])
    await ask('downloadTaskOutput', log, 'build.log', ...range);
  await ask('downloadTaskOutput', log, 'other.log', 0, 100);
  await ask('downloadTaskOutput', NOBODY, 'build.log', 0, 100);
  await ask('getTaskResult', NOBODY, false);
  await play('begin', () => builder.begin(first, nvr('p-1-1')));
  await look(first, 'p-1-1');
  await say('tagBuild', nvr('testing'), await buildOf('p-1-1'));
  await play('complete', () => builder.complete(first, nvr('p-1-1')));
  await look(first, 'p-1-1');

  // The same again, which the hub says when the source package is there.
  const again = await newBuild('one');
  await take(again);
  await play('begin', () => builder.begin(again, nvr('p-1-1')));
  await play('fail', () => builder.fail(again, 'Build already exists'));
  await look(again, 'p-1-1');
  const failing = await newBuild('two');
  await take(failing);
  await play('begin', () => builder.begin(failing, nvr('p-2-1')));
  await play('fail', () => builder.fail(failing, 'error building package'));
  await look(failing, 'p-2-1');
  const mended = await newBuild('two');
  await take(mended);
  await play('begin', () => builder.begin(mended, nvr('p-2-1')));
  await play('complete', () => builder.complete(mended, nvr('p-2-1')));
  await look(mended, 'p-2-1');

  // Without tag, in the background, on one architecture, and for a scratch.
  const untagged = await newBuild('three', { skip_tag: true, fail_fast: true });
  await take(untagged);
  await play('complete', () => builder.complete(untagged, nvr('p-3-1')));
  await look(untagged, 'p-3-1');
  const scratch = await say(
    'build',
    source('four'),
    prefix,
    { ...ours(4), scratch: true, arch_override: 'x86_64' },
    5,
  );
  await take(scratch);
  await play('complete', () => builder.complete(scratch, nvr('p-4-1')));
  await look(scratch, 'p-4-1');

  // What is canceled, and asked for again.
  const canceled = await newBuild('five');
  await take(canceled);
  await play('begin', () => builder.begin(canceled, nvr('p-5-1')));
  await say('resubmitTask', canceled);
  await say('cancelTask', canceled);
  await say('cancelTask', canceled);
  await look(canceled, 'p-5-1');
  await say('cancelTask', first);
  await say('cancelTask', NOBODY);
  await say('resubmitTask', first);
  await say('resubmitTask', NOBODY);
  await say('resubmitTask', parts.srpm ?? NOBODY);
  const resubmitted = await say('resubmitTask', canceled);
  await look(resubmitted, 'p-5-1');
  await say('cancelTask', resubmitted);
  await look(resubmitted, 'p-5-1');

  // A chain: done, and with one that fails.
  for (const [round, isGood] of [true, false].entries()) {
    const sources = [[source('six')], [source('seven'), source('eight')]];
    const chain = await say('chainBuild', sources, prefix, ours(6), null);
    await look(chain, 'p-6-1');
    const tasks = await builder.takeChain(chain);
    for (const [at, id] of tasks.entries()) known.set(id, `build ${at} of a chain`);
    await look(chain, 'p-6-1');
    for (const [at, id] of tasks.entries()) {
      await take(id);
      if (at === 0 || isGood)
        await play('complete', () => builder.complete(id, nvr(`p-${6 + at}-${round + 1}`)));
      else await play('fail', () => builder.fail(id, 'error building package'));
    }
    if (isGood) await play('close', () => builder.close(chain));
    else await play('fail', () => builder.fail(chain, 'error building package'));
    await look(chain, `p-6-${round + 1}`);
  }

  // Into tags, and out of them.
  const build = await buildOf('p-1-1');
  for (const tag of ['locked', 'unlisted', 'blocked', 'missing']) {
    await say('tagBuild', nvr(tag), build);
    await ask('checkTagPackage', nvr(tag), nvr('p'));
  }
  await say('tagBuild', nvr('testing'), NOBODY);
  await say('tagBuild', nvr('testing'), nvr('p-9-9'));
  await say('tagBuild', nvr('testing'), await buildOf('p-5-1'));
  const moved = await say('tagBuild', nvr('testing'), build);
  await look(moved, 'p-1-1');
  const twice = await say('tagBuild', nvr('testing'), build);
  await play('tag', () => builder.finishTagging(moved));
  await look(moved, 'p-1-1');
  await play('tag', () => builder.finishTagging(twice));
  await play('fail', () => builder.fail(twice, 'already tagged'));
  await look(twice, 'p-1-1');
  const other = await say('moveBuild', nvr('candidate'), nvr('testing'), nvr('p-2-1'));
  await play('tag', () => builder.finishTagging(other));
  await look(other, 'p-2-1');
  await say('untagBuild', nvr('testing'), build);
  await say('untagBuild', nvr('testing'), build);
  await say('untagBuild', nvr('missing'), build);
  await say('untagBuild', nvr('testing'), NOBODY);
  await look(moved, 'p-1-1');
  await say('editTag2', nvr('candidate'), keywords({ locked: true }));
  await say('untagBuild', nvr('candidate'), build);
  await say('moveBuild', nvr('candidate'), nvr('testing'), build);
  await look(moved, 'p-1-1');
  return heard;
}

const structOf = (value: XmlRpcValue | undefined): Readonly<Record<string, XmlRpcValue>> =>
  isStruct(value) ? value : {};

/** Structs of one text in one order of members. */
function byName(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(byName);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, byName(one)]),
  );
}
