import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { branchName, parseBranchRef } from '../../core/domain/branch-name.ts';
import { NULL_OID } from '../../core/pushes/push-facts.ts';
import type { CommandContext, Outcome } from '../command.ts';
import { checkBranch } from './check-branch.ts';
import { openWorkingCopy, type Repository } from './working-copy.ts';

const HOOK = `#!/bin/sh
# Written by centpkg pre-push-check --install; remove it to push without the checks.
command -v centpkg >/dev/null || {
  echo "warning: centpkg is not installed: this push is not checked" >&2
  exit 0
}
exec centpkg pre-push-check --hook "$1"
`;

/**
 * Writes git's pre-push hook of this repository, wherever git has hooks.
 * @returns its file, and whether it was there before
 * @throws DistGitError `conflict` where there is another hook
 */
export async function installHook({ git, root }: Repository) {
  const path = (await git.read('rev-parse', '--git-path', 'hooks/pre-push')).trim();
  const file = resolve(root, path);
  const found = await readFile(file, 'utf8').catch(() => null);
  if (found === HOOK) return { file, before: true };
  if (found !== null)
    fail(
      'conflict',
      `${file} is there, and not ours.`,
      'Add to it: centpkg pre-push-check --hook "$1"',
    );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, HOOK, { flag: 'wx' });
  await chmod(file, 0o755);
  return { file, before: false };
}

/**
 * Checks what git is about to push: a line `<local ref> <oid> <remote ref> <oid>` for each ref.
 * @param remote as git names it; another one than the server's is none of our business
 * @throws DistGitError `check_failed`
 */
export async function checkPushOfHook(
  context: CommandContext,
  remote: string,
  input: string,
): Promise<Outcome> {
  const copy = await openWorkingCopy(context).catch((error: unknown) => {
    if (!(error instanceof DistGitError)) throw error;
    // Other remotes must not wait for this server; to its own, git fails by itself.
    context.note(`warning: this push is not checked: ${error.message}`);
    return null;
  });
  if (copy?.remote !== remote) return { data: { checked: [] }, text: '' };
  const checked: string[] = [];
  for (const line of input.split('\n')) {
    const [, oid = '', ref = ''] = line.split(' ');
    const branch = parseBranchRef(ref);
    // Tags, and what is deleted, are for the server to judge.
    if (branch === null || oid === NULL_OID) continue;
    const { lines } = await checkBranch(context, copy, branch, oid);
    for (const text of lines) context.note(text);
    checked.push(branchName(branch));
  }
  return { data: { checked }, text: '' };
}
