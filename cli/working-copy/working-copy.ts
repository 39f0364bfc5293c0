import { fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName, parseBranchName } from '../../core/domain/branch-name.ts';
import { type ComponentName, parseComponentName } from '../../core/domain/component-name.ts';
import type { CommandContext } from '../command.ts';
import type { UserGit } from './run-git.ts';
import { parseHttpAddress } from './server-address.ts';

/** A clone of a component, found from any folder in it. */
export interface WorkingCopy {
  readonly git: UserGit;
  /** The top folder. */
  readonly root: string;
  /** The server's URL, without trailing slash. */
  readonly url: string;
  readonly namespace: string;
  readonly component: ComponentName;
  /** The git remote that is the server: `origin`, or `centos` in somebody's own clone. */
  readonly remote: string;
  /** The branch that --release names, over the one that is checked out. */
  readonly release: Branch | null;
}

/** A git repository of whatever server, for what needs none. */
export interface Repository {
  readonly git: UserGit;
  /** The top folder. */
  readonly root: string;
}

/** @throws DistGitError `usage` outside of a repository */
export async function openRepository({ git }: Pick<CommandContext, 'git'>): Promise<Repository> {
  const root = await git.ask('rev-parse', '--show-toplevel');
  if (root === null || root === '')
    fail('usage', 'This is not a git repository.', 'Go into a clone: centpkg clone COMPONENT');
  return { git: git.at(root), root };
}

/**
 * The component comes from a git remote on the server, so that it also works in a clone that has
 * the server as one remote among several.
 * @throws DistGitError `usage` outside of such a clone
 */
export async function openWorkingCopy(
  context: Pick<CommandContext, 'git' | 'api' | 'given'>,
): Promise<WorkingCopy> {
  const { git, root } = await openRepository(context);
  const { api, given } = context;
  const stored = await git.ask('config', '--get', 'centpkg.namespace');
  const server = stored === null ? await api.call('showServer', {}) : null;
  const namespace = stored ?? server?.namespace ?? '';
  const sshUrl =
    server === null ? await git.ask('config', '--get', 'centpkg.sshUrl') : server.sshUrl;
  const remotes = (await git.ask('config', '--get-regexp', '^remote\\..*\\.url$')) ?? '';
  const urls = [api.url, server === null ? null : parseHttpAddress(server.url), sshUrl].filter(
    (url) => url !== null,
  );
  for (const url of new Set(urls))
    for (const line of remotes.split('\n')) {
      const match = /^remote\.(.+)\.url (.+)$/.exec(line);
      const component = match === null ? null : componentOfUrl(match[2] ?? '', url, namespace);
      if (component !== null && (given.component ?? component) === component)
        return {
          git,
          root,
          // SSH has no password that git could ask for.
          url: url === sshUrl ? api.url : url,
          namespace,
          component,
          remote: match?.[1] ?? 'origin',
          release: given.release,
        };
    }
  return fail(
    'usage',
    `No remote of this repository is at ${api.url}/${namespace}/${given.component ?? ''}.`,
    `Add one: centpkg remote add --repo-name ${given.component ?? 'COMPONENT'}`,
  );
}

/** The component that a git URL on the server names; null for any other URL. */
export function componentOfUrl(
  remote: string,
  url: string,
  namespace: string,
): ComponentName | null {
  try {
    const { protocol, host, pathname } = new URL(remote);
    const server = new URL(`${url}/${namespace}/`);
    if (protocol !== server.protocol || host !== server.host) return null;
    if (!pathname.startsWith(server.pathname)) return null;
    const name = pathname
      .slice(server.pathname.length)
      .replace(/\/$/, '')
      .replace(/\.git$/, '');
    return parseComponentName(decodeURIComponent(name));
  } catch {
    return null;
  }
}

/** The release branch that is checked out. @throws DistGitError `usage` on any other */
export async function currentBranch(copy: WorkingCopy): Promise<Branch> {
  if (copy.release !== null) return copy.release;
  const local = await copy.git.ask('symbolic-ref', '--short', '--quiet', 'HEAD');
  if (local === null)
    fail('usage', 'No branch is checked out.', 'Run: centpkg switch-branch BRANCH');
  // A local branch may have another name than the one it tracks on the server.
  const remote = await copy.git.ask('config', '--get', `branch.${local}.remote`);
  const merge =
    remote === copy.remote ? await copy.git.ask('config', '--get', `branch.${local}.merge`) : null;
  const name = merge?.replace(/^refs\/heads\//, '') ?? local;
  try {
    return parseBranchName(name);
  } catch {
    return fail(
      'usage',
      `The branch ${local} is not a release branch and tracks none.`,
      'Run: centpkg switch-branch scl-<collection>-el<release>',
    );
  }
}

/**
 * The release branch that is checked out, for what changes the work tree: --release can name it,
 * and no other.
 * @throws DistGitError `usage`
 */
export async function checkedOutBranch(copy: WorkingCopy): Promise<Branch> {
  const branch = await currentBranch({ ...copy, release: null });
  const name = branchName(branch);
  const wanted = copy.release === null ? name : branchName(copy.release);
  if (wanted !== name)
    fail(
      'usage',
      `--release is ${wanted}, and ${name} is checked out.`,
      `Check it out first: centpkg switch-branch ${wanted}`,
    );
  return branch;
}

/** Release branches on the server, as last fetched. */
export async function remoteBranches(copy: WorkingCopy): Promise<string[]> {
  const prefix = `refs/remotes/${copy.remote}/`;
  const refs = await copy.git.read('for-each-ref', '--format=%(refname)', prefix);
  return refs
    .split('\n')
    .map((ref) => ref.slice(prefix.length))
    .filter((name) => name.startsWith('scl-'))
    .map((name) => branchName(parseBranchName(name)));
}
