import { fail } from '../../core/api/distgit-error.ts';
import type { Branch } from '../../core/domain/branch-name.ts';
import type { Buildroot } from '../../core/koji/buildroot.ts';
import type { CommandContext } from '../command.ts';

/** Names of tags and targets: they come into names of files, and into addresses. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,255}$/;
const REPO = /^[A-Za-z0-9/_.+-]{1,256}$/;
/** What a package manager is told to install; never one of its options. */
const PACKAGE = /^[A-Za-z0-9_@/][A-Za-z0-9_@/.+:()-]*$/;

export interface BranchBuildroot extends Buildroot {
  /** Where the site's Koji has its files. */
  readonly topurl: string;
}

/**
 * What Koji builds a branch in, as the server's site has it. What mock, or a path, would take for
 * something else than a name is not believed.
 * @throws DistGitError `not_found`, `unavailable`
 */
export async function branchBuildroot(
  { api }: Pick<CommandContext, 'api'>,
  { collection, release }: Branch,
): Promise<BranchBuildroot> {
  const shown = await api.call('showBuildroot', { collection, release });
  const { target, buildTag, destTag, levels, packages, externalRepos } = shown;
  const tags = [target, buildTag, destTag, ...Object.values(levels)];
  const odd =
    tags.find((name) => !NAME.test(name)) ??
    externalRepos.map(({ repo }) => repo).find((name) => !REPO.test(name)) ??
    packages.find((name) => !PACKAGE.test(name));
  if (odd !== undefined)
    fail(
      'unavailable',
      `${JSON.stringify(odd)} in the buildroot of the server is not a name.`,
      `Ask a site admin of ${api.url} to look at [koji.profiles].`,
    );
  return { ...shown, collection, release };
}
