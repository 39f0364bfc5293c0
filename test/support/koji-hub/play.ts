import { faultError } from '../../../server/koji/koji-fault.ts';
import { isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { checkAccess, tagAtOnce, untag } from './builds.ts';
import type { PlayedBuilder } from './played-builder.ts';
import type { HubState } from './state.ts';
import { Context, HubFault, type Row, say } from './store.ts';
import { TASK } from './tasks.ts';

/** What Koji's builders do with tasks of the stand-in, one step at a time, as a test wants it. */
export class Builder implements PlayedBuilder {
  readonly #state: HubState;

  constructor(state: HubState) {
    this.#state = state;
  }

  waiting(method: string): number[] {
    return this.#state.store
      .rows('task', { method, state: TASK.free })
      .map(({ id }) => Number(id))
      .toSorted((a, b) => a - b);
  }

  request(task: number): readonly XmlRpcValue[] {
    const { request } = this.#task(task);
    return Array.isArray(request) ? (request as XmlRpcValue[]) : [];
  }

  /** The file that a `build` is to be made of; null: of something else. */
  uploaded(task: number): Uint8Array | null {
    return this.#state.store.files.get(say(this.request(task)[0])) ?? null;
  }

  /** Takes a `build`, and makes the tasks below it. @returns them by their label */
  take(task: number, arches: readonly string[] = ['x86_64']): Readonly<Record<string, number>> {
    this.#state.startTask(task);
    const [source = null, target = null] = this.request(task);
    const isUploaded = this.uploaded(task) !== null;
    if (!isUploaded && !say(source).startsWith('git+'))
      throw new Error(`The hub has nothing at ${say(source)}.`);
    const { build_tag: tag = null } = this.#target(target);
    const add = (...child: [string, string, string, XmlRpcValue[]]): [string, number] => [
      child[1],
      this.#state.addChild(task, ...child),
    ];
    const method = isUploaded ? 'rebuildSRPM' : 'buildSRPMFromSCM';
    return Object.fromEntries([
      add(method, 'srpm', 'noarch', [source, tag, {}]),
      ...arches.map((arch) => add('buildArch', arch, arch, ['', tag, arch, true, {}])),
    ]);
  }

  takeChain(task: number): number[] {
    this.#state.startTask(task);
    const [levels, target = null, options = null] = this.request(task);
    const made = (levels as XmlRpcValue[][]).flatMap((sources, level) =>
      sources.map((source, at) => {
        const request = [source, target, options];
        const label = `build ${level},${at}`;
        return this.#state.addChild(task, 'build', label, 'noarch', request);
      }),
    );
    for (const id of made)
      this.#state.store.update(this.#task(id), {
        state: TASK.free,
        host_id: null,
        start_time: null,
        start_ts: null,
      });
    this.#state.store.commit();
    return made;
  }

  log(task: number, file: string, text: string): void {
    const row = this.#task(task);
    const files = isStruct(row.files) ? row.files : {};
    this.#state.store.update(row, { files: { ...files, [file]: Buffer.from(text) } });
    this.#state.store.commit();
  }

  begin(task: number, nvr: string): number {
    return asFault(() => this.#state.beginBuild(task, nvr));
  }

  complete(task: number, nvr: string): void {
    const [, target = null, options] = this.request(task);
    const { scratch, skip_tag: skip } = isStruct(options) ? options : {};
    for (const { id } of this.#children(task))
      this.#state.endTask(Number(id), TASK.closed, { rpms: [], srpms: [], logs: [] });
    if (scratch !== true) {
      const build = this.begin(task, nvr);
      this.#state.endBuild(task, 'complete');
      const { dest_tag: tag = null } = this.#target(target);
      const request = [tag, build, false, null, true];
      if (skip !== true)
        this.finishTagging(this.#state.addChild(task, 'tagBuild', 'tag', 'noarch', request));
    }
    this.close(task);
  }

  fail(task: number, words: string): void {
    for (const { id, state } of this.#children(task))
      if (state === TASK.open) this.#failed(Number(id), words);
    this.#state.endBuild(task, 'failed');
    this.#failed(task, words);
  }

  finishTagging(task: number): void {
    this.#state.startTask(task);
    const [tag = null, build = null, , from = null] = this.request(task);
    const { store } = this.#state;
    // As whoever asked for it.
    const owner = store.one('users', { id: this.#task(task).owner ?? null }) ?? null;
    const context = new Context(store, owner, null);
    asFault(() => {
      checkAccess(context, this.#state.as('kojiadmin', 'getTag', tag) as Row, false);
      if (from !== null) untag(context, { tag: from, build, strict: true });
      tagAtOnce(context, { tag, build, force: false });
    });
    store.commit();
    this.close(task);
  }

  /** The hub is set up anew, as far as this task goes: nobody knows its number. */
  lose(task: number): void {
    const { store } = this.#state;
    store.update(this.#task(task), { id: -store.nextId('lost') });
    store.commit();
  }

  /** A hub that was set up anew gives the number to another task. */
  giveNumber(task: number, number: number): void {
    const { store } = this.#state;
    store.update(this.#task(task), { id: number });
    store.commit();
  }

  close(task: number): void {
    this.#state.endTask(task, TASK.closed, null);
  }

  #failed(task: number, faultString: string): void {
    this.#state.endTask(task, TASK.failed, { faultCode: 1005, faultString });
  }

  #target(name: XmlRpcValue): Row {
    return this.#state.as('kojiadmin', 'getBuildTarget', name) as Row;
  }

  #task(id: number): Row {
    const task = this.#state.store.one('task', { id });
    if (task === undefined) throw new Error(`The hub has no task ${id}.`);
    return task;
  }

  #children(id: number): Row[] {
    return this.#state.store.rows('task', { parent: id });
  }
}

/** What the hub says to a builder is said as to everybody. */
function asFault<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof HubFault)) throw error;
    throw faultError({ code: error.code, words: error.message });
  }
}
