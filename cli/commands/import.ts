import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { openSourcePackage } from '../rpm/srpm/source-package.ts';
import { type ImportedPackage, importSourcePackage } from '../working-copy/import-srpm.ts';
import { currentBranch, openWorkingCopy, type WorkingCopy } from '../working-copy/working-copy.ts';

export const importCommand: CommandSpec = {
  name: 'import',
  args: '<file.src.rpm>',
  summary: 'Make the content of a source package the content of the branch',
  options: [
    { flags: '--no-commit', help: 'only stage it, as fedpkg does' },
    { flags: '--offline', help: 'upload nothing' },
  ],
  examples: [
    'centpkg import python33-python-3.3.2-12.el7.src.rpm',
    'centpkg import --no-commit python33-python-3.3.2-12.el7.src.rpm',
  ],
  async run(context, [file = ''], options) {
    const copy = await openWorkingCopy(context);
    const branch = await currentBranch(copy);
    const source = await openSourcePackage(resolve(context.cwd, file));
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
