import { fail } from '../../core/api/distgit-error.ts';
import { type SourceEntry, withSources } from '../../core/domain/sources-file.ts';
import type { CommandSpec } from '../command.ts';
import { readSources, writeSources } from '../working-copy/sources.ts';
import { type UploadedFile, uploadFiles } from '../working-copy/upload-files.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

function outcome(done: readonly UploadedFile[]) {
  const text = done
    .map(({ file, checksum }) => `${checksum.type.toUpperCase()} (${file}) = ${checksum.hex}`)
    .join('\n');
  return { data: { files: done }, text: `${text}\nsources and .gitignore are staged.` };
}

/** rpkg and the server refuse a `sources` of two hash types. */
function requireOneForm(before: readonly SourceEntry[]): void {
  const old = before.find(({ checksum }) => checksum.type !== 'sha512');
  if (old !== undefined)
    fail(
      'conflict',
      `sources lists ${old.file} by ${old.checksum.type}, which can not be mixed with sha512.`,
      'Write it anew, with all its files: centpkg sources && centpkg new-sources FILE...',
    );
}

export const upload: CommandSpec = {
  name: 'upload',
  args: '<files...>',
  summary: 'Upload files and add them to sources',
  examples: ['centpkg upload python33-extra.tar.gz'],
  async run(context, paths) {
    const copy = await openWorkingCopy(context);
    // A sources file that does not parse is told of before the upload.
    const before = await readSources(copy);
    requireOneForm(before);
    const done = await uploadFiles(context, copy, paths);
    await writeSources(copy, withSources(before, done));
    return outcome(done);
  },
};

export const newSources: CommandSpec = {
  name: 'new-sources',
  args: '<files...>',
  summary: 'Upload files and make them the whole of sources',
  examples: ['centpkg new-sources Python-3.3.7.tar.xz'],
  async run(context, paths) {
    const copy = await openWorkingCopy(context);
    const done = await uploadFiles(context, copy, paths);
    await writeSources(copy, done);
    return outcome(done);
  },
};
