import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checksumOf, downloadSource } from '../api-client/lookaside-client.ts';
import { type CommandSpec, textOption } from '../command.ts';
import { readSources } from '../working-copy/sources.ts';
import { forEachParallel } from '../working-copy/transfer.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const sources: CommandSpec = {
  name: 'sources',
  summary: 'Download and verify the files that sources names',
  options: [{ flags: '--outdir <folder>', help: 'where to put them (default: the clone)' }],
  examples: ['centpkg sources', 'centpkg sources --outdir ~/rpmbuild/SOURCES'],
  async run(context, _args, options) {
    const copy = await openWorkingCopy(context);
    const outdir = textOption(options, 'outdir');
    const folder = outdir === undefined ? copy.root : resolve(context.cwd, outdir);
    // Inside .git: a partial download is never seen as a file of the branch.
    const gitFolder = resolve(
      copy.root,
      await copy.git.read('rev-parse', '--git-common-dir').then((text) => text.trim()),
    );
    const entries = await readSources(copy);
    const downloads = new Map<string, boolean>();
    try {
      await forEachParallel(entries, async ({ file, checksum }) => {
        const path = join(folder, file);
        const there = await stat(path).then(
          async () => (await checksumOf(path, checksum.type)) === checksum.hex,
          () => false,
        );
        if (!there)
          await downloadSource(
            context.api,
            { component: copy.component, file, checksum },
            path,
            join(gitFolder, 'centpkg'),
            context.progress.track(file),
          );
        downloads.set(file, !there);
      });
    } finally {
      context.progress.stop();
    }
    const files = entries.map(({ file }) => ({
      file,
      path: join(folder, file),
      downloaded: downloads.get(file) === true,
    }));
    const text = files
      .map(
        ({ file, downloaded }) => `${file}: ${downloaded ? 'downloaded' : 'up to date'}, verified`,
      )
      .join('\n');
    return { data: { files }, text: text || 'sources names no files.' };
  },
};
