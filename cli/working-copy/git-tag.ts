import { fail } from '../../core/api/distgit-error.ts';
import { quoted } from '../../core/domain/text.ts';
import type { Repository } from './working-copy.ts';

/** An annotated tag on HEAD. @param message null: git opens the user's editor */
export async function addTag(
  { git }: Repository,
  { name, message, force }: { name: string; message: string | null; force: boolean },
): Promise<void> {
  await requireTagName(git, name);
  await git.show(
    'tag',
    '--annotate',
    ...(force ? ['--force'] : []),
    ...(message === null ? [] : ['--message', message]),
    '--',
    name,
  );
}

/** @throws DistGitError `name_invalid` for what git takes for no tag, or for an option */
export async function requireTagName(git: Repository['git'], name: string): Promise<void> {
  const holds = name.startsWith('-')
    ? null
    : await git.ask('check-ref-format', `refs/tags/${name}`);
  if (holds === null)
    fail(
      'name_invalid',
      `${quoted(name)} is no name for a tag.`,
      'For instance: python-3.3.7-1.el7',
    );
}
