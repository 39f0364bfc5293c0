import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { Centpkg } from './centpkg.ts';
import type { FaultyProxy } from './faulty-proxy.ts';
import { type Scenario, scloScenario } from './scenario.ts';

/** The people of SIG `sclo`, see `foundSclo`, each with a `centpkg` that is logged in. */
export interface CliScenario extends Scenario {
  /** May commit and upload. */
  readonly ann: Centpkg;
  /** The SIG's chair. */
  readonly carol: Centpkg;
  /** Has an account, and no more. */
  readonly sam: Centpkg;
  readonly admin: Centpkg;
  /** Somebody who never logged in. */
  visitor(): Promise<Centpkg>;
  /** A new component of both collections. @returns its name */
  component(): Promise<string>;
  /** Names of a component's files in the look-aside cache. */
  cached(component: string): Promise<string[]>;
  /** Ann's clone of a new component. @returns the folder and the component's name */
  annCopy(branch?: string): Promise<{ folder: string; component: string }>;
}

/**
 * One server with SIG `sclo` on it and its people at their shells, for all tests of a file.
 * @param proxy stands between the people and the server
 */
export function cliScenario(
  settings: Readonly<Record<string, string>> = {},
  proxy?: FaultyProxy,
): CliScenario {
  const scenario = scloScenario(
    proxy === undefined ? settings : { ...settings, DISTGIT_SERVER_URL: proxy.url },
  );
  const people = new Map<string, Centpkg>();
  let components = 0;
  beforeAll(async () => {
    const { server, people: tokens } = scenario;
    proxy?.forwardTo(server.url);
    const all = {
      ann: tokens.committer,
      carol: tokens.chair,
      sam: tokens.stranger,
      admin: server.adminToken,
    };
    for (const [name, token] of Object.entries(all)) {
      const person = await Centpkg.at(scenario.path(name), name);
      people.set(name, await person.login(proxy?.url ?? server.url, token));
    }
  });
  const person = (name: string): Centpkg => {
    const found = people.get(name);
    if (found === undefined) throw new Error(`${name} is not there before the tests begin.`);
    return found;
  };
  const component = async (): Promise<string> => {
    const name = `package-${++components}`;
    const collections = ['python33', 'rh-python34'];
    await scenario.server.must('createComponent', { name, collections }, scenario.people.chair);
    return name;
  };
  return {
    get server() {
      return scenario.server;
    },
    get people() {
      return scenario.people;
    },
    path: (name) => scenario.path(name),
    get ann() {
      return person('ann');
    },
    get carol() {
      return person('carol');
    },
    get sam() {
      return person('sam');
    },
    get admin() {
      return person('admin');
    },
    visitor: () => Centpkg.at(scenario.path('visitor'), 'visitor'),
    component,
    async cached(component) {
      const { items } = await scenario.server.must('listSources', { component });
      return items.map(({ file }) => file).sort();
    },
    async annCopy(branch = 'scl-python33-el7') {
      const name = await component();
      const folder = join(person('ann').home, name);
      await person('ann').must(['clone', '--branch', branch, name]);
      return { folder, component: name };
    },
  };
}
