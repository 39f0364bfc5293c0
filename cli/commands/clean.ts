import { type CommandSpec, flagOption } from '../command.ts';
import { quietly } from '../working-copy/quiet.ts';
import { openRepository } from '../working-copy/working-copy.ts';

export const clean: CommandSpec = {
  name: 'clean',
  summary: 'Remove files and folders that git does not know',
  details: 'What .gitignore and .git/info/exclude name stays, unless -x is given.',
  options: [
    { flags: '-n, --dry-run', help: 'say what would be removed; change nothing' },
    { flags: '-x', help: 'also what .gitignore names: sources, built packages' },
  ],
  examples: ['centpkg clean --dry-run', 'centpkg clean -x'],
  async run(context, _args, options) {
    const { git } = await openRepository(context);
    const dryRun = flagOption(options, 'dryRun');
    const said = await git.read(
      'clean',
      '--force',
      '-d',
      ...quietly(context),
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
