import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changelogMessage } from '../../core/domain/spec/changelog.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { readLatestChange } from '../working-copy/spec-file.ts';
import { openRepository } from '../working-copy/working-copy.ts';

export const clog: CommandSpec = {
  name: 'clog',
  summary: 'Write the newest changelog entry of the spec into the file clog',
  options: [{ flags: '--raw', help: 'leave the "- " at the beginning of lines' }],
  examples: ['centpkg clog && git commit -a -F clog'],
  async run(context, _args, options) {
    const copy = await openRepository(context);
    const entry = await readLatestChange(copy);
    const message = changelogMessage(entry, { raw: flagOption(options, 'raw') });
    const file = join(copy.root, 'clog');
    await writeFile(file, message);
    return { data: { file, message }, text: `${message}Written to ${file}.`, done: true };
  },
};
