import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { changelogMessage } from '../../core/domain/spec/changelog.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  type Outcome,
  textOption,
} from '../command.ts';
import { credentialOptions } from '../working-copy/credential.ts';
import { addTag, requireTagName } from '../working-copy/git-tag.ts';
import { requireLogin } from '../working-copy/push.ts';
import { quietly } from '../working-copy/quiet.ts';
import { readLatestChange } from '../working-copy/spec-file.ts';
import { builtNvr } from '../working-copy/spec-version.ts';
import { openRepository, openWorkingCopy, type Repository } from '../working-copy/working-copy.ts';

export const tag: CommandSpec = {
  name: 'tag',
  args: '[tag]',
  summary: 'Tag the current commit (default: with its NVR), list tags, delete one',
  details:
    'Tags are made and deleted here, in your clone; --push sends one to the server, ' +
    'where a tag never moves and never goes.',
  options: [
    { flags: '-l, --list', help: 'list the tags, or those like a pattern' },
    { flags: '-d, --delete', help: 'delete the tag here' },
    { flags: '-m, --message <text>', help: 'the message (default: your editor)' },
    { flags: '-F, --file <file>', help: 'take the message from a file' },
    { flags: '-c, --clog', help: 'take the message from the changelog of the spec' },
    { flags: '--raw', help: 'with -c: leave the "- " at the beginning of lines' },
    { flags: '-f, --force', help: 'replace a tag of this name here' },
    { flags: '-p, --push', help: 'push it; one that is there is pushed as it is' },
    { flags: '--dry-run', help: 'with --push: say what would be pushed; change nothing' },
  ],
  examples: [
    'centpkg tag -m "Version 3.3.7" v3.3.7',
    'centpkg tag --clog --push',
    "centpkg tag --list 'v3.*'",
    'centpkg tag --delete v3.3.7',
  ],
  async run(context, [name], options) {
    if (flagOption(options, 'dryRun') && !flagOption(options, 'push'))
      fail('usage', '--dry-run is for --push.', 'Without --push a tag changes nothing elsewhere.');
    if (flagOption(options, 'push'))
      for (const other of ['list', 'delete'])
        if (flagOption(options, other))
          fail('usage', `--push and --${other} exclude each other.`, 'Give one of them.');
    const copy = await openRepository(context);
    if (flagOption(options, 'list')) {
      const tags = await copy.git.read(
        'tag',
        '--list',
        ...(name === undefined ? [] : ['--', name]),
      );
      return { data: { tags: tags.split('\n').filter((one) => one !== '') }, text: tags.trimEnd() };
    }
    if (flagOption(options, 'delete')) {
      if (name === undefined) fail('usage', 'No tag was named.', 'centpkg tag --list shows them.');
      const there = await copy.git.ask('rev-parse', '--verify', '--quiet', `refs/tags/${name}`);
      if (there === null)
        fail('not_found', `There is no tag ${name}.`, 'centpkg tag --list shows them.');
      await copy.git.read('tag', '--delete', '--', name);
      return { data: { deleted: name }, text: `Tag ${name} is deleted here.`, done: true };
    }
    return make(context, copy, name ?? (await builtNvr(context)), options);
  },
};

async function make(
  context: CommandContext,
  copy: Repository,
  name: string,
  options: Options,
): Promise<Outcome> {
  const pushes = flagOption(options, 'push');
  const dryRun = flagOption(options, 'dryRun');
  await requireTagName(copy.git, name);
  const there = await copy.git.ask('rev-parse', '--verify', '--quiet', `refs/tags/${name}`);
  const makes = there === null || flagOption(options, 'force');
  if (!makes && !pushes)
    fail(
      'conflict',
      `There is a tag ${name}.`,
      `Push it: centpkg tag --push ${name}; or replace it: --force`,
    );
  if (dryRun) {
    const text = `Would ${makes ? 'make and push' : 'push'} the tag ${name}. Nothing was changed.`;
    return { data: { tag: name, dryRun }, text };
  }
  const target = pushes ? await openWorkingCopy(context) : null;
  if (target !== null) requireLogin(context);
  if (makes) {
    const message = await tagMessage(context, copy, options);
    await addTag(copy, { name, message, force: there !== null });
  }
  if (target === null) return { data: { tag: name }, text: `Tag ${name} is made.`, done: true };
  await target.git.show(
    ...credentialOptions(context.config, target.url),
    'push',
    ...quietly(context),
    target.remote,
    `refs/tags/${name}`,
  );
  return { data: { tag: name, pushed: true }, text: `Tag ${name} is pushed.`, done: true };
}

/** Null: git opens the user's editor. */
async function tagMessage(
  { cwd }: CommandContext,
  copy: Repository,
  options: Options,
): Promise<string | null> {
  const message = textOption(options, 'message');
  const file = textOption(options, 'file');
  const clog = flagOption(options, 'clog');
  if ([message, file, clog || undefined].filter((one) => one !== undefined).length > 1)
    fail('usage', '-m, -F and -c exclude each other.', 'Give one of them.');
  if (clog)
    return changelogMessage(await readLatestChange(copy), { raw: flagOption(options, 'raw') });
  if (file === undefined) return message ?? null;
  return readFile(resolve(cwd, file), 'utf8').catch(() =>
    fail('usage', `${file} can not be read.`, 'Name the file that holds the message.'),
  );
}
