import { isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { tagAtOnce } from './builds.ts';
import type { HubState } from './state.ts';
import { Context, type Row, say } from './store.ts';
import { TASK } from './tasks.ts';

/** What Koji's builders do with tasks, one step at a time, as a test wants it. */
export class Builder {
  readonly #state: HubState;

  constructor(state: HubState) {
    this.#state = state;
  }

  /** The tasks of a method that nobody has taken, oldest first. */
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
    const [source] = this.request(task);
    const isUploaded = this.uploaded(task) !== null;
    if (!isUploaded && !say(source).startsWith('git+'))
      throw new Error(`The hub has nothing at ${say(source)}.`);
    const method = isUploaded ? 'rebuildSRPM' : 'buildSRPMFromSCM';
    this.#state.addChild(task, method, 'srpm', 'noarch');
    for (const arch of arches) this.#state.addChild(task, 'buildArch', arch, arch);
    return Object.fromEntries(
      this.#children(task).map(({ label, id }) => [say(label), Number(id)]),
    );
  }

  /** Takes a `chainbuild`. @returns its `build` tasks, one for each source */
  takeChain(task: number): number[] {
    this.#state.startTask(task);
    const [levels, target, options] = this.request(task);
    const sources = (levels as XmlRpcValue[][]).flat();
    for (const source of sources) {
      this.#state.addChild(task, 'build', say(source), 'noarch');
      const child = this.#children(task).at(-1) ?? {};
      const request = [source, target ?? null, options ?? null];
      this.#state.store.update(child, { request, state: TASK.free });
    }
    this.#state.store.commit();
    return this.#children(task).map(({ id }) => Number(id));
  }

  log(task: number, file: string, text: string): void {
    const row = this.#task(task);
    const files = isStruct(row.files) ? row.files : {};
    this.#state.store.update(row, { files: { ...files, [file]: Buffer.from(text) } });
    this.#state.store.commit();
  }

  /** The build is done: it is in Koji, and in the tag of its target. */
  complete(task: number, nvr: string): void {
    const { store } = this.#state;
    const [source = null, target, options] = this.request(task);
    const { scratch, skip_tag: skip } = isStruct(options) ? options : {};
    for (const { id } of this.#children(task))
      this.#state.endTask(Number(id), TASK.closed, { rpms: [], srpms: [], logs: [] });
    if (scratch !== true) {
      this.#state.importBuild(nvr, 'distgit');
      store.update(store.one('build', { nvr }) ?? {}, { task_id: task, source });
      if (skip !== true) {
        const { dest_tag_name: tag } = this.#state.as(
          'kojiadmin',
          'getBuildTarget',
          target ?? null,
        ) as Row;
        this.#tag(tag ?? null, nvr);
      }
    }
    this.#state.endTask(task, TASK.closed, null);
  }

  /** @param words as the builder says them */
  fail(task: number, words: string): void {
    for (const { id } of this.#children(task)) this.#failed(Number(id), words);
    this.#failed(task, words);
  }

  /** Does what a `tagBuild` asks for. */
  finishTagging(task: number): void {
    const [tag = null, build = null] = this.request(task);
    this.#tag(tag, build);
    this.#state.endTask(task, TASK.closed, null);
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

  #tag(tag: XmlRpcValue, build: XmlRpcValue): void {
    const { store } = this.#state;
    const admin = store.one('users', { name: 'kojiadmin' }) ?? null;
    tagAtOnce(new Context(store, admin, null), { tag, build, force: false });
    store.commit();
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
