import { basename } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import {
  formatSourcesFile,
  type SourceEntry,
  withSources,
} from '../../core/domain/sources-file.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  type Outcome,
} from '../command.ts';
import { readSources, writeSources } from '../working-copy/sources.ts';
import { plannedLine, planUpload, uploadFiles } from '../working-copy/upload-files.ts';
import { openWorkingCopy, type WorkingCopy } from '../working-copy/working-copy.ts';

const OPTIONS = [
  { flags: '--offline', help: 'only write sources and .gitignore; upload nothing' },
  { flags: '--dry-run', help: 'say what would be done; change nothing' },
];

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

/** What is in git is not in the look-aside cache as well: git would go on with its own. */
async function requireUntracked({ git }: WorkingCopy, paths: readonly string[]): Promise<void> {
  // `sources` is no name for a source, which is told elsewhere.
  const names = paths.map((path) => basename(path)).filter((name) => name !== 'sources');
  if (names.length === 0) return;
  const listed = await git.read('--literal-pathspecs', 'ls-files', '-z', '--', ...names);
  const tracked = listed.split('\0').filter((name) => name !== '');
  if (tracked.length > 0)
    fail(
      'conflict',
      `In git already: ${tracked.join(', ')}. The cache is for archives and what else is no text.`,
      `Commit it with git; or take it out of git first: git rm --cached ${tracked.join(' ')}`,
    );
}

/** @param merged what `sources` has with these files in it */
async function run(
  context: CommandContext,
  copy: WorkingCopy,
  paths: readonly string[],
  options: Options,
  merged: (done: readonly SourceEntry[]) => readonly SourceEntry[],
): Promise<Outcome> {
  await requireUntracked(copy, paths);
  const offline = flagOption(options, 'offline');
  if (flagOption(options, 'dryRun')) {
    const files = await planUpload(context, copy, paths, !offline);
    const sources = formatSourcesFile(merged(files));
    const lines = files.map(plannedLine).join('\n');
    const text = `${lines}\nsources would be:\n${sources}Nothing was changed.`;
    return { data: { dryRun: true, offline, files, sources }, text };
  }
  const done = offline
    ? (await planUpload(context, copy, paths, false)).map(({ file, checksum }) => ({
        file,
        checksum,
        uploaded: false,
      }))
    : await uploadFiles(context, copy, paths);
  await writeSources(copy, merged(done));
  const lines = done.map(
    ({ file, checksum }) => `${checksum.type.toUpperCase()} (${file}) = ${checksum.hex}`,
  );
  const staged = 'sources and .gitignore are staged.';
  const end = offline ? `${staged} Nothing was uploaded; a push needs it to be.` : staged;
  return {
    data: offline ? { offline, files: done } : { files: done },
    text: [...lines, end].join('\n'),
  };
}

export const upload: CommandSpec = {
  name: 'upload',
  args: '<files...>',
  summary: 'Upload files and add them to sources',
  options: OPTIONS,
  examples: [
    'centpkg upload python33-extra.tar.gz',
    'centpkg upload --dry-run python33-extra.tar.gz',
  ],
  async run(context, paths, options) {
    const copy = await openWorkingCopy(context);
    // A sources file that does not parse is told of before the upload.
    const before = await readSources(copy);
    requireOneForm(before);
    return run(context, copy, paths, options, (done) => withSources(before, done));
  },
};

export const newSources: CommandSpec = {
  name: 'new-sources',
  args: '<files...>',
  summary: 'Upload files and make them the whole of sources',
  options: OPTIONS,
  examples: [
    'centpkg new-sources Python-3.3.7.tar.xz',
    'centpkg new-sources --offline Python-3.3.7.tar.xz',
  ],
  async run(context, paths, options) {
    const copy = await openWorkingCopy(context);
    return run(context, copy, paths, options, (done) => done);
  },
};
