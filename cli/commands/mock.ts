import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { type CommandSpec, flagOption, listOption, type Options } from '../command.ts';
import { fetchFiles } from '../rpm/fetch-files.ts';
import { excludeFromGit, packagesIn } from '../rpm/keep-results.ts';
import { MOCK_RUN_OPTIONS, mockRunArgs, mockSurroundings, withMockRoot } from '../rpm/mock-root.ts';
import { MOCK_OPTIONS, mockSetup } from '../rpm/mock-setup.ts';
import { buildSrpmInMock } from '../rpm/mock-srpm.ts';
import { openRpmPackage } from '../rpm/rpm-package.ts';
import { BCOND_OPTIONS, MD5_OPTION } from '../rpm/rpmbuild.ts';
import { capture, follow, interactive } from '../rpm/run-program.ts';
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
    {
      flags: '--use-local-mock-config',
      help: 'the configuration TARGET-ARCH that mock has on this machine, see mock-config',
    },
    { flags: '--use-koji-mock-config', help: "the branch's own, which is so without any option" },
    ...MOCK_RUN_OPTIONS,
    { flags: '--shell', help: 'go into the buildroot' },
    { flags: '--enablerepo <name>', help: 'enable a repository', list: 'whole' },
    { flags: '--disablerepo <name>', help: 'disable a repository', list: 'whole' },
    { flags: '--enable-network', help: 'the build may use the network' },
    { flags: '--extra-pkgs <names...>', help: 'install these as well', list: 'whole' },
    { flags: '--srpm-mock', help: 'build the source package in mock, too' },
    { flags: '--default-mock-resultdir', help: 'leave the results where mock puts them' },
    MD5_OPTION,
    ...BCOND_OPTIONS,
    ...MOCK_OPTIONS,
  ],
  examples: ['centpkg mockbuild', 'centpkg mockbuild -N && centpkg mockbuild --shell'],
  async run(context, extra, options) {
    const shell = flagOption(options, 'shell');
    const ways = ['root', 'mockConfig', 'useLocalMockConfig', 'useKojiMockConfig'];
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
        const { cwd, env } = mockSurroundings(context, rpmPackage);
        const code = await interactive('mock', [...args, ...root, '--shell'], { cwd, env });
        if (code !== 0)
          fail('check_failed', `mock failed (status ${code}).`, 'See what it says above.');
        return { data: {}, text: '' };
      });
    const { cwd, env } = mockSurroundings(context, rpmPackage);
    // Before anything is made for it: is it there?
    await capture('mock', ['--version'], { cwd, env });
    if (flagOption(options, 'srpmMock')) await fetchFiles(context, rpmPackage);
    return withMockRoot(context, rpmPackage, options, async (root, signal) => {
      const { version, path } = flagOption(options, 'srpmMock')
        ? await buildSrpmInMock(context, rpmPackage, options, root, signal)
        : await buildSrpm(context, { md5: options.md5 }, []);
      const own = flagOption(options, 'defaultMockResultdir');
      const folder = `results_${rpmPackage.copy.component}`;
      const results = join(cwd, folder, version.version, version.release);
      if (!own) {
        await excludeFromGit(rpmPackage.copy, [`/${folder}/`]);
        await mkdir(results, { recursive: true });
      }
      const place = own ? [] : ['--resultdir', results];
      const all = [...args, ...extraPackages(options), ...root, ...place, '--rebuild', path];
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
          `Look at root.log and build.log in ${own ? 'the results that it names' : results}`,
        );
      if (own)
        return {
          data: { results: null, packages: [] },
          text: 'Built. mock says above where it has put the results.',
        };
      const packages = await packagesIn(results);
      return {
        data: { results, packages },
        text: packages.map((one) => `Wrote: ${one}`).join('\n'),
      };
    });
  },
};

/** What the options of the verb say to mock, by the names of its manual. */
function mockArgs(options: Options): string[] {
  const each = (name: string): string[] =>
    (listOption(options, name) ?? []).flatMap((value) => [`--${name}`, value]);
  return [
    ...mockRunArgs(options),
    ...['with', 'without', 'enablerepo', 'disablerepo'].flatMap(each),
    ...(flagOption(options, 'enableNetwork') ? ['--enable-network'] : []),
  ];
}

/** Of its buildroot; mock knows that option only where it builds. */
const extraPackages = (options: Options): string[] =>
  (listOption(options, 'extraPkgs') ?? []).flatMap((name) => ['--additional-package', name]);
