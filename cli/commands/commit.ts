import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { changelogMessage } from '../../core/domain/spec/changelog.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  type Options,
  textOption,
} from '../command.ts';
import { addTag } from '../working-copy/git-tag.ts';
import { pushBranch, requireLogin } from '../working-copy/push.ts';
import { quietly } from '../working-copy/quiet.ts';
import { readLatestChange } from '../working-copy/spec-file.ts';
import { builtNvr } from '../working-copy/spec-version.ts';
import { openRepository, openWorkingCopy, type Repository } from '../working-copy/working-copy.ts';

export const commit: CommandSpec = {
  name: 'commit',
  aliases: ['ci'],
  args: '[files...]',
  summary: 'Commit the named files, or every change to tracked files',
  options: [
    { flags: '-m, --message <text>', help: 'the message (default: your editor)' },
    { flags: '-F, --file <file>', help: 'take the message from a file' },
    { flags: '-c, --clog', help: 'take the message from the changelog of the spec' },
    { flags: '--with-changelog', help: 'with -m: the changelog entry below it' },
    { flags: '--raw', help: 'with -c: leave the "- " at the beginning of lines' },
    { flags: '-s, --signoff', help: 'add a Signed-off-by line' },
    { flags: '-t, --tag', help: 'tag the commit with its NVR; -p pushes the tag, too' },
    { flags: '-p, --push', help: 'push afterwards' },
  ],
  examples: [
    'centpkg commit -m "Update to 3.3.7"',
    'centpkg commit -p -m "Rebuild"',
    'centpkg ci --clog --tag --push',
  ],
  async run(context, files, options) {
    // What the push needs is asked for before the commit.
    const target = flagOption(options, 'push') ? await openWorkingCopy(context) : null;
    if (target !== null) requireLogin(context);
    const copy = target ?? (await openRepository(context));
    const message = await commitMessage(context, copy, options);
    const tag = flagOption(options, 'tag') ? await builtNvr(context) : null;
    await context.git.show(
      'commit',
      ...quietly(context),
      ...(message === null ? [] : ['--message', message]),
      ...(flagOption(options, 'signoff') ? ['--signoff'] : []),
      ...(files.length === 0 ? ['--all'] : ['--', ...files]),
    );
    const oid = (await copy.git.read('rev-parse', 'HEAD')).trim();
    if ((await copy.git.ask('symbolic-ref', '--quiet', 'HEAD')) === null)
      context.note(
        (await isRebasing(copy))
          ? 'Go on with: git rebase --continue'
          : `warning: no branch has this commit. centpkg switch-branch BRANCH && git cherry-pick ${oid.slice(0, 10)}`,
      );
    if (tag !== null) {
      const text = message ?? (await copy.git.read('log', '-1', '--format=%B'));
      await addTag(copy, { name: tag, message: text, force: true });
    }
    const pushed = target === null ? null : await pushBranch(context, target, { tag });
    const text = [
      `Committed ${oid.slice(0, 10)}.`,
      ...(tag === null ? [] : [`Tagged ${tag}.`]),
      ...(pushed === null ? [] : [pushed.text]),
    ];
    return {
      data: { commit: oid, ...(tag === null ? {} : { tag }), pushed: pushed?.data ?? null },
      text: text.join('\n'),
      done: true,
    };
  },
};

/** Null: git opens the user's editor. */
async function commitMessage(
  { cwd }: CommandContext,
  copy: Repository,
  options: Options,
): Promise<string | null> {
  const message = textOption(options, 'message') ?? null;
  const file = textOption(options, 'file');
  const clog = flagOption(options, 'clog');
  const withChangelog = flagOption(options, 'withChangelog');
  if (message !== null && file !== undefined)
    fail('usage', 'Both -m and -F were given.', 'Give one of them.');
  if (clog && file !== undefined) fail('usage', 'Both -c and -F were given.', 'Give one of them.');
  if (withChangelog && message === null)
    fail('usage', '--with-changelog needs -m.', 'Give the first line: -m TEXT --with-changelog');
  if (clog || withChangelog)
    return changelogMessage(await readLatestChange(copy), {
      raw: flagOption(options, 'raw'),
      subject: message,
    });
  if (file === undefined) return message;
  return readFile(resolve(cwd, file), 'utf8').catch(() =>
    fail('usage', `${file} can not be read.`, 'Name the file that holds the message.'),
  );
}

async function isRebasing({ git }: Repository): Promise<boolean> {
  const states = ['rebase-merge', 'rebase-apply'];
  const paths = await Promise.all(
    states.map((state) => git.read('rev-parse', '--path-format=absolute', '--git-path', state)),
  );
  return paths.some((path) => existsSync(path.trim()));
}
