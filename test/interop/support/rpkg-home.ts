import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finished, run } from '../../support/process.ts';
import { installRpkg } from './rpkg-install.ts';

/**
 * fedpkg and centpkg are programs on top of rpkg's modules; the index does not have them. This is
 * the least of one: all of rpkg as it is, sources written in the BSD form, and CentOS's certificates
 * where they are at home, which is all that they set before they talk to a look-aside cache.
 */
const CENTPKG = `#!/usr/bin/env python
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
const SPECTOOL = `#!/bin/sh
# spectool -l SPEC --define ...
shift; spec=$1; shift
exec rpmspec --parse "$@" "$spec" | sed -n 's/^\\(\\(Source\\|Patch\\)[0-9]*\\):  */\\1: /p'
`;

/** The home folder of the user `ann`, with the real rpkg. */
export interface RpkgHome {
  readonly path: string;
  /**
   * Runs rpkg with a configuration file, whatever its exit status.
   * @param settings of git, which logs in by itself
   * @param env more than what a user has
   */
  run(
    tool: 'rpkg' | 'centpkg',
    config: string,
    cwd: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<Finished>;
}

/** @param folder made */
export async function rpkgHome(folder: string): Promise<RpkgHome> {
  const path = await installRpkg();
  const programs = join(folder, 'bin');
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, 'spectool'), SPECTOOL, { mode: 0o755 });
  await writeFile(join(programs, 'centpkg'), CENTPKG, { mode: 0o755 });
  return {
    path: folder,
    run: (tool, config, cwd, args, settings, env = {}) =>
      run(tool, ['-C', config, ...args], {
        cwd,
        env: {
          PATH: `${programs}:${path}`,
          HOME: folder,
          USER: 'ann',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_TERMINAL_PROMPT: '0',
          GIT_AUTHOR_NAME: 'Ann',
          GIT_AUTHOR_EMAIL: 'ann@example.org',
          GIT_COMMITTER_NAME: 'Ann',
          GIT_COMMITTER_EMAIL: 'ann@example.org',
          ...gitSettings(settings),
          ...env,
        },
      }),
  };
}

function gitSettings(settings: Readonly<Record<string, string>>): Record<string, string> {
  const all = Object.entries(settings);
  const pairs = all.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(all.length), ...Object.fromEntries(pairs) };
}
