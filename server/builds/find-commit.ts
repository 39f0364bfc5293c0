import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName, branchRef } from '../../core/domain/branch-name.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import { MAX_SPEC } from '../../core/domain/spec/budget.ts';
import {
  type Component,
  type ComponentBranch,
  collectionsOf,
} from '../components/find-component.ts';
import type { BuildDeps } from './build-deps.ts';

type GitDeps = Pick<BuildDeps, 'git' | 'repositories'>;

/** @throws DistGitError `not_found` */
export function requireBranch(component: Component, branch: Branch): ComponentBranch {
  const own = component.branches.find(
    ({ collection, release }) => collection === branch.collection && release === branch.release,
  );
  return (
    own ??
    fail(
      'not_found',
      `${component.name} has no branch ${branchName(branch)}.`,
      '"centpkg component show NAME" lists its branches.',
    )
  );
}

/** The question whether somebody may push to this one branch. */
export const pushTo = (component: ComponentName, branch: ComponentBranch) =>
  ({ action: 'push', component, collections: collectionsOf([branch]) }) as const;

/**
 * The commit, which the branch has on the server.
 * @param commit a full id; undefined: where the branch is
 * @throws DistGitError `check_failed`, `not_found`
 */
export async function findCommit(
  { git, repositories }: GitDeps,
  component: ComponentName,
  branch: Branch,
  commit: string | undefined,
): Promise<string> {
  const repository = ['-C', repositories.path(component)];
  const ref = branchRef(branch);
  const tip = await git.run([...repository, 'rev-parse', '--verify', ref]).then(
    (text) => text.trim(),
    (cause: unknown) => {
      requireAnswer(cause);
      throw new DistGitError('not_found', `${branchName(branch)} is not on the server yet.`, {
        detail: { remedy: 'Wait a moment; "centpkg component show" says when it is there.' },
        cause,
      });
    },
  );
  if (commit === undefined || commit === tip) return tip;
  // A commit that the repository does not have ends git with another status; no matter.
  const isOn = await git.run([...repository, 'merge-base', '--is-ancestor', commit, tip]).then(
    () => true,
    (cause: unknown) => {
      requireAnswer(cause);
      return false;
    },
  );
  if (!isOn)
    fail(
      'check_failed',
      `Commit ${commit.slice(0, 12)} is not on ${branchName(branch)} of the server.`,
      'Push it first: centpkg push',
    );
  return commit;
}

/** A git that could not be started, or was killed, has not said no. @throws `cause` then */
function requireAnswer(cause: unknown): void {
  const { code } = cause as { code?: unknown };
  if (typeof code !== 'number' && code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') throw cause;
}

/** The spec of a commit. @throws DistGitError `check_failed` where there is none */
export async function specText(
  { git, repositories }: GitDeps,
  component: ComponentName,
  commit: string,
): Promise<string> {
  const name = `${commit}:${component}.spec`;
  const content = await git
    .output(['-C', repositories.path(component), 'cat-file', 'blob', name], {}, MAX_SPEC)
    .catch((cause: unknown) => {
      requireAnswer(cause);
      throw new DistGitError(
        'check_failed',
        `The commit has no ${component}.spec that can be read.`,
        {
          detail: { remedy: 'Commit the spec, a small text file, and push.' },
          cause,
        },
      );
    });
  return content.toString('utf8');
}
