import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Hub } from '../../../server/koji/hub.ts';
import { encodeAnswer, encodeFault, keywords } from '../../../server/koji/xmlrpc-encode.ts';
import { isArray, isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { run } from '../process.ts';
import { installRpmbuild } from '../rpmbuild.ts';
import type { PlayedBuilder } from './played-builder.ts';

/**
 * What `kojid` does with tasks, by the same calls of a real hub, one step at a time: packages are
 * made by rpmbuild where mock would make them.
 */
export class RealBuilder implements PlayedBuilder {
  readonly #hub: Hub;
  readonly #folder: string;

  private constructor(hub: Hub, folder: string) {
    this.#hub = hub;
    this.#folder = folder;
  }

  /**
   * @param hub with the login of a host; nobody else may have that login now
   * @param folder for packages; made
   */
  static async at(hub: Hub, folder: string): Promise<RealBuilder> {
    await installRpmbuild();
    await mkdir(folder, { recursive: true });
    await hub.write('exclusiveSession', keywords({ force: true }));
    return new RealBuilder(hub, folder);
  }

  async waiting(method: string): Promise<number[]> {
    const free = keywords({ opts: { method, state: [0] }, queryOpts: { order: 'id' } });
    return rowsOf(await this.#hub.read('listTasks', free)).map(({ id }) => Number(id));
  }

  async request(task: number): Promise<readonly XmlRpcValue[]> {
    const request = await this.#hub.read('getTaskRequest', task);
    return isArray(request) ? request : [];
  }

  async take(task: number, arches = ['x86_64']): Promise<Readonly<Record<string, number>>> {
    await this.#open(task);
    const [source = null, target = null] = await this.request(task);
    const { build_tag: tag = null } = structOf(await this.#hub.read('getBuildTarget', target));
    const made: Record<string, number> = {
      srpm: await this.#subtask(task, 'buildSRPMFromSCM', [source, tag, {}], {
        label: 'srpm',
        arch: 'noarch',
      }),
    };
    for (const arch of arches)
      made[arch] = await this.#subtask(task, 'buildArch', ['', tag, arch, true, {}], {
        label: arch,
        arch,
      });
    for (const id of Object.values(made)) await this.#open(id);
    return made;
  }

  async takeChain(task: number): Promise<number[]> {
    await this.#open(task);
    const [levels, target = null, options = null] = await this.request(task);
    const asked = (levels as string[][]).flatMap((sources, level) =>
      sources.map((source, at) => [source, `build ${level},${at}`] as const),
    );
    const made: number[] = [];
    for (const [source, label] of asked)
      made.push(await this.#subtask(task, 'build', [source, target, options], { label }));
    return made;
  }

  async log(task: number, file: string, text: string): Promise<void> {
    await this.#upload(`tasks/${task % 10000}/${task}`, file, Buffer.from(text));
  }

  async begin(task: number, nvr: string): Promise<number> {
    const data = { ...partsOf(nvr), epoch: null, task_id: task, source: null };
    const outcome = await this.#hub.write('host.initBuild', data);
    return outcome.kind === 'answered' ? Number(outcome.value) : 0;
  }

  async complete(task: number, nvr: string): Promise<void> {
    const [, target = null, options] = await this.request(task);
    const { scratch, skip_tag: skip } = structOf(options);
    for (const { id } of await this.#children(task))
      await this.#close(Number(id), { rpms: [], srpms: [], logs: [] });
    const packages = await this.#packages(nvr);
    const place = `cli-build/${nvr}-${task}`;
    for (const path of packages) await this.#upload(place, basename(path), await readFile(path));
    const [srpm = '', ...rpms] = packages.map((path) => `${place}/${basename(path)}`);
    if (scratch === true) await this.#hub.write('host.moveBuildToScratch', task, srpm, rpms);
    else {
      const there = structOf(await this.#hub.read('getBuild', nvr));
      const isBegun = there.state === 0 && there.task_id === task;
      const build = isBegun ? Number(there.build_id) : await this.begin(task, nvr);
      await this.#hub.write('host.completeBuild', task, build, srpm, rpms, {}, {});
      if (skip !== true) {
        const { dest_tag: tag = null } = structOf(await this.#hub.read('getBuildTarget', target));
        const request = [tag, build, false, null, true];
        const tagging = await this.#subtask(task, 'tagBuild', request, {
          label: 'tag',
          arch: 'noarch',
        });
        await this.finishTagging(tagging);
      }
    }
    await this.#close(task, null);
  }

  async fail(task: number, words: string): Promise<void> {
    const { state } = structOf(await this.#hub.read('getTaskInfo', task));
    if (state === 0) await this.#open(task);
    for (const { id, state } of await this.#children(task))
      if (state === 1) await this.#fail(Number(id), 1005, words);
    for (const build of rowsOf(await this.#hub.read('listBuilds', keywords({ taskID: task }))))
      if (build.state === 0) await this.#hub.write('host.failBuild', task, build.build_id ?? null);
    await this.#fail(task, 1005, words);
  }

  async finishTagging(task: number): Promise<void> {
    await this.#open(task);
    const [tag = null, build = null, force = null, from = null] = await this.request(task);
    await this.#hub.write('host.tagBuild', task, tag, build, force === true, from);
    await this.#close(task, null);
  }

  async close(task: number): Promise<void> {
    await this.#close(task, null);
  }

  async #open(task: number): Promise<void> {
    await this.#hub.write('host.openTask', task);
  }

  #close = (task: number, value: XmlRpcValue): Promise<unknown> =>
    this.#hub.write('host.closeTask', task, encodeAnswer(value));

  #fail = (task: number, code: number, words: string): Promise<unknown> =>
    this.#hub.write('host.failTask', task, encodeFault(code, words));

  async #subtask(
    parent: number,
    method: string,
    request: readonly XmlRpcValue[],
    options: Readonly<Record<string, XmlRpcValue>>,
  ): Promise<number> {
    const outcome = await this.#hub.write(
      'host.subtask',
      method,
      request,
      parent,
      keywords(options),
    );
    if (outcome.kind !== 'answered') throw new Error('An answer is lost.');
    return Number(outcome.value);
  }

  async #children(task: number): Promise<Readonly<Record<string, XmlRpcValue>>[]> {
    return rowsOf(await this.#hub.read('getTaskChildren', task));
  }

  async #upload(path: string, name: string, content: Buffer): Promise<void> {
    const hash = createHash('sha256').update(content).digest('hex');
    const checksum = ['sha256', hash];
    const data = content.toString('base64');
    await this.#hub.write('uploadFile', path, name, content.length, checksum, 0, data);
  }

  /** @returns the source package, then the built one */
  async #packages(nvr: string): Promise<string[]> {
    const folder = join(this.#folder, nvr);
    const { name, version, release } = partsOf(nvr);
    const spec = `Name: ${name}\nVersion: ${version}\nRelease: ${release}\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%description\nd\n%files\n`;
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.spec`);
    await writeFile(path, spec);
    const defines = ['_topdir', '_sourcedir', '_srcrpmdir', '_rpmdir', '_builddir'].flatMap(
      (macro) => ['--define', `${macro} ${folder}`],
    );
    const done = await run('rpmbuild', ['-ba', '--nodeps', ...defines, path], {
      env: { HOME: folder },
    });
    if (done.code !== 0) throw new Error(`rpmbuild: ${done.stderr}`);
    const found = await readdir(folder, { recursive: true });
    const ending = (end: string): string[] =>
      found.filter((file) => file.endsWith(end)).map((file) => join(folder, file));
    return [...ending('.src.rpm'), ...ending('.noarch.rpm')];
  }
}

const structOf = (value: XmlRpcValue | undefined): Readonly<Record<string, XmlRpcValue>> =>
  isStruct(value) ? value : {};
const rowsOf = (value: XmlRpcValue): Readonly<Record<string, XmlRpcValue>>[] =>
  isArray(value) ? value.map(structOf) : [];

function partsOf(nvr: string): { name: string; version: string; release: string } {
  const [, name = '', version = '', release = ''] = /^(.+)-([^-]+)-([^-]+)$/.exec(nvr) ?? [];
  return { name, version, release };
}
