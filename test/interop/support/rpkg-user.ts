import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Finished } from '../../support/process.ts';
import { type Scenario, scloScenario } from '../../support/scenario.ts';
import { type RpkgHome, rpkgHome } from './rpkg-home.ts';
import { TokenFront } from './token-front.ts';

export interface RpkgScenario extends Scenario {
  readonly front: TokenFront;
  /** The configuration that the server hands out, changed by nothing, and other files beside it. */
  config(tool: 'rpkg' | 'centpkg', change?: (text: string) => string): Promise<string>;
  /** Runs rpkg, whatever its exit status. `cwd` null: at home. */
  rpkg(cwd: string | null, ...args: string[]): Promise<Finished>;
  /** @returns all that it printed; throws where it fails */
  must(cwd: string | null, ...args: string[]): Promise<string>;
  /** The same by another name, or with another configuration. */
  runAs(tool: 'rpkg' | 'centpkg', config: string, cwd: string, args: string[]): Promise<Finished>;
  /** The home folder, where clones go. */
  readonly home: string;
}

/** A server, a front that logs in whoever is there, and the real rpkg of the committer `ann`. */
export function rpkgScenario(front: TokenFront): RpkgScenario {
  const scenario = scloScenario({ DISTGIT_SERVER_URL: front.url });
  let home: RpkgHome;
  let standard = '';
  let configs = 0;
  beforeAll(async () => {
    front.forwardTo(scenario.server.url);
    front.token = scenario.people.committer;
    home = await rpkgHome(scenario.path('home'));
    standard = await config('rpkg');
  }, 600_000);
  afterAll(() => front.close());

  const config: RpkgScenario['config'] = async (tool, change = (text) => text) => {
    const answer = await fetch(`${scenario.server.url}/client/${tool}.conf`);
    const file = join(home.path, `${++configs}-${tool}.conf`);
    await writeFile(file, change(await answer.text()));
    return file;
  };
  const runAs: RpkgScenario['runAs'] = (tool, config, cwd, args) =>
    home.run(tool, config, cwd, args, {
      // git has its own ways to log in; rpkg leaves them to it.
      [`http.${front.url}/.extraHeader`]: `Authorization: Bearer ${scenario.people.committer}`,
    });
  const rpkg: RpkgScenario['rpkg'] = (cwd, ...args) =>
    runAs('rpkg', standard, cwd ?? home.path, args);
  return {
    get server() {
      return scenario.server;
    },
    get people() {
      return scenario.people;
    },
    path: (name) => scenario.path(name),
    front,
    config,
    runAs,
    rpkg,
    async must(cwd, ...args) {
      const done = await rpkg(cwd, ...args);
      const said = done.stdout + done.stderr;
      if (done.code !== 0) throw new Error(`rpkg ${args.join(' ')}: ${done.code}\n${said}`);
      return said;
    },
    get home() {
      return home.path;
    },
  };
}
