import { resolve } from 'node:path';
import { type CommandSpec, textOption } from '../command.ts';
import { downloadSources } from '../working-copy/download-sources.ts';
import { openWorkingCopy } from '../working-copy/working-copy.ts';

export const sources: CommandSpec = {
  name: 'sources',
  summary: 'Download and verify the files that sources names',
  options: [
    { flags: '--outdir <folder>', help: 'where to put them (default: the clone)' },
    { flags: '--force', help: 'also what the spec does not use, which is so without it' },
    { flags: '--offline', help: 'do not ask Koji, which is so without it' },
  ],
  examples: ['centpkg sources', 'centpkg sources --outdir ~/rpmbuild/SOURCES'],
  async run(context, _args, options) {
    const copy = await openWorkingCopy(context);
    const outdir = textOption(options, 'outdir');
    const folder = outdir === undefined ? copy.root : resolve(context.cwd, outdir);
    const files = await downloadSources(context, copy, folder);
    const text = files
      .map(
        ({ file, downloaded }) => `${file}: ${downloaded ? 'downloaded' : 'up to date'}, verified`,
      )
      .join('\n');
    return { data: { files }, text: text || 'sources names no files.' };
  },
};
