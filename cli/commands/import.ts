import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { ERROR_TABLE } from '../../core/api/error-table.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  type Outcome,
  textOption,
} from '../command.ts';
import { table } from '../output/table.ts';
import { openSourcePackage } from '../rpm/srpm/source-package.ts';
import { readReleased } from '../working-copy/import-all.ts';
import { importBranch } from '../working-copy/import-branch.ts';
import { type ImportedPackage, importSourcePackage } from '../working-copy/import-srpm.ts';
import {
  checkedOutBranch,
  openWorkingCopy,
  type WorkingCopy,
} from '../working-copy/working-copy.ts';

export const importCommand: CommandSpec = {
  name: 'import',
  args: '[file.src.rpm]',
  summary: 'Make the content of a source package the content of the branch',
  options: [
    { flags: '--no-commit', help: 'only stage it, as fedpkg does' },
    { flags: '--offline', help: 'upload nothing' },
    { flags: '--skip-diffs', help: 'show no diff, which is so without it' },
    {
      flags: '--all <folder>',
      help: 'all packages of a folder, each on its branch, in clones here',
    },
    { flags: '--create', help: 'with --all: make components that are missing' },
    { flags: '--push', help: 'with --all: push each branch' },
    { flags: '--dry-run', help: 'with --all: say what would be done; change nothing' },
  ],
  examples: [
    'centpkg import python33-python-3.3.2-12.el7.src.rpm',
    'centpkg import --no-commit python33-python-3.3.2-12.el7.src.rpm',
    'centpkg import --all ~/released --create --push',
  ],
  async run(context, [file], options) {
    requireFitting(file, options);
    const folder = textOption(options, 'all');
    if (folder !== undefined) return importAll(context, folder, options);
    const copy = await openWorkingCopy(context);
    const branch = await checkedOutBranch(copy);
    const source = await openSourcePackage(resolve(context.cwd, file ?? ''));
    const name = branchName(branch);
    const { branches } = await context.api.call('showComponent', { component: copy.component });
    const built = branches.find((one) => one.name === name)?.builtPackage;
    if (built === undefined)
      fail(
        'not_found',
        `${copy.component} has no branch ${name}.`,
        `It has: ${branches.map((one) => one.name).join(', ')}`,
      );
    requireSame(source.name, copy, built, name);
    const offline = flagOption(options, 'offline');
    const commit = options.commit !== false;
    const done = await importSourcePackage(context, copy, branch, source, { offline, commit });
    return { data: done, text: importedText(done, offline) };
  },
};

/** @throws DistGitError `usage` where options are mixed that do not go together */
function requireFitting(file: string | undefined, options: Options): void {
  const all = textOption(options, 'all') !== undefined;
  if (all === (file !== undefined))
    fail(
      'usage',
      'Give one package, or --all FOLDER.',
      'For instance: centpkg import FILE.src.rpm',
    );
  const wrong = all
    ? [
        ...(options.commit === false ? ['--no-commit'] : []),
        ...(flagOption(options, 'offline') ? ['--offline'] : []),
      ]
    : ['create', 'push', 'dryRun']
        .filter((name) => flagOption(options, name))
        .map((name) => (name === 'dryRun' ? '--dry-run' : `--${name}`));
  if (wrong.length > 0)
    fail(
      'usage',
      `${wrong.join(' and ')} can not be given ${all ? 'with' : 'without'} --all.`,
      `Leave it out: centpkg import ${all ? '--all FOLDER' : 'FILE.src.rpm'}`,
    );
}

async function importAll(
  context: CommandContext,
  folder: string,
  options: Options,
): Promise<Outcome> {
  const settings = {
    create: flagOption(options, 'create'),
    push: flagOption(options, 'push'),
    dryRun: flagOption(options, 'dryRun'),
  };
  const { branches, refused } = await readReleased(context, folder);
  const rows = [...refused];
  for (const branch of branches) rows.push(...(await importBranch(context, branch, settings)));
  const bad = rows.filter(({ state }) => state === 'refused');
  const cells = rows.map(({ file, component, branch, state, reason, remedy }) => [
    file,
    component ?? '-',
    branch ?? '-',
    state,
    [reason, remedy].filter((text) => text !== null).join(' '),
  ]);
  const header = ['package', 'component', 'branch', 'state', ''];
  const end = settings.dryRun ? '\nNothing was changed.' : '';
  return {
    data: { packages: rows },
    text: `${table(header, cells, 'No packages.')}${end}`,
    ...(bad.length > 0 ? { exit: ERROR_TABLE.check_failed.exit } : {}),
  };
}

/** Without its collection's prefix, the package must be the component: `python33-python` in `python`. */
function requireSame(name: string, copy: WorkingCopy, built: string, branch: string): void {
  if (name === built || name === copy.component) return;
  fail(
    'conflict',
    `The package is ${name}; ${copy.component} builds ${built} on ${branch}.`,
    'Import it into the clone, and on the branch, that it belongs to.',
  );
}

function importedText(done: ImportedPackage, offline: boolean): string {
  const { component, branch, inGit, inCache, removed, state, commit } = done;
  if (state === 'unchanged') return `${component} has that content already on ${branch}.`;
  const cached = inCache.map(({ file, uploaded }) => (uploaded ? `${file} (uploaded)` : file));
  const end = offline ? ' Nothing was uploaded; a push needs it to be.' : '';
  return [
    `In git: ${inGit.join(', ')}`,
    ...(cached.length === 0 ? [] : [`In the look-aside cache: ${cached.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`Removed: ${removed.join(', ')}`]),
    state === 'staged'
      ? `Staged on ${branch}. Commit if happy, or revert with: git reset --hard HEAD${end}`
      : `Committed ${commit?.slice(0, 10)} on ${branch}. Look at it (git show), then: centpkg push${end}`,
  ].join('\n');
}
