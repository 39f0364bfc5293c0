import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CommandContext,
  flagOption,
  type OptionSpec,
  type Options,
  textOption,
} from '../command.ts';
import { localMockRoot, mockSetup } from './mock-setup.ts';
import type { RpmPackage } from './rpm-package.ts';
import { allowedEnvironment } from './workspace.ts';

/** Of every verb that runs mock. */
export const MOCK_RUN_OPTIONS: readonly OptionSpec[] = [
  { flags: '-r, --root <config>', help: "a configuration of mock, in place of the branch's own" },
  { flags: '--mock-config <config>', help: 'the same as --root' },
  { flags: '-n, --no-clean', help: 'leave the buildroot as it is before the build' },
  { flags: '--no-cleanup-after', help: 'leave the buildroot as it is after the build' },
  { flags: '-N, --no-clean-all', help: 'both' },
];

/** What these say to mock, by the names of its manual. */
export function mockRunArgs(options: Options): string[] {
  // commander has `--no-clean` as `clean: false`.
  const off = (name: string): boolean => options[name] === false;
  const all = off('cleanAll');
  return [
    ...(off('clean') || all ? ['--no-clean'] : []),
    ...(off('cleanupAfter') || all ? ['--no-cleanup-after'] : []),
  ];
}

/** mock reads the user's own `~/.config/mock.cfg`. */
export const mockSurroundings = ({ config }: CommandContext, { copy }: RpmPackage) => ({
  cwd: copy.root,
  env: allowedEnvironment(config.variables, config.variables.HOME ?? homedir()),
});

/** Runs `act` with mock's options that name the buildroot. */
export function withMockRoot<T>(
  context: CommandContext,
  rpmPackage: RpmPackage,
  options: Options,
  act: (root: readonly string[], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = textOption(options, 'root') ?? textOption(options, 'mockConfig');
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
