import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import type { CommandContext } from '../command.ts';
import { extractSourcePackage } from '../rpm/srpm/extract.ts';
import { importMessage } from '../rpm/srpm/import-message.ts';
import type { SourcePackage } from '../rpm/srpm/source-package.ts';
import { ownFiles, placeFiles, requireFreeWay, sortFiles } from './import-files.ts';
import { withImportFolder } from './import-folder.ts';
import { fastForward, stageTree } from './move-head.ts';
import { commitTree, type TreeFile, writeTree } from './new-tree.ts';
import { planUpload, type UploadedFile, uploadFiles } from './upload-files.ts';
import type { WorkingCopy } from './working-copy.ts';

export interface ImportedPackage {
  readonly component: string;
  readonly branch: string;
  /** `name-[epoch:]version-release` of what was imported. */
  readonly package: string;
  readonly state: 'committed' | 'staged' | 'unchanged';
  /** Null: nothing was committed. */
  readonly commit: string | null;
  readonly inGit: readonly string[];
  readonly inCache: readonly UploadedFile[];
  readonly removed: readonly string[];
}

export interface ImportOptions {
  /** Upload nothing. */
  readonly offline: boolean;
  /** False: stage only. */
  readonly commit: boolean;
}

/** What an import never takes away: the repository's own, not the package's. */
const KEPT = /^(?:\.|README(?:\.md)?$|gating\.yaml$|(?:tests|plans)\/)/;

/**
 * Makes the content of a source package the content of the branch that is checked out: the spec,
 * patches and text in git, the rest in the look-aside cache. All is made aside, then one git moves
 * the branch: refused or interrupted before, by SIGKILL too, it leaves branch and work tree alone.
 * @throws DistGitError as the package, the upload and git have it; `conflict` where work that is
 * not committed would be lost; `interrupted`
 */
export async function importSourcePackage(
  context: CommandContext,
  copy: WorkingCopy,
  branch: Branch,
  source: SourcePackage,
  options: ImportOptions,
): Promise<ImportedPackage> {
  const { exploded, limits } = await context.api.call('showChecks', { component: copy.component });
  if (exploded)
    fail(
      'conflict',
      `${copy.component} holds unpacked upstream source.`,
      'Put the files of the package into it by hand.',
    );
  await requireClean(copy);
  return context.interruptible((signal) =>
    withImportFolder(copy, async (folder) => {
      const made = await makeAside(context, copy, source, folder, {
        maxFileSize: limits.maxFileSize,
        signal,
        ...options,
      }).catch((error: unknown) => {
        // Ctrl-C reaches the programs that we run as well: their end says nothing.
        const told = error instanceof DistGitError && error.code === 'interrupted';
        throw signal.aborted && !told ? interrupted() : error;
      });
      const { tree, commit, placed, ...rest } = made;
      if (commit !== null) await fastForward(context, copy, commit);
      else if (rest.state === 'staged') await stageTree(context, copy.root, tree);
      await placeFiles(copy, placed);
      const { component } = copy;
      return { component, branch: branchName(branch), package: source.nevr, commit, ...rest };
    }),
  );
}

/** Everything up to the commit, that no branch has yet. */
async function makeAside(
  context: CommandContext,
  copy: WorkingCopy,
  source: SourcePackage,
  folder: string,
  options: ImportOptions & { readonly maxFileSize: number; readonly signal: AbortSignal },
) {
  const { git, root } = copy;
  const { maxFileSize, signal, offline } = options;
  const files = join(folder, 'files');
  await unpack(context, source, files, signal);
  const sorted = await sortFiles(source, copy, files, maxFileSize);
  await requireFreeWay(copy, sorted);
  const inCache = await toCache(context, copy, sorted.inCache, offline);
  const all = [...sorted.inGit, ...(await ownFiles(copy, folder, sorted.inGit, inCache))];
  const removed = await noMore(copy, all);
  const tree = await writeTree(context, root, folder, { base: 'HEAD', files: all, removed });
  const [head = '', before] = (await git.read('rev-parse', 'HEAD', 'HEAD^{tree}')).split('\n');
  const state = tree === before ? 'unchanged' : options.commit ? 'committed' : 'staged';
  const message = importMessage(source);
  const commit =
    state === 'committed' ? await commitTree(git, folder, tree, message, [head]) : null;
  signal.throwIfAborted();
  const inGit = sorted.inGit.map(({ name }) => name).sort();
  return { tree, commit, state, inGit, inCache, removed, placed: sorted.inCache } as const;
}

/** @throws DistGitError `conflict` */
export async function requireClean({ git }: Pick<WorkingCopy, 'git'>): Promise<void> {
  if ((await git.read('status', '--porcelain', '--untracked-files=no')) !== '')
    fail('conflict', 'There are changes that are not committed.', 'Commit or stash them first.');
}

async function unpack(
  { progress, config }: CommandContext,
  source: SourcePackage,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder);
  const track = progress.track(basename(source.path));
  track.start(source.files.reduce((sum, { size }) => sum + size, 0));
  const path = config.variables.PATH ?? '';
  try {
    await extractSourcePackage(source, folder, { path, signal, onBytes: (n) => track.add(n) });
    track.done();
  } finally {
    progress.stop();
  }
}

/** @param paths files with the names that they have in the cache */
async function toCache(
  context: CommandContext,
  copy: WorkingCopy,
  paths: readonly string[],
  offline: boolean,
): Promise<UploadedFile[]> {
  if (!offline) return uploadFiles(context, copy, paths);
  const planned = await planUpload(context, copy, paths, false);
  return planned.map(({ file, checksum }) => ({ file, checksum, uploaded: false }));
}

/** Files of HEAD that the package does not have. */
async function noMore({ git }: WorkingCopy, files: readonly TreeFile[]): Promise<string[]> {
  const had = (await git.read('ls-tree', '-r', '-z', '--name-only', 'HEAD')).split('\0');
  const have = new Set(files.map(({ name }) => name));
  return had.filter((name) => name !== '' && !have.has(name) && !KEPT.test(name));
}

function interrupted(): DistGitError {
  return new DistGitError('interrupted', 'Interrupted; nothing was changed.', {
    detail: { remedy: 'Run the same command again.' },
  });
}
