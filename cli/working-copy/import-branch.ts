import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { type Branch, branchName } from '../../core/domain/branch-name.ts';
import { openApi } from '../api-client/open-api.ts';
import type { CommandContext } from '../command.ts';
import { clone } from '../commands/clone.ts';
import { importedLine } from '../rpm/srpm/import-message.ts';
import { credentialOptions } from './credential.ts';
import { type BranchImport, type ImportRow, type PlacedPackage, refusedRow } from './import-all.ts';
import { importSourcePackage, requireClean } from './import-srpm.ts';
import { openWorkingCopy, type WorkingCopy } from './working-copy.ts';

export interface AllOptions {
  /** Make components that are missing, and add them to collections. */
  readonly create: boolean;
  readonly push: boolean;
  /** Tell, and change nothing. */
  readonly dryRun: boolean;
}

/**
 * Imports what belongs on one branch, oldest first, in a clone below the folder the user is in;
 * what is on the branch already is passed over, so that it can be run again.
 * @returns one row per package
 */
export async function importBranch(
  outside: CommandContext,
  wanted: BranchImport,
  options: AllOptions,
): Promise<ImportRow[]> {
  const { component, branch, packages } = wanted;
  const place = { component, branch: branchName(branch) };
  const rows: ImportRow[] = [];
  try {
    await requireBranch(outside, wanted, options);
    const there = await copyOf(outside, wanted, options.dryRun);
    const copy = there?.copy ?? null;
    const context = there?.context ?? outside;
    const todo = copy === null ? packages : await notYet(copy, packages, rows);
    for (const one of todo) {
      const file = basename(one.source.path);
      const row = { file, ...place, commit: null, reason: null, remedy: null };
      if (options.dryRun || copy === null) {
        rows.push({ ...row, state: 'planned' });
        continue;
      }
      context.note(`${file} into ${component}, ${branchName(branch)} ...`);
      const settings = { offline: false, commit: true };
      const done = await importSourcePackage(context, copy, branch, one.source, settings);
      rows.push({ ...row, state: 'imported', commit: done.commit });
    }
    if (options.push && copy !== null && !options.dryRun)
      await pushTo(context, copy, branch, 'HEAD');
    return rows;
  } catch (error) {
    const told = new Set(rows.map(({ file }) => file));
    const rest = packages.filter(({ source }) => !told.has(basename(source.path)));
    // A push that is refused stands for all of them; else one does, and the newer ones wait.
    const failed = rest.length === 0 ? packages : rest;
    const [first] = failed;
    const refused = failed.map((one): ImportRow => {
      if (one === first || first === undefined || rest.length === 0)
        return refusedRow(one.source.path, wanted, error);
      const file = basename(one.source.path);
      const reason = `It waits for ${basename(first.source.path)}.`;
      const { branch: name } = place;
      return {
        file,
        component,
        branch: name,
        state: 'refused',
        commit: null,
        reason,
        remedy: null,
      };
    });
    const names = new Set(refused.map(({ file }) => file));
    return [...rows.filter(({ file }) => !names.has(file)), ...refused];
  }
}

/** @throws DistGitError `not_found` where the branch is not there, and may not be made */
async function requireBranch(
  { api }: CommandContext,
  { component, branch }: BranchImport,
  { create, dryRun }: AllOptions,
): Promise<void> {
  const found = await api.call('showComponent', { component }).catch((error: unknown) => {
    if (error instanceof DistGitError && error.code === 'not_found') return null;
    throw error;
  });
  const { collection } = branch;
  const name = branchName(branch);
  if (found?.branches.some((one) => one.name === name) === true) return;
  if (!create)
    fail(
      'not_found',
      found === null ? `There is no component ${component}.` : `${component} has no ${name}.`,
      found === null
        ? `Create it (centpkg component create ${component} --collection ${collection}), or give --create.`
        : `Add it (centpkg component add ${component} ${collection}), or give --create.`,
    );
  if (dryRun) return;
  const collections = [collection];
  if (found === null)
    await api.call('createComponent', { name: component, collections, exploded: false });
  else await api.call('addToCollections', { component, collections });
}

/** A clone with the branch checked out and up to date; null: there is none, and none was to be made. */
async function copyOf(
  outside: CommandContext,
  { component, branch }: BranchImport,
  dryRun: boolean,
): Promise<{ copy: WorkingCopy; context: CommandContext } | null> {
  const folder = join(outside.cwd, component);
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!there && dryRun) return null;
  if (!there) await clone.run(outside, [component, component], {});
  const context = await contextAt(outside, folder);
  const copy = await openWorkingCopy(context);
  if (copy.component !== component || basename(copy.root) !== component)
    fail('conflict', `${folder} is not a clone of ${component}.`, 'Import in another folder.');
  if (dryRun) return { copy, context };
  await requireClean(copy);
  const name = branchName(branch);
  const { git, remote, url } = copy;
  const tracking = `${remote}/${name}`;
  await git.show(...credentialOptions(context.config, url), 'fetch', '--quiet', remote);
  const local = await git.ask('rev-parse', '--verify', '--quiet', `refs/heads/${name}`);
  await git.read(
    'checkout',
    '--no-overwrite-ignore',
    '--quiet',
    ...(local === null ? ['-b', name, '--track', tracking] : [name]),
  );
  await git.read('merge', '--ff-only', '--no-overwrite-ignore', '--quiet', tracking);
  return { copy, context };
}

/** As if the user were in that clone: its own server counts. */
async function contextAt(context: CommandContext, folder: string): Promise<CommandContext> {
  const { config, api } = context;
  const git = context.git.at(folder);
  const url = await git.ask('config', '--get', 'centpkg.url');
  const own = url === null || url === api.url ? api : openApi(config, url);
  return { ...context, api: own, cwd: folder, git };
}

/**
 * Packages that are not on the branch; those that are go into `rows`.
 * @throws DistGitError `conflict` where the branch has work that an import would take back
 */
async function notYet(
  copy: WorkingCopy,
  packages: readonly PlacedPackage[],
  rows: ImportRow[],
): Promise<PlacedPackage[]> {
  const [first] = packages;
  if (first === undefined) return [];
  const name = branchName(first.branch);
  const messages = await copy.git.read('log', '--format=%H%n%B', name).catch(() => '');
  const lines = new Set(messages.split('\n'));
  const have = packages.map(({ source }) => lines.has(importedLine(source)));
  const last = have.lastIndexOf(true);
  packages.forEach(({ source, component }, index) => {
    const row = { file: basename(source.path), component, branch: name, commit: null };
    if (have[index] === true) rows.push({ ...row, state: 'already', reason: null, remedy: null });
    else if (index < last)
      rows.push({
        ...row,
        state: 'refused',
        reason: 'It is older than what was imported already.',
        remedy: `To go back to it: centpkg import ${basename(source.path)}`,
      });
  });
  const todo = packages.slice(last + 1);
  if (todo.length > 0 && messages !== '') await requireImportsOnly(copy, name);
  return todo;
}

/** The tip is an import, or the branch is still empty: somebody's work is not taken back unasked. */
async function requireImportsOnly({ git }: WorkingCopy, name: string): Promise<void> {
  const message = await git.read('log', '-1', '--format=%B', name);
  if (/^Imported-From: /m.test(message)) return;
  const files = await git.read('ls-tree', '-r', '--format=%(objectsize)', name);
  if (files.split('\n').every((size) => size.trim() === '' || size.trim() === '0')) return;
  fail(
    'conflict',
    `${name} has commits that are no imports; they would be taken back.`,
    'Import by hand, and look at what changes: centpkg import FILE',
  );
}

/** @param ref what goes there */
export async function pushTo(
  { config, api }: CommandContext,
  copy: WorkingCopy,
  branch: Branch,
  ref: string,
): Promise<void> {
  if (!api.hasCredential)
    fail('authentication_required', 'Pushing needs a login.', 'Log in first: centpkg login');
  await copy.git.show(
    ...credentialOptions(config, copy.url),
    'push',
    '--quiet',
    copy.remote,
    `${ref}:refs/heads/${branchName(branch)}`,
  );
}
