import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { CommandContext } from '../command.ts';
import { isThere } from './import-files.ts';
import type { WorkingCopy } from './working-copy.ts';

/**
 * One git that changes index and work tree. It is in a session of its own: neither Ctrl-C nor the
 * end of centpkg, of whatever kind, stops it half way.
 */
async function runToItsEnd(
  { config }: Pick<CommandContext, 'config'>,
  root: string,
  args: readonly string[],
): Promise<void> {
  const child = spawn('git', args, {
    cwd: root,
    env: config.variables,
    detached: true,
    // Nobody may be there to read; what it has to say of failures is few lines.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new DistGitError('check_failed', `git ${args[0]} failed (status ${code}).`, {
      detail: { remedy: 'Look at what git said above; nothing was changed.' },
    });
}

/**
 * The checked-out branch goes forward to `commit`, with index and work tree. A file that git does
 * not know stays, ignored or not.
 * @throws DistGitError `conflict` where there is one in the way
 */
export async function fastForward(
  context: Pick<CommandContext, 'config'>,
  { git, root }: Pick<WorkingCopy, 'git' | 'root'>,
  commit: string,
): Promise<void> {
  const more = ['diff-tree', '-r', '--name-only', '--no-renames', '--diff-filter=A', '-z'];
  const added = (await git.read(...more, 'HEAD', commit)).split('\0').filter((name) => name !== '');
  const inTheWay: string[] = [];
  for (const name of added) if (await isThere(join(root, name))) inTheWay.push(name);
  if (inTheWay.length > 0)
    fail(
      'conflict',
      `Not known to git, and in the way: ${inTheWay.join(', ')}.`,
      'Move them out of the clone, and import again.',
    );
  // Seen before to be named; git looks for itself.
  const args = ['merge', '--ff-only', '--no-overwrite-ignore', '--quiet', commit];
  await runToItsEnd(context, root, args);
}

/** Index and work tree become `tree`; the branch stays. */
export function stageTree(
  context: Pick<CommandContext, 'config'>,
  root: string,
  tree: string,
): Promise<void> {
  return runToItsEnd(context, root, ['read-tree', '-m', '-u', 'HEAD', tree]);
}
