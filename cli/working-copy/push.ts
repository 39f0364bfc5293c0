import { fail } from '../../core/api/distgit-error.ts';
import { branchName } from '../../core/domain/branch-name.ts';
import type { CommandContext } from '../command.ts';
import { credentialOptions } from './credential.ts';
import { quietly } from './quiet.ts';
import { readSources } from './sources.ts';
import { currentBranch, type WorkingCopy } from './working-copy.ts';

export interface PushOptions {
  /** Goes with the branch. */
  readonly tag?: string | null;
  readonly force?: boolean;
  /** Past the user's own hook. */
  readonly noVerify?: boolean;
  readonly dryRun?: boolean;
}

/** To the branch of the server that the current one stands for, whatever it is called here. */
export async function pushBranch(
  context: CommandContext,
  copy: WorkingCopy,
  { tag = null, force = false, noVerify = false, dryRun = false }: PushOptions = {},
) {
  const name = branchName(await currentBranch(copy));
  requireLogin(context);
  await tellOfPatches(context, copy);
  const tracking = `refs/remotes/${copy.remote}/${name}`;
  // As last fetched.
  const before = await copy.git.ask('rev-parse', '--verify', tracking);
  const credential = credentialOptions(context.config, copy.url);
  await copy.git
    .show(
      ...credential,
      'push',
      ...quietly(context),
      ...(dryRun ? ['--dry-run'] : []),
      ...(force ? ['--force'] : []),
      ...(noVerify ? ['--no-verify'] : []),
      copy.remote,
      `HEAD:refs/heads/${name}`,
      ...(tag === null ? [] : [`refs/tags/${tag}`]),
    )
    .catch(async (error: unknown) => {
      if (!force) await requireAhead(copy, name, credential);
      throw error;
    });
  const oid = (await copy.git.read('rev-parse', 'HEAD')).trim();
  const data = { branch: name, commit: oid };
  const short = oid.slice(0, 10);
  const isThere = before === oid && tag === null;
  const nothing = `${name} is there already: ${short}.`;
  if (dryRun) {
    const text = isThere ? nothing : `Would push ${short} to ${name}.`;
    return { data: { ...data, dryRun }, text: `${text} Nothing was changed.`, done: false };
  }
  const changes = await copy.git.read('status', '--porcelain', '--untracked-files=no');
  if (!isThere) {
    const files = changes.split('\n').flatMap((line) => line.slice(3) || []);
    if (files.length > 0)
      context.note(`warning: not committed, and not pushed: ${files.join(', ')}`);
    return { data, text: `Pushed ${short} to ${name}.`, done: true };
  }
  // git says that everything is up to date, also where the work is still to be committed.
  const next = changes === '' ? '' : ' Commit what you changed: centpkg commit -m MESSAGE';
  return { data, text: `${nothing}${next}`, done: true };
}

/** The server has nothing on a branch that HEAD has not. @throws DistGitError `conflict` */
async function requireAhead(
  { git, remote }: WorkingCopy,
  name: string,
  credential: readonly string[],
): Promise<void> {
  const listed = await git.ask(...credential, 'ls-remote', remote, `refs/heads/${name}`);
  const [theirs = ''] = (listed ?? '').split('\t');
  // Where git has failed for another reason, that stands above.
  if (theirs === '' || (await git.ask('merge-base', '--is-ancestor', theirs, 'HEAD')) !== null)
    return;
  fail(
    'conflict',
    `The server has commits on ${name} that the clone lacks.`,
    'Put yours on top of them: centpkg pull --rebase, then: centpkg push',
  );
}

/** @throws DistGitError `authentication_required` */
export function requireLogin({ api }: CommandContext): void {
  if (!api.hasCredential)
    fail('authentication_required', 'Pushing needs a login.', 'Log in first: centpkg login');
}

/** A patch that was not added is the most usual thing to forget; rpkg says it, too. */
async function tellOfPatches(context: CommandContext, copy: WorkingCopy): Promise<void> {
  const found = await copy.git.read('ls-files', '--others', '-z', '--', ':(glob)*.patch');
  const named = await readSources(copy).then(
    (entries) => new Set<string>(entries.map(({ file }) => file)),
    // The server says what is wrong with it.
    () => new Set<string>(),
  );
  const forgotten = found.split('\0').filter((file) => file !== '' && !named.has(file));
  if (forgotten.length > 0)
    context.note(
      `warning: ${forgotten.join(', ')}: neither in git nor in sources. git add ${forgotten.join(' ')}`,
    );
}
