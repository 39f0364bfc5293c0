import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, vi } from 'vitest';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { type CliScenario, cliScenario } from './cli-scenario.ts';
import type { Builder } from './koji-hub/play.ts';
import type { KojiHub } from './koji-hub.ts';
import { type HubForServer, hubForServer, listInKoji, setUpInKoji } from './koji-scenario.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type Build = ApiOutput<'listBuilds'>['items'][number];

export interface BuildScenario extends CliScenario {
  readonly hub: KojiHub;
  readonly builder: Builder;
  /** Ann's clone of a new component on `scl-python33-el7` with a spec, pushed, listed in Koji. */
  annPackage(): Promise<Package>;
  /**
   * A task of a method that waits for a builder; waits until there is one.
   * @param of the package that is built; left out: any
   */
  taskOf(method: string, of?: Package): Promise<number>;
  /** A build of the component that fits; waits until there is one. */
  until(component: string, fits: (build: Build) => boolean): Promise<Build>;
}

export interface Package {
  readonly component: string;
  readonly folder: string;
  /** Of its spec, as Koji calls it. */
  readonly nvr: string;
  readonly commit: string;
}

/** Tags of collection python33 on EL 7, and the name of its target there. */
export const PREFIX = 'sclo7-python33-rh';
export const TARGET = `${PREFIX}-el7`;

export const specFor = (component: string, release = '1'): string =>
  `%{?scl:%scl_package ${component}}
Name: %{?scl_prefix}${component}
Version: 1.0
Release: ${release}%{?dist}
Summary: s
License: MIT
%description
d
`;

/** A server that works with a hub, SIG `sclo` on it, and collection python33 set up in Koji. */
export function buildScenario(settings: Readonly<Record<string, string>> = {}): BuildScenario {
  // Builders, hub, server and clients wait for each other.
  vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let stand: HubForServer | undefined;
  // The hub is there before the server is: its settings are filled in when it starts.
  const late: Record<string, string> = { ...settings };
  beforeAll(async () => {
    folder = await temporaryFolder();
    stand = await hubForServer(join(folder.path, 'hub'));
    setUpInKoji(stand.hub, PREFIX, '7', []);
    Object.assign(late, stand.settings, settings);
  });
  // In this order: hooks after tests run backwards, and the server stops before the hub does.
  afterAll(async () => {
    await stand?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  const scenario = cliScenario(late);
  const there = (): HubForServer => {
    if (stand === undefined) throw new Error('The hub is not there before the tests begin.');
    return stand;
  };
  const own = {
    get hub() {
      return there().hub;
    },
    get builder() {
      return there().builder;
    },
    async annPackage(): Promise<Package> {
      const copy = await scenario.annCopy();
      const { component } = copy;
      listInKoji(there().hub, PREFIX, `python33-${component}`);
      await writeFile(join(copy.folder, `${component}.spec`), specFor(component));
      await scenario.ann.git(copy.folder, 'add', '--all');
      await scenario.ann.must(['commit', '-m', 'Add the spec'], { cwd: copy.folder });
      await scenario.ann.must(['push'], { cwd: copy.folder });
      const commit = (await scenario.ann.git(copy.folder, 'rev-parse', 'HEAD')).trim();
      return { ...copy, commit, nvr: `python33-${component}-1.0-1.el7` };
    },
    async taskOf(method: string, { commit }: Partial<Package> = {}): Promise<number> {
      const { builder } = there();
      const fits = (task: number): boolean =>
        JSON.stringify(builder.request(task)).includes(commit ?? '');
      for (let tries = 0; tries < 1200; tries++) {
        const task = builder.waiting(method).find(fits);
        if (task !== undefined) return task;
        await pause(100);
      }
      throw new Error(`No task ${method} waits.`);
    },
    async until(component: string, fits: (build: Build) => boolean): Promise<Build> {
      let items: readonly Build[] = [];
      for (let tries = 0; tries < 600; tries++) {
        ({ items } = await scenario.server.must('listBuilds', { component }));
        const found = items.find(fits);
        if (found !== undefined) return found;
        await pause(200);
      }
      throw new Error(`No build of ${component} is as wanted: ${JSON.stringify(items)}`);
    },
  };
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(scenario)) as BuildScenario;
}
