import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  listOption,
  type Options,
  textOption,
} from '../command.ts';
import { excludeFromGit, packagesIn } from '../rpm/keep-results.ts';
import { localMockRoot, MOCK_OPTIONS, mockSetup } from '../rpm/mock-setup.ts';
import { openRpmPackage, type RpmPackage } from '../rpm/rpm-package.ts';
import { BCOND_OPTIONS } from '../rpm/rpmbuild.ts';
import { capture, follow, interactive } from '../rpm/run-program.ts';
import { allowedEnvironment } from '../rpm/workspace.ts';
import { buildSrpm } from './rpm-build.ts';

export const mockConfigCommand: CommandSpec = {
  name: 'mock-config',
  summary: "Print mock's configuration of the branch's buildroot",
  options: MOCK_OPTIONS,
  examples: [
    'centpkg mock-config > ~/.config/mock/python.cfg',
    'centpkg mock-config --arch aarch64',
  ],
  async run(context, _args, options) {
    const setup = await mockSetup(context, await openRpmPackage(context), options);
    return { data: setup, text: setup.config.trimEnd() };
  },
};

export const mockbuild: CommandSpec = {
  name: 'mockbuild',
  args: '[mock-options...]',
  summary: "Build in mock, in a buildroot like Koji's",
  options: [
    { flags: '-r, --root <config>', help: "a configuration of mock, in place of the branch's own" },
    {
      flags: '--use-local-mock-config',
      help: 'the configuration TARGET-ARCH that mock has on this machine, see mock-config',
    },
    { flags: '--use-koji-mock-config', help: "the branch's own, which is so without any option" },
    { flags: '-n, --no-clean', help: 'leave the buildroot as it is before the build' },
    { flags: '--no-cleanup-after', help: 'leave the buildroot as it is after the build' },
    { flags: '-N, --no-clean-all', help: 'both' },
    { flags: '--shell', help: 'go into the buildroot' },
    { flags: '--enablerepo <name>', help: 'enable a repository', list: 'whole' },
    { flags: '--disablerepo <name>', help: 'disable a repository', list: 'whole' },
    { flags: '--enable-network', help: 'the build may use the network' },
    ...BCOND_OPTIONS,
    ...MOCK_OPTIONS,
  ],
  examples: ['centpkg mockbuild', 'centpkg mockbuild -N && centpkg mockbuild --shell'],
  async run(context, extra, options) {
    const shell = flagOption(options, 'shell');
    const ways = ['root', 'useLocalMockConfig', 'useKojiMockConfig'];
    if (ways.filter((name) => options[name] !== undefined).length > 1)
      fail(
        'usage',
        'There is one configuration of mock.',
        'Give one of --root, --use-local-mock-config and --use-koji-mock-config.',
      );
    const rpmPackage = await openRpmPackage(context);
    const args = [...mockArgs(options), ...extra];
    if (shell)
      return withMockRoot(context, rpmPackage, options, async (root) => {
        const { cwd, env } = surroundings(context, rpmPackage);
        const code = await interactive('mock', [...args, ...root, '--shell'], { cwd, env });
        if (code !== 0)
          fail('check_failed', `mock failed (status ${code}).`, 'See what it says above.');
        return { data: {}, text: '' };
      });
    return withMockRoot(context, rpmPackage, options, async (root, signal) => {
      const { cwd, env } = surroundings(context, rpmPackage);
      // Before anything is made for it: is it there?
      await capture('mock', ['--version'], { cwd, env });
      const { version, path } = await buildSrpm(context, {}, []);
      const folder = `results_${rpmPackage.copy.component}`;
      const results = join(cwd, folder, version.version, version.release);
      await excludeFromGit(rpmPackage.copy, [`/${folder}/`]);
      await mkdir(results, { recursive: true });
      const all = [...args, ...root, '--resultdir', results, '--rebuild', path];
      const code = await follow('mock', all, {
        cwd,
        env,
        signal,
        line: context.note,
        hearsTerminal: true,
      });
      if (code !== 0)
        fail(
          'check_failed',
          `mock failed (status ${code}).`,
          `Look at root.log and build.log in ${results}`,
        );
      const packages = await packagesIn(results);
      return {
        data: { results, packages },
        text: packages.map((one) => `Wrote: ${one}`).join('\n'),
      };
    });
  },
};

/** mock reads the user's own `~/.config/mock.cfg`. */
const surroundings = ({ config }: CommandContext, { copy }: RpmPackage) => ({
  cwd: copy.root,
  env: allowedEnvironment(config.variables, config.variables.HOME ?? homedir()),
});

/** What the options of the verb say to mock, by the names of its manual. */
function mockArgs(options: Options): string[] {
  // commander has `--no-clean` as `clean: false`.
  const off = (name: string): boolean => options[name] === false;
  const all = off('cleanAll');
  const each = (name: string): string[] =>
    (listOption(options, name) ?? []).flatMap((value) => [`--${name}`, value]);
  return [
    ...(off('clean') || all ? ['--no-clean'] : []),
    ...(off('cleanupAfter') || all ? ['--no-cleanup-after'] : []),
    ...['with', 'without', 'enablerepo', 'disablerepo'].flatMap(each),
    ...(flagOption(options, 'enableNetwork') ? ['--enable-network'] : []),
  ];
}

/** Runs `act` with mock's options that name the buildroot. */
function withMockRoot<T>(
  context: CommandContext,
  rpmPackage: RpmPackage,
  options: Options,
  act: (root: readonly string[], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = textOption(options, 'root');
  if (given !== undefined) return context.interruptible((signal) => act(['-r', given], signal));
  return context.interruptible(async (signal) => {
    if (flagOption(options, 'useLocalMockConfig'))
      return act(['-r', await localMockRoot(context, rpmPackage, options)], signal);
    const { root, config } = await mockSetup(context, rpmPackage, options);
    const folder = await mkdtemp(join(tmpdir(), 'centpkg-mock-'));
    try {
      await writeFile(join(folder, `${root}.cfg`), config);
      // mock wants these beside it.
      for (const file of ['site-defaults.cfg', 'logging.ini'])
        await copyFile(join('/etc/mock', file), join(folder, file)).catch(() =>
          writeFile(join(folder, file), ''),
        );
      return await act(['--configdir', folder, '-r', root], signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
