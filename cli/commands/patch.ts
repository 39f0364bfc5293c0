import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { unpackedChanges } from '../rpm/unpacked-changes.ts';
import { unpackedFolder } from '../rpm/workspace.ts';
import { specVersion } from '../working-copy/spec-version.ts';
import { currentBranch, openWorkingCopy } from '../working-copy/working-copy.ts';

export const patch: CommandSpec = {
  name: 'patch',
  args: '<suffix>',
  summary: 'Make a patch of the files in COMPONENT-VERSION/ that have a copy FILE.SUFFIX',
  details:
    'Copy a file of the unpacked sources (centpkg prep) before you change it: cp FILE FILE.SUFFIX. ' +
    'All such pairs, in the clone or where prep has unpacked them, become COMPONENT-VERSION-SUFFIX.patch, which is staged. The version is that of the spec.',
  options: [
    {
      flags: '--rediff',
      help: 'make it anew, with the comment at its top; the old one gets a ~',
    },
  ],
  examples: ['centpkg patch fix-crash', 'centpkg patch --rediff fix-crash'],
  async run(context, [suffix = ''], options) {
    if (!/^[A-Za-z0-9][\w.+-]*$/.test(suffix))
      fail('usage', 'The suffix has odd characters.', 'For instance: centpkg patch fix-crash');
    const copy = await openWorkingCopy(context);
    const folder = `${copy.component}-${await specVersion(copy)}`;
    const name = `${folder}-${suffix}.patch`;
    const file = join(copy.root, name);
    const rediff = flagOption(options, 'rediff');
    if (rediff && !existsSync(file))
      fail('not_found', `There is no ${name}.`, `Make it: centpkg patch ${suffix}`);
    if (!rediff && existsSync(file))
      fail('conflict', `There is a ${name}.`, `Make it anew: centpkg patch --rediff ${suffix}`);
    const unpacked = unpackedFolder(context, copy, await currentBranch(copy));
    const above = [copy.root, unpacked].find((path) => existsSync(join(path, folder)));
    if (above === undefined)
      fail(
        'not_found',
        `There is no folder ${folder}, neither in the clone nor in ${unpacked}.`,
        'Unpack the sources (centpkg prep); the spec has to unpack them into that folder.',
      );
    const changes = await unpackedChanges(above, folder, suffix, context.config.variables);
    if (changes.length === 0)
      fail(
        'not_found',
        `Nothing in ${join(above, folder)} differs from a copy FILE.${suffix}.`,
        `Copy a file before you change it: cp FILE FILE.${suffix}`,
      );
    let head = Buffer.alloc(0);
    if (rediff) {
      const old = await readFile(file);
      head = old.subarray(0, beginOfDiff(old));
      await rename(file, `${file}~`);
    }
    await writeFile(file, Buffer.concat([head, changes]));
    await copy.git.read('add', '--', name);
    const text = `${name} is made and staged. Add it to the spec: Patch: ${name}`;
    return { data: { file: name, bytes: head.length + changes.length }, text, done: true };
  },
};

/** What stands above the first line that begins with "diff" is the author's comment. */
function beginOfDiff(patch: Buffer): number {
  if (patch.subarray(0, 4).toString('latin1') === 'diff') return 0;
  const found = patch.indexOf('\ndiff');
  return found === -1 ? patch.length : found + 1;
}
