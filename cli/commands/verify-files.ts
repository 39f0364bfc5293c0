import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import type { CommandSpec } from '../command.ts';
import { hasSclMacros, verifyFiles } from '../rpm/verify-files.ts';
import { readSources } from '../working-copy/sources.ts';
import { currentBranch, openWorkingCopy } from '../working-copy/working-copy.ts';

export const verifyFilesCommand: CommandSpec = {
  name: 'verify-files',
  summary: 'Build locally up to %install and verify the %files lists (runs the spec)',
  examples: ['centpkg sources && centpkg verify-files'],
  async run(context) {
    const copy = await openWorkingCopy(context);
    const branch = await currentBranch(copy);
    const spec = `${copy.component}.spec`;
    await access(join(copy.root, spec)).catch(() =>
      fail('usage', `${copy.component}.spec is missing.`, 'Add it first.'),
    );
    for (const { file } of await readSources(copy))
      await access(join(copy.root, file)).catch(() =>
        fail('check_failed', `${file} is missing.`, 'Download it: centpkg sources'),
      );
    const { variables } = context.config;
    const collection = await context.api.call('showCollection', { collection: branch.collection });
    const scl = (await hasSclMacros(variables)) ? collection.sclName : null;
    if (scl === null)
      context.note(
        'The macros of scl-utils-build are not installed: verifying without the collection prefix.',
      );
    context.note(`Building ${copy.component} for ${branchName(branch)} ...`);
    await verifyFiles(copy.root, spec, branch, scl, variables);
    return {
      data: { component: copy.component, branch: branchName(branch), scl },
      text: 'The %files lists are complete.',
    };
  },
};
