import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName, parseBranchOrAlias } from '../../core/domain/branch-name.ts';
import type { CommandContext } from '../command.ts';
import type { ForeignAddress } from './foreign-address.ts';
import { carryOver, type ForeignCache } from './foreign-sources.ts';
import { readForeignTree, writeConverted } from './foreign-tree.ts';
import { withImportFolder } from './import-folder.ts';
import { requireClean } from './import-srpm.ts';
import { fastForward } from './move-head.ts';
import { commitTree } from './new-tree.ts';
import type { WorkingCopy } from './working-copy.ts';

/** A branch of theirs, and which it becomes here. */
export interface BranchPair {
  readonly theirs: string;
  readonly ours: Branch;
}

export interface ImportedBranch {
  readonly theirs: string;
  readonly ours: string;
  readonly state: 'imported' | 'already' | 'planned';
  /** The branch's new tip; null: it stays where it is. */
  readonly commit: string | null;
  readonly sources: readonly string[];
}

/** Where fetched branches lie while they are imported. */
const REFS = 'refs/centpkg/import';
/** A line of the commits that an import makes, by which a later one knows them. */
const TRAILER = 'Imported-From-Git';

/** git with a repository elsewhere: no helper programs, no prompts for what the user did not ask. */
const PROTOCOLS = ['-c', 'protocol.allow=never'].concat(
  ['https', 'http', 'ssh', 'git', 'file'].flatMap((name) => [
    '-c',
    `protocol.${name}.allow=always`,
  ]),
);

/**
 * Branches of another repository that can be branches here: by their names, as
 * `sig-sclo7-rh-python34-rh` is `scl-rh-python34-el7`.
 * @param wanted `THEIRS` or `THEIRS:OURS`; undefined: all that the component has
 * @throws DistGitError `not_found`, `name_invalid`
 */
export async function pairBranches(
  { git }: WorkingCopy,
  { url, settings, variables }: ForeignAddress,
  wanted: readonly string[] | undefined,
  have: readonly string[],
): Promise<{ pairs: BranchPair[]; passedOver: string[] }> {
  const their = git.configured(settings, variables);
  const listed = await their.read(...PROTOCOLS, 'ls-remote', '--heads', '--', url);
  const theirs = listed.split('\n').flatMap((line) => /\trefs\/heads\/(.+)$/.exec(line)?.[1] ?? []);
  const known = (branch: Branch): boolean => have.includes(branchName(branch));
  if (wanted !== undefined)
    return {
      pairs: wanted.map((text) => {
        const [name = '', ours = name] = text.split(':');
        if (!theirs.includes(name))
          fail('not_found', `There is no branch ${name} there.`, `There are: ${theirs.join(', ')}`);
        const pair = { theirs: name, ours: parseBranchOrAlias(ours) };
        if (!known(pair.ours))
          fail(
            'not_found',
            `This component has no branch ${branchName(pair.ours)}.`,
            `It has: ${have.join(', ')}`,
          );
        return pair;
      }),
      passedOver: [],
    };
  const pairs = theirs.flatMap((name): BranchPair[] => {
    try {
      const ours = parseBranchOrAlias(name);
      return known(ours) ? [{ theirs: name, ours }] : [];
    } catch {
      return [];
    }
  });
  const paired = new Set(pairs.map((one) => one.theirs));
  if (pairs.length === 0)
    fail(
      'not_found',
      `None of the branches there is one of this component: ${theirs.join(', ') || 'it has none'}.`,
      'Say which is which: --branch THEIRS:OURS',
    );
  return { pairs, passedOver: theirs.filter((name) => !paired.has(name)) };
}

/** Fetches their branches, without tags, to where nobody looks. */
export async function fetchForeign(
  { git }: WorkingCopy,
  { url, settings, variables }: ForeignAddress,
  pairs: readonly BranchPair[],
): Promise<void> {
  const refspecs = pairs.map(({ theirs }) => `+refs/heads/${theirs}:${REFS}/${theirs}`);
  const options = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const their = git.configured(settings, variables);
  await their.show(...PROTOCOLS, 'fetch', ...options, '--', url, ...refspecs);
}

/** Forgets what `fetchForeign` brought, imported or not. */
export async function forgetForeign(
  { git }: WorkingCopy,
  pairs: readonly BranchPair[],
): Promise<void> {
  // In passing: no error of its own hides the one that ended the import.
  for (const theirs of new Set(pairs.map((pair) => pair.theirs)))
    await git.ask('update-ref', '-d', `${REFS}/${theirs}`);
}

/**
 * Makes a branch of theirs, with its history, one of ours: a commit on top of both has what theirs
 * has, in the form that branches have here. What only we have is never taken back.
 * @param url without a password, for the message
 * @throws DistGitError `conflict` where the branch has work of its own; as `carryOver`
 */
export async function importForeign(
  context: CommandContext,
  copy: WorkingCopy,
  { theirs, ours }: BranchPair,
  { url, cache, dryRun }: { url: string; cache: ForeignCache | null; dryRun: boolean },
): Promise<ImportedBranch> {
  const { git, remote } = copy;
  const name = branchName(ours);
  const oid = async (ref: string): Promise<string | null> =>
    git.ask('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  const their = (await oid(`${REFS}/${theirs}`)) ?? '';
  const local = await oid(`refs/heads/${name}`);
  const published = await oid(`refs/remotes/${remote}/${name}`);
  const our = local ?? published;
  if (our === null)
    fail('not_found', `The clone does not know ${name}.`, `Fetch it: git fetch ${remote}`);
  if (local !== null && published !== null && !(await isAncestor(copy, published, local)))
    fail(
      'conflict',
      `The server has commits on ${name} that the clone lacks.`,
      'git pull --rebase',
    );
  const tree = await readForeignTree(copy, their);
  const row = { theirs, ours: name, sources: tree.sources.map(({ file }) => file) };
  if (await isAncestor(copy, their, our)) return { ...row, state: 'already', commit: null };
  const forward = await isAncestor(copy, our, their);
  if (!forward) await requireImported(copy, our, name);
  if (dryRun) return { ...row, state: 'planned', commit: null };
  const checkedOut = (await git.ask('symbolic-ref', '--short', '--quiet', 'HEAD')) === name;
  if (checkedOut) await requireClean(copy);
  return withImportFolder(copy, async (folder) => {
    // Apart from files of our own, whose names theirs may have.
    const downloads = join(folder, 'sources');
    await mkdir(downloads);
    const sources = await carryOver(context, copy, tree.sources, cache, downloads);
    const converted = await writeConverted(context, copy, tree, sources, folder);
    const same = (await git.read('rev-parse', `${their}^{tree}`)).trim() === converted;
    const message = `Import ${theirs} of ${url}\n\n${TRAILER}: ${url} ${theirs} ${their}\n`;
    const parents = forward ? [their] : [our, their];
    const commit =
      same && forward ? their : await commitTree(git, folder, converted, message, parents);
    if (checkedOut) await fastForward(context, copy, commit);
    else {
      if (local === null) await git.read('branch', '--track', name, `${remote}/${name}`);
      await git.read('update-ref', '-m', 'import-git', `refs/heads/${name}`, commit, our);
    }
    return { ...row, state: 'imported', commit };
  });
}

async function isAncestor({ git }: WorkingCopy, one: string, other: string): Promise<boolean> {
  return (await git.ask('merge-base', '--is-ancestor', one, other)) !== null;
}

/** The branch is still empty, or was imported like this: nobody's own work stands on it. */
async function requireImported({ git }: WorkingCopy, our: string, name: string): Promise<void> {
  const message = await git.read('log', '-1', '--format=%B', our);
  if (new RegExp(`^${TRAILER}: `, 'm').test(message)) return;
  const [, ...parents] = (await git.read('rev-list', '--parents', '-1', our)).trim().split(' ');
  const files = await git.read('ls-tree', '-r', '--format=%(objectsize)', our);
  const empty = files.split('\n').every((size) => size.trim() === '' || size.trim() === '0');
  if (parents.length === 0 && empty) return;
  throw new DistGitError('conflict', `${name} has commits that are not theirs.`, {
    detail: { remedy: `Merge them by hand: git fetch URL, then git merge on ${name}.` },
  });
}
