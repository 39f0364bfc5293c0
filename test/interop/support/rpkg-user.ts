import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Finished, run } from '../../support/process.ts';
import { type Scenario, scloScenario } from '../../support/scenario.ts';
import { installRpkg } from './rpkg-install.ts';
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

/**
 * fedpkg and centpkg are programs on top of rpkg's modules; the index does not have them. This is
 * the least of one: all of rpkg as it is, sources written in the BSD form, and CentOS's certificates
 * where they are at home, which is all that they set before they talk to a look-aside cache.
 */
export const CENTPKG = `#!/usr/bin/env python
import configparser, logging, os, sys
import pyrpkg, pyrpkg.cli, pyrpkg.utils

class Commands(pyrpkg.Commands):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.source_entry_type = 'bsd'

    def at_home(self, name):
        path = os.path.expanduser('~/' + name)
        return path if os.path.exists(path) else None

    @property
    def cert_file(self):
        return self.at_home('.centos.cert')

    @property
    def ca_cert(self):
        return self.at_home('.centos-server-ca.cert')

if __name__ == '__main__':
    config = configparser.ConfigParser()
    config.read(sys.argv[sys.argv.index('-C') + 1])
    client = pyrpkg.cli.cliClient(config)
    client.do_imports('__main__')
    client.parse_cmdline()
    client.args.path = client.args.path or pyrpkg.utils.getcwd()
    client.setupLogging(pyrpkg.log)
    pyrpkg.log.setLevel(logging.INFO)
    sys.exit(client.args.command())
`;
/** Debian does not have Fedora's: lists a spec's sources as that does. */
export const SPECTOOL = `#!/bin/sh
# spectool -l SPEC --define ...
shift; spec=$1; shift
exec rpmspec --parse "$@" "$spec" | sed -n 's/^\\(\\(Source\\|Patch\\)[0-9]*\\):  */\\1: /p'
`;

/** A server, a front that logs in whoever is there, and the real rpkg of the committer `ann`. */
export function rpkgScenario(front: TokenFront): RpkgScenario {
  const scenario = scloScenario({ DISTGIT_SERVER_URL: front.url });
  let path = '';
  let home = '';
  let standard = '';
  let configs = 0;
  beforeAll(async () => {
    path = await installRpkg();
    front.forwardTo(scenario.server.url);
    front.token = scenario.people.committer;
    home = scenario.path('home');
    await mkdir(join(home, 'bin'), { recursive: true });
    await writeFile(join(home, 'bin/spectool'), SPECTOOL, { mode: 0o755 });
    await writeFile(join(home, 'bin/centpkg'), CENTPKG, { mode: 0o755 });
    standard = await config('rpkg');
  }, 600_000);
  afterAll(() => front.close());

  const config: RpkgScenario['config'] = async (tool, change = (text) => text) => {
    const answer = await fetch(`${scenario.server.url}/client/${tool}.conf`);
    const file = join(home, `${++configs}-${tool}.conf`);
    await writeFile(file, change(await answer.text()));
    return file;
  };
  const runAs: RpkgScenario['runAs'] = (tool, config, cwd, args) =>
    run(tool, ['-C', config, ...args], {
      cwd,
      env: {
        PATH: `${join(home, 'bin')}:${path}`,
        HOME: home,
        USER: 'ann',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_TERMINAL_PROMPT: '0',
        GIT_AUTHOR_NAME: 'Ann',
        GIT_AUTHOR_EMAIL: 'ann@example.org',
        GIT_COMMITTER_NAME: 'Ann',
        GIT_COMMITTER_EMAIL: 'ann@example.org',
        // git has its own ways to log in; rpkg leaves them to it.
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `http.${front.url}/.extraHeader`,
        GIT_CONFIG_VALUE_0: `Authorization: Bearer ${scenario.people.committer}`,
      },
    });
  const rpkg: RpkgScenario['rpkg'] = (cwd, ...args) => runAs('rpkg', standard, cwd ?? home, args);
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
      return home;
    },
  };
}
