import { type CommandSpec, flagOption } from '../command.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const clean: CommandSpec = {
  name: 'clean',
  summary: 'Remove files and folders that git does not know',
  details:
    'In a clone of a component alone. ' +
    'What .gitignore and .git/info/exclude name stays, unless -x is given.',
  options: [
    { flags: '-n, --dry-run', help: 'say what would be removed; change nothing' },
    { flags: '-x', help: 'also what .gitignore names: sources, built packages' },
  ],
  examples: ['centpkg clean --dry-run', 'centpkg clean -x'],
  async run(context, _args, options) {
    // Elsewhere what git does not know may be all that somebody has.
    const { git } = await openWorkingCopy(context);
    const dryRun = flagOption(options, 'dryRun');
    const said = await git.read(
      'clean',
      '--force',
      '-d',
      ...(dryRun ? ['--dry-run'] : []),
      ...(flagOption(options, 'x') ? ['-x'] : []),
    );
    const lines = said.split('\n').filter((line) => line !== '');
    return {
      data: { dryRun, said: lines },
      text: lines.join('\n') || 'There is nothing to remove.',
    };
  },
};
