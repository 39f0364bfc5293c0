import { spawn } from 'node:child_process';
import { DistGitError } from '../../core/api/distgit-error.ts';
import type { CommandContext } from '../command.ts';

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

/** The checked-out branch goes forward to `commit`, with index and work tree. */
export function fastForward(
  context: Pick<CommandContext, 'config'>,
  root: string,
  commit: string,
): Promise<void> {
  return runToItsEnd(context, root, ['merge', '--ff-only', '--quiet', commit]);
}

/** Index and work tree become `tree`; the branch stays. */
export function stageTree(
  context: Pick<CommandContext, 'config'>,
  root: string,
  tree: string,
): Promise<void> {
  return runToItsEnd(context, root, ['read-tree', '-m', '-u', 'HEAD', tree]);
}
