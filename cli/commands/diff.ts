import { fail } from '../../core/api/distgit-error.ts';
import { type CommandContext, type CommandSpec, flagOption, type Outcome } from '../command.ts';
import { openRepository } from '../working-copy/working-copy.ts';

export const diff: CommandSpec = {
  name: 'diff',
  args: '[files...]',
  summary: 'Show changes of tracked files that are not staged',
  options: [{ flags: '--cached', help: 'show what is staged' }],
  examples: ['centpkg diff', 'centpkg diff --cached python.spec'],
  async run(context, files, options) {
    await openRepository(context);
    const cached = flagOption(options, 'cached') ? ['--cached'] : [];
    return shown(context, ['diff', ...cached, '--', ...files], {});
  },
};

/** "new" is what it is called in rpkg: what is new since the last tag. */
export const newChanges: CommandSpec = {
  name: 'new',
  summary: 'Show all changes since the last tag, committed or not',
  examples: ['centpkg new'],
  async run(context) {
    const { git } = await openRepository(context);
    const tag = await git.ask('describe', '--tags', '--abbrev=0');
    if (tag === null)
      fail('not_found', 'There are no tags on this branch.', 'Tag a commit: centpkg tag');
    return shown({ ...context, git }, ['diff', '-M', tag], { tag });
  },
};

/** The output as git gives it, which may hold any byte; as text with --json. */
async function shown(
  { git, given }: Pick<CommandContext, 'git' | 'given'>,
  args: readonly string[],
  data: object,
): Promise<Outcome> {
  if (given.json) return { data: { ...data, diff: await git.read(...args) }, text: '' };
  await git.print(...args);
  return { data, text: '' };
}
